import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest

from metrics.catalog.dataset import Freshness
from metrics.catalog.metric import Direction, Indication
from metrics.catalog.options import Over, Reference
from metrics.errors import UnknownMetric
from metrics.expressions.parser import parse
from metrics.grain import Calendar, Grain, Period, Span
from metrics.kinds.clv.options import Margin, Orders
from metrics.kinds.difference import options as difference
from metrics.kinds.payback import options as payback
from metrics.kinds.proportion import options as proportion
from metrics.observation import State
from metrics.statistics.comparison import Verdict
from metrics.statistics.intervals import wilson
from metrics.statistics.trend import Level
from scorecard.model import (
    Department,
    Indicator,
    Initiative,
    Milestone,
    Missing,
    MissingRule,
    Objective,
    Perspective,
    Rollup,
    Scorecard,
)
from scorecard.phrasing import why
from scorecard.report import MetricSeries, build_report, to_dict
from scorecard.score import Status
from tests.scorecard.builders import (
    COMPUTED,
    NOW,
    board,
    catalog,
    count,
    metric,
    observation,
    scorecard,
    target,
)

Q3 = Calendar().parse("2026-Q3")
GOALS = (target("2026-01-01", 700.0, 500.0),)


def scale(name, **more):
    """A count with goal 700 and red flag 500: 300 scores 0, 500 a third, 700 two thirds, 900 all."""
    return count(name, **({"targets": GOALS} | more))


def values(**held):
    """Return a reader of final values, by metric, for the third quarter; observations pass as they are."""

    def reader(name):
        value = held.get(name)
        if isinstance(value, MetricSeries):
            return value
        found = value if isinstance(value, tuple) else (observation(name, "2026-Q3", value),)
        return MetricSeries(() if value is None else found, NOW, COMPUTED)

    return reader


def report(card, held, reader, now=NOW):
    return build_report(card, held, board(card), reader, Q3, now)


def one(subject, *observations, held=None, partly_covered=MappingProxyType({}), period=Q3, **more):
    """Return the indicator's report of a scorecard that has only this one."""
    card = scorecard((subject.metric, 10), **more)
    series = MetricSeries(observations, NOW, COMPUTED, partly_covered=partly_covered)
    found = build_report(card, held or catalog(subject), board(card), lambda name: series, period, NOW)
    return found.indicators[0]


FOUR = [("a", 50), ("b", 25), ("c", 15), ("d", 10)]


def four(missing=MissingRule.REDISTRIBUTE):
    card = scorecard(*FOUR, missing=Missing(missing))
    reader = values(a=300, c=700, d=900)
    return report(card, catalog(*(scale(name) for name, _ in FOUR)), reader)


def test_a_missing_indicator_s_weight_goes_to_the_others():
    found = four()
    weights = [indicator.effective_weight for indicator in found.indicators]
    assert [weight if weight is None else round(weight, 2) for weight in weights] == [
        66.67,
        None,
        20.0,
        13.33,
    ]
    assert found.score == pytest.approx((0 * 50 + 100 * 2 / 3 * 15 + 100 * 10) / 75)
    assert (found.coverage, found.provisional_coverage) == (0.75, 0.0)
    assert found.status is Status.RED
    assert [indicator.status for indicator in found.indicators] == [
        Status.RED, Status.NO_DATA, Status.GREEN, Status.GREEN,
    ]  # fmt: skip


def test_a_missing_indicator_hides_the_whole_where_declared():
    found = four(MissingRule.PROPAGATE)
    assert (found.score, found.status, found.coverage) == (None, Status.NO_DATA, 0.75)
    assert found.perspectives[0].effective_weight is None


def test_a_missing_indicator_counts_as_0_where_declared():
    found = four(MissingRule.ZERO)
    assert found.score == pytest.approx(100 * 2 / 3 * 0.15 + 100 * 0.10)
    assert found.coverage == 0.75


