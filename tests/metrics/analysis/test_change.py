"""What can be said of a change: its interval, what that is made of, and the verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from metrics.analysis.change import Basis, change, judged
from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.metric import Direction, Metric
from metrics.catalog.options import At, Over
from metrics.expressions.parser import parse, parse_measure
from metrics.grain import Span
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.derived import options as derived
from metrics.kinds.difference import options as difference
from metrics.kinds.proportion import options as proportion
from metrics.kinds.surge import options as surge
from metrics.observation import Observation, State
from metrics.statistics.comparison import Verdict, hybrid_difference
from metrics.statistics.intervals import Interval, wilson
from metrics.statistics.trend import Level

CATALOG = Catalog(Company("Northwind Teas", "UTC", Currency("GBP"), fiscal_year_starts="april"))
CALENDAR = CATALOG.company.calendar
NOON = datetime(2026, 11, 1, tzinfo=UTC)


def kept(over="period", direction=Direction.UP):
    options = proportion.Options("orders", parse("kept"), over=Over.parse(over))
    return Metric("kept", "Kept", "proportion", direction, options)


def orders(measure="count", at=None):
    return Metric(
        "orders",
        "Orders",
        "aggregate",
        Direction.UP,
        aggregate.Options("orders", parse_measure(measure), at=at),
    )


def seen(period, value, lower=None, upper=None, state=State.FINAL, size=None):
    named = CALENDAR.parse(period)
    return Observation(
        "m",
        "h",
        1,
        named.grain,
        named,
        (),
        state,
        None,
        NOON,
        value=value,
        lower=lower,
        upper=upper,
        sample_size=size,
        maturity=1.0,
    )


def share(period, k, n, state=State.FINAL):
    interval = wilson(k, n)
    return seen(period, k / n, interval.lower, interval.upper, state, n)


def flat(*values):
    """Return months up to 2026-03 with these values."""
    months = [f"{2024 + (2 + index) // 12}-{(2 + index) % 12 + 1:02}" for index in range(25)]
    return [seen(month, value) for month, value in zip(months[-len(values) :], values, strict=True)]


def test_shares_have_newcombes_interval():
    found = change(kept(), CATALOG, share("2026-Q3", 56, 70), share("2026-Q2", 48, 80), ())
    assert found is not None
    assert (found.lower, found.upper) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))
    assert (found.basis, found.verdict) == (Basis.SAMPLING, Verdict.BETTER)
    assert 0 < found.p < 0.05


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        (Direction.UP, Verdict.BETTER),
        (Direction.DOWN, Verdict.WORSE),
        (Direction.BAND, Verdict.CHANGED),
        (Direction.NONE, Verdict.CHANGED),
    ],
)
def test_the_direction_says_which_side_is_better(direction, expected):
    found = change(kept(direction=direction), CATALOG, share("2026-Q3", 56, 70), share("2026-Q2", 48, 80), ())
    assert found is not None
    assert found.verdict is expected


def test_any_two_intervals_are_compared_alike():
    before, now = seen("2026-02", 100.0, 90.0, 115.0), seen("2026-03", 130.0, 118.0, 140.0)
    found = change(orders("avg(amount)"), CATALOG, now, before, ())
    expected = hybrid_difference(130.0, Interval(118.0, 140.0), 100.0, Interval(90.0, 115.0))[1]
    assert found is not None
    assert (found.lower, found.upper) == (expected.lower, expected.upper)


WHOLE = [
    orders(), orders("sum(amount)"), orders("count_distinct(customer)"), orders("count_new(customer)"),
    orders("count", at=At.PERIOD_END),
]  # fmt: skip
MONTHS = [f"{2024 + index // 12}-{index % 12 + 1:02}" for index in range(26)]
EVEN = [seen(month, 100.0 + 3 * (index % 2)) for index, month in enumerate(MONTHS[:20])]


@pytest.mark.parametrize("metric", WHOLE)
def test_a_whole_count_or_sum_changed_as_it_did(metric):
    now = seen("2025-08", 101.0)
    found = change(metric, CATALOG, now, EVEN[18], [*EVEN[:19], now])
    assert (found.difference, found.lower, found.upper) == (1.0, None, None)
    assert (found.basis, found.verdict, found.level) == (Basis.WHOLE, Verdict.BETTER, Level.WITHIN_TREND)
    assert found.expected_lower < 101.0 < found.expected_upper
    assert found.p > 0.05


def test_a_doubling_is_out_of_the_ordinary_however_much_the_past_has_grown():
    grown = [seen(month, 100.0 * 1.06**index * (1 + index % 3 / 100)) for index, month in enumerate(MONTHS)]
    doubled = replace(grown[-1], value=2 * grown[-1].value)
    for before in (grown[-2], grown[-13]):
        found = change(orders("sum(amount)"), CATALOG, doubled, before, [*grown[:-1], doubled])
        assert (found.verdict, found.level) == (Verdict.BETTER, Level.OUT_OF_THE_ORDINARY)
        assert found.p < 0.001
        as_ever = change(orders("sum(amount)"), CATALOG, grown[-1], before, grown)
        assert (as_ever.verdict, as_ever.level) == (Verdict.BETTER, Level.WITHIN_TREND)


@pytest.mark.parametrize(
    ("direction", "value", "expected"),
    [
        (Direction.UP, 99.0, Verdict.WORSE), (Direction.DOWN, 99.0, Verdict.BETTER),
        (Direction.NONE, 99.0, Verdict.CHANGED), (Direction.BAND, 101.0, Verdict.CHANGED),
        (Direction.UP, 100.0, Verdict.UNCHANGED),
    ],
)  # fmt: skip
def test_the_direction_says_which_side_of_a_fact_is_better(direction, value, expected):
    metric = replace(orders(), direction=direction)
    found = change(metric, CATALOG, seen("2026-03", value), seen("2026-02", 100.0), ())
    assert (found.verdict, found.level, found.p) == (expected, Level.TOO_LITTLE_PAST, None)


def test_the_level_is_judged_by_the_periods_before_it_alone():
    now, later = seen("2025-08", 150.0), [seen("2025-09", 900.0), seen("2025-10", 10.0)]
    of = orders("sum(amount)")
    assert change(of, CATALOG, now, EVEN[18], [*EVEN[:19], now, *later]) == change(
        of, CATALOG, now, EVEN[18], EVEN[:19]
    )


def test_the_level_of_stretches_that_overlap_is_not_judged():
    options = aggregate.Options("orders", parse_measure("sum(amount)"), over=Over.parse("trailing 12 months"))
    yearly = Metric("orders", "Orders", "aggregate", Direction.UP, options)
    found = change(yearly, CATALOG, seen("2025-08", 150.0), EVEN[18], EVEN)
    assert (found.basis, found.verdict, found.level, found.p) == (Basis.WHOLE, Verdict.BETTER, None, None)


@pytest.mark.parametrize(
    ("formula", "whole"),
    [
        ("a + b - c", True),
        ("a / b", False),
        ("a + rate", False),
        ("coalesce(a, b)", False),
        ("both - a", True),
    ],
)
def test_a_formula_is_whole_where_it_adds_what_is(formula, whole):
    made = {name: replace(orders("sum(amount)"), metric=name) for name in "abc"}
    made["rate"] = replace(kept(), metric="rate")
    made["both"] = Metric("both", "Both", "derived", Direction.UP, derived.Options(parse("a + b")))
    catalog = replace(CATALOG, metrics=made)
    metric = Metric("f", "F", "derived", Direction.UP, derived.Options(parse(formula)))
    found = change(metric, catalog, seen("2026-03", 3.0), seen("2026-02", 2.0), ())
    assert (found.basis is Basis.WHOLE) is whole


def test_a_difference_of_wholes_is_whole():
    catalog = replace(CATALOG, metrics={"orders": orders(), "others": replace(orders(), metric="others")})
    gap = revenue_change(Direction.UP, minus="others")
    found = change(gap, catalog, seen("2026-03", 3.0), seen("2026-02", 2.0), ())
    assert (found.basis, found.verdict) == (Basis.WHOLE, Verdict.BETTER)


def test_an_average_is_judged_by_how_far_it_usually_moves():
    steady = flat(100.0, 102.0, 100.0, 102.0, 100.0, 102.0, 100.0, 120.0)
    found = change(orders("avg(amount)"), CATALOG, steady[-1], steady[-2], steady)
    # Six ranges of 2 are 3.72 degrees of freedom.
    half = 2.860837 * 2**0.5 * 2 / 1.128
    assert found is not None
    assert (found.lower, found.upper) == (pytest.approx(20 - half), pytest.approx(20 + half))
    assert (found.basis, found.verdict) == (Basis.USUAL_MOVEMENT, Verdict.BETTER)


def test_what_came_later_says_nothing_about_a_change():
    steady = flat(100.0, 102.0, 100.0, 102.0, 100.0, 102.0, 100.0, 104.0)
    later = [seen("2026-04", 900.0), seen("2026-05", 10.0)]
    of = orders("avg(amount)")
    assert change(of, CATALOG, steady[-1], steady[-2], [*later, *steady]) == change(
        of, CATALOG, steady[-1], steady[-2], steady
    )


def test_too_few_periods_are_not_enough_data():
    few = flat(100.0, 102.0, 100.0, 102.0, 100.0, 102.0, 120.0)
    found = change(orders("avg(amount)"), CATALOG, few[-1], few[-2], few)
    assert found is not None
    assert (found.difference, found.lower, found.p, found.basis) == (18.0, None, None, None)
    assert found.verdict is Verdict.NOT_ENOUGH_DATA


def test_a_small_sample_is_not_enough_data():
    small = share("2026-Q2", 4, 8, State.SMALL_SAMPLE)
    for now, before in (
        (share("2026-Q3", 56, 70), small),
        (replace(small, period=CALENDAR.parse("2026-Q3")), share("2026-Q2", 48, 80)),
    ):
        found = change(kept(), CATALOG, now, before, ())
        assert found is not None
        assert (found.lower, found.verdict) == (None, Verdict.NOT_ENOUGH_DATA)


@pytest.mark.parametrize("state", [State.NO_DATA, State.SUPPRESSED, State.PROVISIONAL])
def test_what_is_not_final_has_no_change(state):
    assert (
        change(kept(), CATALOG, share("2026-Q3", 56, 70), replace(share("2026-Q2", 48, 80), state=state), ())
        is None
    )


@pytest.mark.parametrize(
    ("over", "now", "before", "independent"),
    [
        ("trailing 12 months", "2026-Q3", "2026-Q2", False),
        ("trailing 12 months", "2026-Q3", "2025-Q3", True),
        ("trailing 3 months", "2026-Q3", "2026-Q2", True),
        ("to_date", "2026-Q3", "2026-Q2", False),
        ("to_date", "2026-Q2", "2026-Q1", True),
        ("period", "2026-Q3", "2026-Q2", True),
    ],
)  # fmt: skip
def test_stretches_that_overlap_are_not_independent(over, now, before, independent):
    found = change(kept(over), CATALOG, share(now, 56, 70), share(before, 48, 80), ())
    assert found is not None
    assert (found.basis is Basis.SAMPLING) is independent


def year_on_year(shift="1 year"):
    options = difference.Options("kept", shift=Span.parse(shift))
    return Metric("kept_change", "Change of kept", "difference", Direction.UP, options)


@pytest.mark.parametrize(
    ("before", "independent"), [("2025-Q3", False), ("2026-Q2", True), ("2024-Q3", True), ("2027-Q3", False)]
)
def test_two_changes_that_share_a_period_are_not_independent(before, independent):
    # 2026-Q3 less 2025-Q3, and 2025-Q3 less 2024-Q3: the middle one counts twice, with opposite signs.
    catalog = replace(CATALOG, metrics={"kept": kept(), "kept_change": year_on_year()})
    now, then = seen("2026-Q3", 0.1, 0.02, 0.18), seen(before, -0.1, -0.18, -0.02)
    found = change(year_on_year(), catalog, now, then, ())
    assert found is not None
    assert (found.basis is Basis.SAMPLING) is independent


def test_a_formula_shares_what_its_inputs_share():
    formula = Metric("twice", "Twice", "derived", Direction.UP, derived.Options(parse("kept * 2")))
    catalog = replace(CATALOG, metrics={"kept": kept("trailing 12 months"), "twice": formula})
    now = seen("2026-Q3", 1.6, 1.5, 1.7)
    for before, independent in (("2026-Q2", False), ("2025-Q3", True)):
        found = change(formula, catalog, now, seen(before, 1.2, 1.1, 1.3), ())
        assert found is not None
        assert (found.basis is Basis.SAMPLING) is independent


def test_a_surge_shares_its_baseline():
    options = surge.Options("tickets", baseline=4)
    asked = Metric("asked", "Asked", "surge", Direction.DOWN, options)
    catalog = replace(CATALOG, metrics={"asked": asked})
    now = seen("2026-Q3", 1.6, 1.5, 1.7)
    for before, independent in (
        ("2026-Q2", False),
        ("2025-Q3", False),
        ("2025-Q2", True),
        ("2024-Q1", True),
    ):
        found = change(asked, catalog, now, seen(before, 1.2, 1.1, 1.3), ())
        assert found is not None
        assert (found.basis is Basis.SAMPLING) is independent


def test_a_year_on_year_change_is_judged_by_what_a_year_usually_brings():
    # It grows by 10 a month: 120 in a year is nothing new, 10 in a month neither.
    steady = flat(*(1000.0 + 10 * month + month % 2 for month in range(25)))
    of = orders("avg(amount)")
    for before in (steady[-13], steady[-2]):
        found = change(of, CATALOG, steady[-1], before, steady)
        assert found is not None
        assert (found.basis, found.verdict) == (Basis.USUAL_MOVEMENT, Verdict.NO_CLEAR_CHANGE)
    fewer = change(of, CATALOG, steady[-1], steady[-13], steady[-18:])
    assert fewer is not None
    assert (fewer.basis, fewer.verdict) == (None, Verdict.NOT_ENOUGH_DATA)


def revenue_change(direction=Direction.NONE, **options):
    shifted = difference.Options("orders", **(options or {"shift": Span.parse("1 year")}))
    return Metric("orders_change", "Change of orders", "difference", direction, shifted)


def test_a_difference_with_a_shift_is_judged_as_the_change_of_its_metric():
    of = orders("avg(amount)")
    catalog = replace(CATALOG, metrics={"orders": of})
    series = flat(*(1000.0 + 5 * (month % 2) for month in range(24)), 1300.0)
    value = seen("2026-03", series[-1].value - series[-13].value)
    found = judged(revenue_change(), catalog, value, series)
    assert found == change(of, catalog, series[-1], series[-13], series)
    assert (found.difference, found.basis) == (value.value, Basis.USUAL_MOVEMENT)
    # Its metric says which side is better, unless the difference says it itself.
    assert found.verdict is Verdict.BETTER
    assert judged(revenue_change(Direction.DOWN), catalog, value, series).verdict is Verdict.WORSE
    sideless = replace(catalog, metrics={"orders": replace(of, direction=Direction.NONE)})
    assert judged(revenue_change(), sideless, value, series).verdict is Verdict.CHANGED


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (0.05, 0.3, Verdict.BETTER),
        (-0.05, 0.3, Verdict.NO_CLEAR_CHANGE),
        (-0.3, -0.05, Verdict.WORSE),
        (None, None, Verdict.NOT_ENOUGH_DATA),
    ],
)
def test_a_difference_of_two_metrics_is_judged_by_its_own_interval(lower, upper, expected):
    gap = revenue_change(Direction.UP, minus="others")
    found = judged(gap, CATALOG, seen("2026-Q3", 0.1, lower, upper), ())
    assert (found.difference, found.lower, found.upper, found.verdict) == (0.1, lower, upper, expected)
    small = judged(gap, CATALOG, seen("2026-Q3", 0.1, lower, upper, State.SMALL_SAMPLE), ())
    assert small.verdict is Verdict.NOT_ENOUGH_DATA


def test_only_a_final_difference_is_judged():
    value = seen("2026-Q3", 0.1, 0.05, 0.3)
    assert judged(kept(), CATALOG, value, ()) is None
    assert (
        judged(revenue_change(minus="others"), CATALOG, replace(value, state=State.PROVISIONAL), ()) is None
    )
    assert judged(revenue_change(minus="others"), CATALOG, replace(value, value=None), ()) is None
    # What the metric below has lost cannot be judged any more.
    catalog = replace(CATALOG, metrics={"orders": orders()})
    assert judged(revenue_change(), catalog, value, ()) is None
