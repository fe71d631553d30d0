# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""What begins before its rows do stays open, and says why; what is made of it does too."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.engine.outcome import Outcome
from metrics.engine.partly_covered import KEY, as_diagnostics, beginning_of, of_diagnostics
from metrics.engine.watermarks import usual_gap
from metrics.expressions.parser import parse, parse_measure
from metrics.grain import Grain, Period, Span
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.derived import options as derived
from metrics.kinds.difference import options as difference
from metrics.kinds.ratio import options as ratio
from tests.soundness.world import E, World, at, by_cell, entities, metric, table, until_now

NOW = at("2024-11-10T00:00")
BEGIN, END = date(2024, 1, 1), date(2024, 11, 10)
QUARTER = Period(Grain.QUARTER, date(2024, 1, 1), date(2024, 4, 1))
MONTHS = (Grain.MONTH, Grain.QUARTER)


def days(first: date, every: int = 1) -> list[date]:
    return [first + timedelta(days=number) for number in range(0, (END - first).days, every)]


def shop(spend: list[date] | None = None, **of_spend: Any) -> World:
    """Return a company with a new customer a day from 1 January, whose spend begins on 4 March."""
    orders = [(f"o{day}", f"c{day}", datetime(day.year, day.month, day.day, 9)) for day in days(BEGIN)]
    booked = [(f"s{day}", day, 100) for day in (days(date(2024, 3, 4)) if spend is None else spend)]
    return World(
        {"orders": table({"id": "text", "who": "text", "t": "naive"}, orders),
         "ad_spend": table({"id": "text", "day": "date", "cost": "integer"}, booked)},
        {"orders": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
                    "complete_through": until_now()},
         "ad_spend": {"key": ("id",), "time": E("day"), "complete_through": until_now(), **of_spend}},
    )  # fmt: skip


def cac(name: str = "cac", **more: Any) -> Metric:
    sides = (
        Reference("ad_spend", parse_measure("sum(cost)")),
        Reference("orders", parse_measure("count_new(customer)")),
    )
    return metric(name, "ratio", ratio.Options(*sides, **more), grains=MONTHS)


def spent(name: str = "spent", **more: Any) -> Metric:
    return metric(
        name, "aggregate", aggregate.Options("ad_spend", parse_measure("sum(cost)"), **more), grains=MONTHS
    )


def totals(outcome: Outcome, grain: Grain = Grain.QUARTER) -> dict[str, tuple[str, float | None]]:
    assert outcome.error is None, outcome.error
    return {str(start): (each.state.value, each.value)
            for (at_, start, segment), each in by_cell(outcome).items() if at_ is grain and not segment}  # fmt: skip


@pytest.mark.parametrize(
    ("starts", "gap"),
    [
        ([], None),
        ([0], None),
        ([0, 0], 0),
        ([0, 1], 1),
        ([0, 3, 4], 3),
        # Of 100 gaps one may be longer, of 99 none.
        ([*range(100), 200], 1),
        ([*range(99), 200], 102),
    ],
)
def test_the_usual_gap_is_one_that_99_of_100_do_not_exceed(starts: list[int], gap: int | None) -> None:
    assert usual_gap(BEGIN + timedelta(days=number) for number in starts) == gap


def test_a_quarter_in_whose_third_month_spend_begins_is_never_final() -> None:
    outcome = shop().compute(cac(), NOW)
    found = totals(outcome)
    assert found["2024-01-01"] == ("provisional", 2800 / 91)
    assert found["2024-04-01"] == ("final", 100.0)
    assert totals(outcome, Grain.MONTH)["2024-03-01"][0] == "provisional"
    assert outcome.diagnostics[KEY] == {
        "quarter": {"dataset": "ad_spend", "begins": "2024-03-04", "through": "2024-01-01"},
        "month": {"dataset": "ad_spend", "begins": "2024-03-04", "through": "2024-03-01"},
    }
    beginnings = of_diagnostics(outcome.diagnostics)
    late = beginning_of(beginnings, QUARTER)
    assert late is not None
    assert late.words == "ad spend begins on 4 March 2024"
    assert beginning_of(beginnings, Period(Grain.QUARTER, date(2024, 4, 1), date(2024, 7, 1))) is None
    assert as_diagnostics(beginnings) == {KEY: outcome.diagnostics[KEY]}


@pytest.mark.parametrize(
    ("first", "every", "state"),
    [
        (date(2024, 1, 2), 1, "final"),
        (date(2024, 1, 3), 1, "provisional"),
        # Spend of once a month has nothing to say before its day.
        (date(2024, 1, 29), 30, "final"),
        (date(2024, 2, 1), 30, "provisional"),
    ],
)
def test_rows_may_begin_as_late_as_they_usually_follow_each_other(
    first: date, every: int, state: str
) -> None:
    found = totals(shop(days(first, every)).compute(cac(), NOW))
    assert found["2024-01-01"][0] == state


def test_rows_of_one_day_make_nothing_late() -> None:
    assert totals(shop([date(2024, 3, 4)]).compute(spent(), NOW))["2024-01-01"] == ("final", 100.0)


def test_what_a_dataset_leaves_out_is_no_first_row() -> None:
    rows = [BEGIN, *days(date(2024, 3, 4))]
    for left_out in ({"where": E("day > '2024-02-01'")}, {"exclude": {"trial": E("day < '2024-02-01'")}}):
        assert totals(shop(rows, **left_out).compute(spent(), NOW))["2024-01-01"] == ("provisional", 2800.0)