def test_a_value_with_everything_that_it_takes_to_trust_it():
    subject = replace(KEPT, owner="ops", leads="sales", supports=("service",), stage="evaluation",
                      question="Kept?", guards=("breaches",))  # fmt: skip
    found = one(subject, observation("kept", "2026-Q3", 0.95, numerator=95, denominator=100, lower=0.88,
                                     upper=0.98, sample_size=100, maturity=1.0))  # fmt: skip
    scored = found.scored
    assert (scored.value, scored.numerator, scored.denominator) == (0.95, 95, 100)
    assert (scored.lower, scored.upper, scored.sample_size, scored.maturity) == (0.88, 0.98, 100, 1.0)
    assert (scored.state, scored.period, scored.period_name) == (State.FINAL, Q3, "2026-Q3")
    assert (found.target.goal, found.target.red_flag, found.target.period_name) == (0.9, 0.8, "2026-Q3")
    assert found.score == pytest.approx(5 / 6)
    assert found.performance == pytest.approx(100 * 5 / 6)
    assert (found.status, found.unit, found.weight) == (Status.GREEN, "ratio", 10)
    assert (found.leads, found.supports, found.joint, found.owner) == ("sales", ("service",), True, "ops")
    assert (found.stage, found.question, found.guards) == ("evaluation", "Kept?", ("breaches",))
    assert found.provisional is None
    assert found.note is None


def test_an_open_period_is_scored_by_the_latest_final_one_and_its_own_target():
    subject = scale("orders", targets=(*GOALS, target("2026-07-01", 2000.0, 1000.0)))
    found = one(subject, observation("orders", "2026-Q2", 700),
                observation("orders", "2026-Q3", 100, State.PROVISIONAL, maturity=0.4))  # fmt: skip
    assert (found.scored.period_name, found.target.goal, found.score) == (
        "2026-Q2",
        700,
        pytest.approx(2 / 3),
    )
    assert (found.provisional.value, found.provisional.period_name) == (100, "2026-Q3")
    assert found.note == "Value of 2026-Q2, the latest final period."


def test_coverage_counts_final_and_provisional_apart():
    card = scorecard(("a", 60), ("b", 30), ("c", 10))
    reader = values(
        a=800,
        b=(observation("b", "2026-Q2", 700), observation("b", "2026-Q3", 1, State.PROVISIONAL)),
        c=(observation("c", "2026-Q3", 1, State.PROVISIONAL),),
    )
    found = report(card, catalog(scale("a"), scale("b"), scale("c")), reader)
    assert (found.coverage, found.provisional_coverage) == (pytest.approx(0.9), pytest.approx(0.4))
    assert found.indicators[2].status is Status.PROVISIONAL


@pytest.mark.parametrize(
    ("state", "value", "status"),
    [
        (State.SMALL_SAMPLE, 900, Status.SMALL_SAMPLE),
        (State.SUPPRESSED, None, Status.SUPPRESSED),
        (State.NO_DATA, None, Status.NO_DATA),
        (State.PROVISIONAL, 900, Status.PROVISIONAL),
    ],
)
def test_what_is_not_final_is_never_scored(state, value, status):
    found = one(scale("orders"), observation("orders", "2026-Q3", value, state))
    assert (found.status, found.score, found.performance, found.effective_weight) == (
        status,
        None,
        None,
        None,
    )


def test_a_small_sample_is_shown():
    found = one(scale("orders"), observation("orders", "2026-Q3", 900, State.SMALL_SAMPLE, lower=1, upper=2))
    assert (found.scored.value, found.scored.state) == (900, State.SMALL_SAMPLE)


@pytest.mark.parametrize(
    ("subject", "note"),
    [
        (scale("orders", targets=()), "No target holds for 2026-Q3."),
        (scale("orders", targets=(target("2026-10-01", 700.0),)), "No target holds for 2026-Q3."),
        (scale("orders", direction=Direction.NONE), "Context: shown, never scored."),
        (
            scale("orders", targets=(target("2026-01-01", 5.0, 7.0),)),
            "The target cannot be used: direction up needs a goal above the red flag, "
            "got goal 5 and red flag 7.",
        ),
    ],
)
def test_what_nothing_measures_is_shown_and_not_scored(subject, note):
    found = one(subject, observation("orders", "2026-Q3", 900))
    assert (found.status, found.score, found.scored.value, found.note) == (Status.UNSCORED, None, 900, note)


