import pytest

from metrics.catalog.metric import Direction
from metrics.catalog.options import At, Over
from metrics.grain import Calendar, Grain, Span
from metrics.kind import Additivity, kind_of
from metrics.kinds.difference import options as difference
from scorecard.target import target_for
from tests.scorecard.builders import catalog, count, formula, metric, target


def active(subject, period, *others, fiscal="january"):
    held = catalog(subject, *others, fiscal=fiscal)
    found = target_for(subject, held.company.calendar.parse(period), held)
    return None if found is None else (found.goal, found.red_flag)


def test_the_latest_target_that_has_begun_counts():
    kept = metric("kept", targets=(target("2026-07-01", 0.9, 0.8), target("2026-01-01", 0.8, 0.7)))
    assert active(kept, "2025-Q4") is None
    assert active(kept, "2026-Q1") == (0.8, 0.7)
    assert active(kept, "2026-Q2") == (0.8, 0.7)
    assert active(kept, "2026-Q3") == (0.9, 0.8)


def test_a_target_begins_with_a_whole_period():
    kept = metric("kept", targets=(target("2026-02-01", 0.9, 0.8),))
    assert active(kept, "2026-Q1") is None
    assert active(kept, "2026-Q2") == (0.9, 0.8)


def test_the_whole_has_no_target():
    assert active(metric("kept", targets=(target("2026-02-01", 0.9, 0.8),)), "all") is None


def test_it_says_for_which_period():
    kept = metric("kept", targets=(target("2026-01-01", 0.9),))
    period = Calendar().parse("2026-Q3")
    found = target_for(kept, period, catalog(kept))
    assert (found.goal, found.red_flag, found.period) == (0.9, None, period)


@pytest.mark.parametrize(
    ("period", "goal", "red_flag"),
    [
        ("2026-Q2", 0.20, 0.14), ("2026-Q3", 0.21, 0.15), ("2026-Q4", 0.22, 0.16), ("2027-Q1", 0.23, 0.17),
        ("2027-Q2", 0.24, 0.18), ("2029-Q1", 0.24, 0.18),
    ],
)  # fmt: skip
def test_a_ramp_reaches_its_goal_after_a_year(period, goal, red_flag):
    kept = metric("kept", targets=(target("2026-04-01", 0.24, 0.18, ramp_from=0.20, per=Grain.QUARTER),))
    assert active(kept, period) == (pytest.approx(goal), pytest.approx(red_flag))


def test_a_ramp_ends_where_the_next_target_begins():
    kept = metric("kept", targets=(target("2026-01-01", 0.8, ramp_from=0.6), target("2026-07-01", 0.9)))
    assert active(kept, "2026-Q1") == (pytest.approx(0.6), None)
    assert active(kept, "2026-Q2") == (pytest.approx(0.7), None)
    assert active(kept, "2026-Q3") == (0.9, None)


def test_a_flow_sums_to_coarser_periods():
    orders = count("orders", targets=(target("2026-01-01", 100, 70, per=Grain.MONTH),))
    assert active(orders, "2026-02") == (100, 70)
    assert active(orders, "2026-Q2") == (300, 210)
    assert active(orders, "2026") == (1200, 840)


def test_each_part_brings_its_own_target():
    orders = count(
        "orders",
        targets=(
            target("2026-01-01", 100, 70, per=Grain.QUARTER),
            target("2026-07-01", 200, per=Grain.QUARTER),
        ),
    )
    assert active(orders, "2026") == (600, None)


def test_a_band_of_a_flow_sums_at_both_ends():
    stock = count(
        "stock",
        direction=Direction.BAND,
        targets=(target("2026-01-01", (4.0, 6.0), (3.0, 7.0), per=Grain.MONTH),),
    )
    assert active(stock, "2026-Q1") == ((12, 18), (9, 21))


def test_a_ramp_is_summed_part_by_part():
    orders = count("orders", targets=(target("2026-01-01", 200, 150, ramp_from=100, per=Grain.QUARTER),))
    assert active(orders, "2026") == (100 + 125 + 150 + 175, 50 + 75 + 100 + 125)


@pytest.mark.parametrize("period", ["2026-Q1", "2026-03", "2026-W07"])
def test_a_yearly_goal_says_nothing_about_a_quarter(period):
    assert active(count("orders", targets=(target("2026-01-01", 1200, 800, per=Grain.YEAR),)), period) is None