def test_a_dataset_may_say_from_when_it_is_complete() -> None:
    early = totals(shop(complete_from=BEGIN).compute(cac(), NOW))
    assert early["2024-01-01"] == ("final", 2800 / 91)
    # From 1 February there are months, and the quarter is covered in part whatever the first row says.
    rows, said = days(BEGIN), date(2024, 2, 1)
    outcome = shop(rows, complete_from=said).compute(spent(), NOW)
    assert totals(outcome)["2024-01-01"] == ("provisional", 9100.0)
    assert min(totals(outcome, Grain.MONTH)) == "2024-02-01"
    assert totals(outcome, Grain.MONTH)["2024-02-01"] == ("final", 2900.0)
    # Rows of one day do not say how far apart they lie, a definition does say where they begin.
    assert (
        totals(shop([date(2024, 2, 3)], complete_from=said).compute(spent(), NOW))["2024-01-01"][0]
        == "provisional"
    )


def test_a_day_from_which_rows_are_complete_bounds_look_backs_and_makes_nobody_new() -> None:
    trailing = spent(over=Over.parse("trailing 3 months"))
    found = totals(shop(days(BEGIN), complete_from=date(2024, 2, 1)).compute(trailing, NOW), Grain.MONTH)
    assert [found[f"2024-0{month}-01"][0] for month in (2, 3, 4)] == ["no_data", "no_data", "final"]
    world = shop()
    orders = [
        ("1", "a", datetime(2024, 1, 5)),
        ("2", "a", datetime(2024, 3, 5)),
        ("3", "b", datetime(2024, 3, 6)),
    ]
    world.tables = {**world.tables, "orders": table({"id": "text", "who": "text", "t": "naive"}, orders)}
    world.datasets = {
        **world.datasets,
        "orders": {**world.datasets["orders"], "complete_from": date(2024, 3, 1)},
    }
    new = metric("new", "aggregate", aggregate.Options("orders", parse_measure("count_new(customer)")),
                 grains=(Grain.MONTH,))  # fmt: skip
    months = totals(world.compute(new, NOW), Grain.MONTH)
    assert min(months) == "2024-03-01"
    assert months["2024-03-01"] == ("final", 1.0)


def test_a_longer_stretch_is_covered_in_part_by_its_own_first_day() -> None:
    found = totals(shop().compute(spent(over=Over.parse("trailing 2 months")), NOW), Grain.MONTH)
    # April looks back to 1 March, three days before the first row.
    assert [found[f"2024-0{month}-01"][0] for month in (3, 4, 5)] == ["no_data", "provisional", "final"]


def test_the_lag_of_a_ratio_moves_where_its_spend_begins() -> None:
    found = totals(shop().compute(cac(lag=Span.parse("1 month")), NOW), Grain.MONTH)
    assert [found[f"2024-0{month}-01"][0] for month in (4, 5)] == ["provisional", "final"]


def test_what_is_made_of_it_takes_it_over() -> None:
    half = metric("half", "derived", derived.Options(parse("cac / 2")), grains=MONTHS)
    later = metric(
        "later", "difference", difference.Options("cac", shift=Span.parse("3 months")), grains=MONTHS
    )
    found = shop().outcomes(cac(), half, later, now=NOW)
    assert totals(found["half"])["2024-01-01"] == ("provisional", 1400 / 91)
    assert found["half"].diagnostics == found["cac"].diagnostics
    # The second quarter is compared with the first, which is covered in part; the third with the second.
    states = totals(found["later"])
    assert [states[start][0] for start in ("2024-04-01", "2024-07-01")] == ["provisional", "final"]
    assert found["later"].diagnostics[KEY]["quarter"] == {
        "dataset": "ad_spend", "begins": "2024-03-04", "through": "2024-04-01",
    }  # fmt: skip


# -- parts that mature at different times ----------------------------------------------------------------


def test_a_formula_reads_its_inputs_up_to_the_least_of_their_watermarks() -> None:
    world = shop(days(BEGIN), complete_through=until_now("3 days"))
    orders = metric("orders", "aggregate", aggregate.Options("orders", parse_measure("count")), grains=MONTHS)
    per = metric("per", "derived", derived.Options(parse("spent / orders")), grains=MONTHS)
    found = world.outcomes(spent(), orders, per, now=NOW)
    # Until 7 November there are six days of either, though orders are known for nine.
    assert totals(found["orders"], Grain.MONTH)["2024-11-01"] == ("provisional", 9.0)
    assert totals(found["per"], Grain.MONTH)["2024-11-01"] == ("provisional", 100.0)
    assert found["per"].watermark == found["spent"].watermark == at("2024-11-07T00:00")


def test_a_difference_of_an_open_month_and_a_whole_one_has_no_value() -> None:
    later = metric(
        "later", "difference", difference.Options("spent", shift=Span.parse("1 month")), grains=MONTHS
    )
    found = totals(shop(days(BEGIN)).outcomes(spent(), later, now=NOW)["later"], Grain.MONTH)
    assert found["2024-11-01"] == ("provisional", None)
    assert found["2024-10-01"] == ("final", 100.0)


def test_a_ratio_whose_sides_settle_apart_shows_its_parts_alone_while_it_is_open() -> None:
    late = by_cell(shop(days(BEGIN), settle=Span.parse("3 days")).compute(cac(), NOW))
    november = late[Grain.MONTH, date(2024, 11, 1), ()]
    assert (november.state.value, november.value, november.lower) == ("provisional", None, None)
    assert (november.numerator, november.denominator) == (900.0, 9.0)
    assert late[Grain.MONTH, date(2024, 10, 1), ()].value == 100.0
    alike = by_cell(shop(days(BEGIN)).compute(cac(), NOW))
    assert alike[Grain.MONTH, date(2024, 11, 1), ()].value == 100.0