def test_a_carried_value_says_so():
    found = one(scale("orders"), observation("orders", "2026-Q1", 700),
                observation("orders", "2026-Q3", None, State.NO_DATA),
                missing=Missing(MissingRule.CARRY_FORWARD, Span.parse("9 months")))  # fmt: skip
    assert (found.carried, found.status, found.note) == (
        True,
        Status.GREEN,
        "Value of 2026-Q1, carried forward.",
    )


def test_a_failed_refresh_is_told_and_the_last_value_stays():
    card = scorecard(("orders", 1))
    series = MetricSeries((observation("orders", "2026-Q3", 900),), NOW, COMPUTED, "source 'crm': timed out")
    found = report(card, catalog(scale("orders")), lambda name: series).indicators[0]
    assert (found.status, found.stale, found.error) == (Status.GREEN, True, "source 'crm': timed out")
    assert found.note == "The last refresh failed: source 'crm': timed out."


def test_nothing_computed_yet():
    found = report(scorecard(("orders", 1)), catalog(scale("orders")), lambda name: MetricSeries())
    indicator = found.indicators[0]
    assert (indicator.status, indicator.note) == (Status.NO_DATA, "Not computed yet.")
    assert (indicator.as_of, indicator.age, indicator.stale) == (None, None, False)
    assert (found.score, found.status, found.coverage, found.as_of, found.computed_at) == (
        None, Status.NO_DATA, 0.0, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(("hours", "stale"), [(26, False), (26.1, True)])
def test_data_older_than_their_freshness_are_stale(hours, stale):
    held = catalog(scale("orders"), freshness=Freshness(warn=Span.parse("26h"), fail=Span.parse("50h")))
    card = scorecard(("orders", 1))
    series = MetricSeries((observation("orders", "2026-Q3", 900),), NOW - timedelta(hours=hours))
    found = report(card, held, lambda name: series).indicators[0]
    assert (found.stale, found.age) == (stale, timedelta(hours=hours))


@pytest.mark.parametrize(("late", "stale"), [(None, False), (-1, True), (1, False)])
def test_data_that_are_later_than_usual_are_stale_where_nothing_is_declared(late, stale):
    late_from = None if late is None else NOW + timedelta(hours=late)
    series = MetricSeries((observation("orders", "2026-Q3", 900),), NOW, late_from=late_from)
    found = report(scorecard(("orders", 1)), catalog(scale("orders")), lambda name: series)
    assert found.indicators[0].stale is stale


# -- change and trend -----------------------------------------------------------------------------


def share(period, successes, n, state=State.FINAL):
    interval = wilson(successes, n)
    return observation("kept", period, successes / n, state, numerator=successes, denominator=n,
                       lower=interval.lower, upper=interval.upper, sample_size=n)  # fmt: skip


KEPT = metric("kept", targets=(target("2026-01-01", 0.9, 0.8),))


def test_a_change_of_a_share_has_newcombe_s_interval():
    change = one(KEPT, share("2026-Q2", 48, 80), share("2026-Q3", 56, 70)).change
    assert change.difference == pytest.approx(0.2)
    assert (change.lower, change.upper) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))
    assert (change.verdict, change.previous, change.previous_name) == (Verdict.BETTER, 0.6, "2026-Q2")


def test_lower_is_better_turns_the_verdict():
    falling = replace(KEPT, direction=Direction.DOWN, targets=(target("2026-01-01", 0.1, 0.3),))
    assert one(falling, share("2026-Q2", 48, 80), share("2026-Q3", 56, 70)).change.verdict is Verdict.WORSE


def test_an_interval_around_nought_is_no_clear_change():
    change = one(KEPT, share("2026-Q2", 50, 80), share("2026-Q3", 48, 80)).change
    assert change.verdict is Verdict.NO_CLEAR_CHANGE


def test_without_an_interval_there_is_a_difference_alone():
    overlapping = replace(KEPT, options=proportion.Options(
        dataset="orders", share=parse("kept"), over=Over.parse("trailing 12 months")))  # fmt: skip
    for subject, before, now in (
        (overlapping, share("2026-Q2", 48, 80), share("2026-Q3", 56, 70)),
        (KEPT, share("2026-Q2", 4, 8, State.SMALL_SAMPLE), share("2026-Q3", 56, 70)),
    ):
        change = one(subject, before, now).change
        assert change.difference > 0
        assert (change.lower, change.upper, change.p, change.basis) == (None, None, None, None)
        assert change.verdict is Verdict.NOT_ENOUGH_DATA