def test_of_two_targets_from_one_day_the_one_for_the_grain_counts():
    per_grain = (
        target("2026-01-01", 100, per=Grain.MONTH),
        target("2026-01-01", 250, per=Grain.QUARTER),
    )
    for targets in (per_grain, per_grain[::-1]):
        orders = count("orders", targets=targets)
        assert active(orders, "2026-02") == (100, None)
        assert active(orders, "2026-Q2") == (250, None)


def test_weeks_do_not_make_up_a_month():
    assert active(count("orders", targets=(target("2026-01-01", 10, 8, per=Grain.WEEK),)), "2026-03") is None


def test_a_part_without_a_goal_leaves_the_whole_without_one():
    targets = (target("2026-01-01", 100, per=Grain.QUARTER), target("2026-07-01", per=Grain.QUARTER))
    assert active(count("orders", targets=targets), "2026") is None


def test_parts_must_all_have_a_target_of_that_grain():
    orders = count(
        "orders",
        targets=(target("2026-01-01", 100, 70, per=Grain.MONTH), target("2026-02-01", 1, per=Grain.QUARTER)),
    )
    assert active(orders, "2026-Q1") is None


def test_fiscal_quarters_and_quarters_of_one_length_are_one():
    orders = count("orders", targets=(target("2026-01-01", 100, 70, per=Grain.QUARTER),))
    assert active(orders, "FY2027-Q1", fiscal="april") == (100, 70)
    assert active(orders, "FY2027", fiscal="april") == (400, 280)
    assert active(orders, "FY2027-Q1", fiscal="february") is None


def test_without_per_a_target_is_for_the_period_as_it_is():
    orders = count("orders", targets=(target("2026-01-01", 100, 70),))
    assert active(orders, "2026-03") == active(orders, "2026") == (100, 70)


@pytest.mark.parametrize("period", ["2026-Q1", "2026-03", "2026"])
def test_a_ratio_s_target_holds_for_all_grains(period):
    assert active(metric("kept", targets=(target("2026-01-01", 0.9, 0.8, per=Grain.QUARTER),)), period) == (
        0.9,
        0.8,
    )


def test_a_distinct_count_s_target_is_for_its_own_grain():
    buyers = count(
        "buyers", "count_distinct(customer_id)", targets=(target("2026-01-01", 100, per=Grain.QUARTER),)
    )
    assert active(buyers, "2026-Q1") == (100, None)
    assert active(buyers, "2026") is None
    assert active(buyers, "FY2026-Q1") == (100, None)


@pytest.mark.parametrize("more", [{"goal": "plan", "red_flag": "floor"}, {"goal": None, "red_flag": 1.0}])
def test_a_target_without_a_number_is_none(more):
    assert active(metric("kept", targets=(target("2026-01-01", **more),)), "2026-Q1") is None


ORDERS, REVENUE, KEPT = count("orders"), count("revenue", "sum(amount)"), metric("kept")
YEAR = Span.parse("1 year")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (ORDERS, Additivity.SUMS),
        (count("new", "count_new(customer)"), Additivity.SUMS),
        (count("mean", "avg(amount)"), Additivity.HOLDS),
        (count("largest", "max(amount)"), Additivity.EXACT),
        (count("trailing", over=Over.parse("trailing 12 months")), Additivity.HOLDS),
        (count("so_far", over=Over.parse("to_date")), Additivity.EXACT),
        (count("stock", at=At.PERIOD_END), Additivity.HOLDS),
        (KEPT, Additivity.HOLDS),
        (formula("per_order", "revenue / orders"), Additivity.HOLDS),
        (formula("profit", "revenue - orders"), Additivity.SUMS),
        (formula("twice", "2 * orders"), Additivity.EXACT),
        (formula("mixed", "orders + kept"), Additivity.EXACT),
        (formula("shares", "kept * kept"), Additivity.HOLDS),
        (formula("unknown", "nothing + orders"), Additivity.EXACT),
        (formula("self", "self + orders"), Additivity.EXACT),
        (metric("growth", difference.Options(of="orders", shift=YEAR)), Additivity.SUMS),
        (metric("gap", difference.Options(of="orders", minus="kept")), Additivity.EXACT),
        (metric("kept_gap", difference.Options(of="kept", shift=YEAR)), Additivity.HOLDS),
    ],
)
def test_additivity(subject, expected):
    found = catalog(subject, ORDERS, REVENUE, KEPT)
    assert kind_of(subject).additivity(subject, found) is expected