@pytest.mark.parametrize(
    "before", [(), (share("2026-Q1", 48, 80),), (share("2026-Q2", 4, 8, State.PROVISIONAL),)]
)
def test_without_a_final_value_just_before_there_is_no_change(before):
    assert one(KEPT, *before, share("2026-Q3", 56, 70)).change is None


def test_the_same_period_of_the_year_before_is_compared_too():
    found = one(KEPT, share("2025-Q3", 48, 80), share("2026-Q3", 56, 70))
    assert found.change is None
    assert (found.year_on_year.previous_name, found.year_on_year.verdict) == ("2025-Q3", Verdict.BETTER)
    assert found.year_on_year.lower == pytest.approx(0.0524, abs=5e-5)


def test_the_trend_has_a_gap_where_there_is_no_value():
    held = (
        observation("orders", "2025-Q4", 5),
        observation("orders", "2026-Q2", 6),
        observation("orders", "2026-Q3", 7, State.PROVISIONAL),
        observation("orders", "2026-Q4", 8),
    )
    found = one(scale("orders"), *held)
    assert [(point.period_name, point.value, point.state, point.goal) for point in found.trend] == [
        ("2025-Q4", 5, State.FINAL, None),
        ("2026-Q1", None, State.NO_DATA, 700),
        ("2026-Q2", 6, State.FINAL, 700),
        ("2026-Q3", 7, State.PROVISIONAL, 700),
    ]


def test_the_trend_is_13_periods_at_most():
    held = [
        observation("orders", f"{year}-Q{quarter}", 1)
        for year in range(2021, 2027)
        for quarter in range(1, 5)
    ]
    trend = one(scale("orders"), *held).trend
    assert (len(trend), trend[0].period_name, trend[-1].period_name) == (13, "2023-Q3", "2026-Q3")


# -- roll-up --------------------------------------------------------------------------------------


def objective(name, *names, rollup=Rollup.MEAN, **more):
    return Objective(name, name, indicators=tuple(Indicator(one, 1) for one in names), rollup=rollup, **more)


def tree():
    """Leading: a (0) and c (100); lagging: b (100/3) and d (missing)."""
    lead, lag = {"type": Indication.LEADING}, {"type": Indication.LAGGING}
    card = Scorecard("joint", (
        Perspective("customer", 30, (objective("first", "a", "b"), objective("second", "c"))),
        Perspective("internal_process", 10, (objective("third", "d"),)),
    ))  # fmt: skip
    held = catalog(scale("a", **lead), scale("b", **lag), scale("c", **lead), scale("d", **lag))
    return card, held, values(a=300, b=500, c=900)


def test_scores_roll_up_to_100():
    found = report(*tree())
    customer, internal = found.perspectives
    assert [one.score for one in customer.objectives] == [pytest.approx(100 / 6), 100]
    assert customer.score == pytest.approx((100 / 6 + 100) / 2)
    assert (internal.score, internal.status, internal.coverage) == (None, Status.NO_DATA, 0.0)
    assert found.score == pytest.approx(customer.score)
    assert found.coverage == pytest.approx(30 / 40)
    assert (customer.effective_weight, internal.effective_weight) == (100, None)
    assert [one.effective_weight for one in customer.objectives] == [50, 50]
    assert (customer.label, internal.label) == ("Customer", "Internal process")


def test_leading_and_lagging_roll_up_apart():
    found = report(*tree())
    customer, internal = found.perspectives
    assert (customer.leading_score, customer.lagging_score) == (50, pytest.approx(100 / 3))
    assert (internal.leading_score, internal.lagging_score) == (None, None)
    assert (found.leading_score, found.lagging_score) == (50, pytest.approx(100 / 3))


def test_what_has_no_leading_indicators_is_not_missing_among_them():
    card, held, reader = tree()
    found = report(replace(card, missing=Missing(MissingRule.PROPAGATE)), held, reader)
    assert (found.score, found.leading_score, found.lagging_score) == (None, 50, None)


def test_an_objective_may_be_as_good_as_its_worst_indicator():
    _, held, reader = tree()
    worst = Scorecard(
        "joint", (Perspective("customer", 1, (objective("first", "b", "c", rollup=Rollup.WORST),)),)
    )
    assert report(worst, held, reader).score == pytest.approx(100 / 3)


def test_coverage_is_counted_at_the_indicators():
    card = Scorecard(
        "joint", (Perspective("customer", 1, (objective("first", "a", "b"), objective("second", "d"))),)
    )
    _, held, _ = tree()
    assert report(card, held, values(a=300)).coverage == 0.25


# -- the whole ------------------------------------------------------------------------------------


def test_the_report_s_own_lines():
    card = scorecard(("a", 1), ("b", 1), vision="One promise, kept by everyone")
    late, early = datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 18, tzinfo=UTC)
    series = {
        "a": MetricSeries((observation("a", "2026-Q3", 900),), late, early),
        "b": MetricSeries((observation("b", "2026-Q3", 900),), early, late),
    }
    shared = replace(board(card), milestones=(Milestone(late.date(), "Joint review", True),))
    found = build_report(card, catalog(scale("a"), scale("b")), shared, series.__getitem__, Q3, NOW)
    assert (found.scorecard, found.label, found.vision) == ("joint", "Joint", "One promise, kept by everyone")
    assert (found.company, found.currency, found.grain) == ("Northwind Teas", "GBP", Grain.QUARTER)
    assert (found.period, found.period_name) == (Q3, "2026-Q3")
    assert (found.as_of, found.computed_at, found.reported_at) == (early, late, NOW)
    # The least of all: what ends at midnight has data of the day before.
    assert found.data_to == date(2026, 11, 17)
    assert [one.data_to for one in found.indicators] == [date(2026, 11, 18), date(2026, 11, 17)]
    assert [one.name for one in found.departments] == ["marketing", "sales", "service"]
    assert found.milestones == (Milestone(late.date(), "Joint review", True),)


def test_a_metric_is_read_once():
    read = []

    def reader(name):
        read.append(name)
        return MetricSeries()

    card = Scorecard(
        "joint", (Perspective("customer", 1, (objective("first", "a"), objective("second", "a"))),)
    )
    report(card, catalog(scale("a")), reader)
    assert read == ["a"]


def test_a_metric_that_does_not_exist_is_named():
    with pytest.raises(UnknownMetric) as raised:
        report(scorecard(("ordres", 1)), catalog(scale("orders")), lambda name: MetricSeries())
    assert str(raised.value) == "no metric is called 'ordres' (did you mean 'orders'?)"


def test_a_period_of_another_grain_is_refused():
    card, march = scorecard(("a", 1)), Calendar().parse("2026-03")
    with pytest.raises(ValueError, match=r"\Ascorecard 'joint' has grain quarter, not month\Z"):
        build_report(card, catalog(scale("a")), board(card), values(), march, NOW)


def test_an_empty_scorecard_has_no_score():
    found = report(Scorecard("joint", ()), catalog(), values())
    assert (found.score, found.status, found.coverage) == (None, Status.NO_DATA, 0.0)


def test_as_plain_json():
    card = scorecard(("a", 1))
    perspective = card.perspectives[0]
    first = replace(
        perspective.objectives[0], initiatives=(Initiative("Quote tool", "sales-lead", NOW.date()),)
    )
    card = replace(card, perspectives=(replace(perspective, objectives=(first,)),))
    plain = to_dict(report(card, catalog(scale("a")), values(a=900)))
    assert json.loads(json.dumps(plain)) == plain
    assert plain["period"] == {"grain": "quarter", "start": "2026-07-01", "end": "2026-10-01"}
    assert (plain["status"], plain["as_of"]) == ("green", "2026-11-20T08:00:00+00:00")
    found = plain["perspectives"][0]["objectives"][0]
    assert found["initiatives"] == [{"initiative": "Quote tool", "owner": "sales-lead", "due": "2026-11-20"}]
    assert found["indicators"][0]["age"] == 0.0
    assert found["indicators"][0]["scored"]["state"] == "final"
    assert plain["departments"][0]["name"] == "marketing"


def test_a_mapping_and_a_department_are_plain_too():
    plain = to_dict(MappingProxyType({"sales": Department("sales", "Sales")}))
    assert plain == {"sales": {"name": "sales", "label": "Sales", "head": None, "reviewers": []}}
    assert to_dict(Period(Grain.ALL, None, None)) == {"grain": "all", "start": None, "end": None}


def months_to_pay_back(**more):
    """Return a payback within 12 months: goal 6, red flag 12."""
    options = payback.Options(
        "customer", Orders("orders"), Margin(0.4), Reference("spend"), Span.parse("12 months")
    )
    plain = {"kind": "payback", "direction": Direction.DOWN, "targets": (target("2024-01-01", 6.0, 12.0),)}
    return metric("back", options, **plain | more)


def test_not_paid_back_is_scored_as_the_least_that_it_can_be():
    found = one(months_to_pay_back(), observation("back", "2026-Q3"))
    # 13 months: a sixth of the way from the red flag to where the scale ends.
    assert (found.scored_as, found.score, found.status) == (13.0, pytest.approx(1 / 3 - 1 / 18), Status.RED)
    assert (found.scored.value, found.scored.absent) == (None, "not within 12 months")
    assert found.note == "Scored as 13 months, the least it can be."
    assert [point.value for point in found.trend] == [None]
    assert found.change is None


def test_not_paid_back_lowers_the_score_and_counts_as_covered():
    card = scorecard(("back", 50), ("a", 50))
    reader = values(back=(observation("back", "2026-Q3"),), a=900)
    found = report(card, catalog(months_to_pay_back(), scale("a")), reader)
    assert found.score == pytest.approx((100 * (1 / 3 - 1 / 18) + 100) / 2)
    assert found.coverage == 1.0


def test_no_older_payback_stands_in_for_one_that_did_not_come():
    held = (observation("back", "2026-Q2", 4.0), observation("back", "2026-Q3"))
    carry = Missing(MissingRule.CARRY_FORWARD)
    found = one(months_to_pay_back(), *held, missing=carry)
    assert (found.carried, found.scored_as, found.scored.period_name) == (False, 13.0, "2026-Q3")


def test_nothing_is_scored_where_more_is_not_worse_or_not_known_to_be_more():
    up = months_to_pay_back(direction=Direction.UP, targets=(target("2024-01-01", 12.0, 6.0),))
    for subject, state in ((up, State.FINAL), (months_to_pay_back(), State.NO_DATA)):
        found = one(subject, observation("back", "2026-Q3", None, state))
        assert (found.scored_as, found.score, found.status) == (None, None, Status.NO_DATA)
    open_ = one(months_to_pay_back(), observation("back", "2026-Q3", None, State.PROVISIONAL))
    assert (open_.scored_as, open_.status) == (None, Status.PROVISIONAL)


def test_a_difference_says_whether_its_value_is_clear():
    revenue = count("orders")
    shifted = metric(
        "orders_change", difference.Options("orders", shift=Span.parse("1 year")), direction=Direction.NONE
    )
    card = scorecard(("orders_change", 10))
    held = (observation("orders", "2025-Q3", 400.0), observation("orders", "2026-Q3", 500.0))
    found = report(card, catalog(revenue, shifted), values(orders_change=100.0, orders=held)).indicators[0]
    said = found.judged
    assert (said.difference, said.previous, said.previous_name) == (100.0, 400.0, "2025-Q3")
    # A whole count changed as it did, and the direction of `orders` says that more is better.
    assert (said.lower, said.verdict, said.level) == (None, Verdict.BETTER, Level.TOO_LITTLE_PAST)
    assert said.adjusted_p == said.p
    told = "better; too little past to tell whether the level is out of the ordinary"
    assert f"The value itself: +100 since 2025-Q3: {told}." in why(found, "GBP")


def test_a_difference_of_two_metrics_is_named_after_the_other():
    gap = metric("gap", difference.Options("a", minus="b"), direction=Direction.UP)
    card = scorecard(("gap", 10))
    value = (observation("gap", "2026-Q3", 0.1, lower=-0.05, upper=0.25),)
    said = report(card, catalog(scale("a"), scale("b"), gap), values(gap=value)).indicators[0].judged
    assert (said.previous_name, said.previous, said.verdict) == ("B", None, Verdict.NO_CLEAR_CHANGE)
