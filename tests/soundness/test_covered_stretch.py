# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""A value over a longer stretch is there from when the rows cover all of it, and not before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.agreement import options as agreement
from metrics.kinds.drift import options as drift
from metrics.kinds.net_share import options as net_share
from metrics.kinds.proportion import options as proportion
from metrics.kinds.ratio import options as ratio
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

NOW = at("2025-05-01T00:00")
COUNT = parse_measure("count")


def shop(first: tuple[int, int, int] = (2024, 2, 10)) -> World:
    """Return one order a month from February 2024 on, and a visit a month from April on."""
    months = [(2024, month) for month in range(2, 13)] + [(2025, month) for month in range(1, 5)]
    orders = [(f"o{year}{month}", datetime(year, month, 15), "a", "web") for year, month in months]
    orders.append(("first", datetime(*first), "a", "web"))
    visits = [(f"v{year}{month}", datetime(year, month, 15), "a", "web") for year, month in months[2:]]
    each = {"key": ("id",), "time": E("t"), "entities": entities(order="id"), "dimensions": dimensions(ch="ch"),
            "complete_through": until_now()}  # fmt: skip
    columns = {"id": "text", "t": "naive", "kind": "text", "ch": "text"}
    return World(
        {"orders": table(columns, orders), "visits": table(columns, visits)},
        {"orders": each, "visits": each}, fiscal_year_starts="april",
    )  # fmt: skip


def over(kind: str, stretch: Over) -> Metric:
    options: dict[str, Any] = {
        "aggregate": lambda: aggregate.Options("orders", COUNT, over=stretch),
        "proportion": lambda: proportion.Options("orders", E("kind = 'a'"), over=stretch),
        "net_share": lambda: net_share.Options("orders", E("kind = 'a'"), E("kind = 'b'"), over=stretch),
        "agreement": lambda: agreement.Options("orders", E("kind = 'a'"), E("kind = 'a'"),
                                               agreement.Statistic.SHARE, over=stretch),
        "drift": lambda: drift.Options("orders", E("kind"), (drift.Expected("a", 1.0),), over=stretch),
        "ratio": lambda: ratio.Options(Reference("visits", COUNT), Reference("orders", COUNT), entity="order",
                                       over=stretch),
    }  # fmt: skip
    return metric(
        "m", kind, options[kind](), dimensions=("ch",), grains=(Grain.MONTH, Grain.ALL), min_sample=1
    )


@pytest.mark.parametrize(
    ("kind", "first"),
    # The rows of both sides of a ratio begin in April.
    [*((kind, date(2024, 7, 1)) for kind in ("aggregate", "proportion", "net_share", "agreement", "drift")),
     ("ratio", date(2024, 9, 1))],
)  # fmt: skip
def test_a_trailing_stretch_is_covered_from_the_first_rows_period_on(kind: str, first: date) -> None:
    found = by_cell(shop().compute(over(kind, Over.parse("trailing 6 months")), NOW))
    for (_, start, segment), each in found.items():
        if start is None or start >= first:
            assert (each.state.value, each.value is None) == ("final", False), (start, segment)
        else:
            parts = (
                each.value,
                each.numerator,
                each.denominator,
                each.lower,
                each.upper,
                each.sample_size,
                each.draws,
            )
            assert (each.state.value, *parts) == ("no_data", *[None] * 7), start
            assert not segment
    # The first period is the first row's: February belongs to it from its first day on.
    assert (Grain.MONTH, first, (("ch", "web"),)) in found
    assert min(start for _, start, segment in found if start and not segment) == (
        date(2024, 4, 1) if kind == "ratio" else date(2024, 2, 1)
    )


def test_the_sum_of_a_covered_stretch() -> None:
    found = by_cell(shop().compute(over("aggregate", Over.parse("trailing 6 months")), NOW))
    assert found[Grain.MONTH, date(2024, 6, 1), ()].value is None
    assert found[Grain.MONTH, date(2024, 7, 1), ()].value == 7.0


def test_the_year_to_date_waits_for_the_first_year_that_begins_in_the_rows() -> None:
    found = by_cell(shop().compute(over("aggregate", Over.parse("to_date")), NOW))
    values = {start: each.value for (_, start, segment), each in found.items() if start and not segment}
    # The fiscal year that began in April 2023 is not known; that of April 2024 is.
    assert [values[date(2024, month, 1)] for month in (2, 3, 4, 5)] == [None, None, 1.0, 2.0]
    # Rows that begin in the year's first month cover it: it is their own period.
    early = by_cell(shop((2023, 4, 28)).compute(over("aggregate", Over.parse("to_date")), NOW))
    assert early[Grain.MONTH, date(2023, 5, 1), ()].value == 1.0
    assert early[Grain.MONTH, date(2024, 3, 1), ()].value == 3.0


def test_a_stretch_that_is_shorter_than_its_period_is_covered() -> None:
    one = metric("m", "aggregate", aggregate.Options("orders", COUNT, over=Over.parse("trailing 1 month")),
                 grains=(Grain.QUARTER,))  # fmt: skip
    found = by_cell(shop().compute(one, NOW))
    assert found[Grain.QUARTER, date(2024, 1, 1), ()].value == 1.0


@pytest.mark.parametrize("grain", [Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR, Grain.FISCAL_QUARTER])
def test_the_year_to_date_is_the_fiscal_year_of_the_periods_last_day(grain: Grain) -> None:
    days = [date(2023, 1, 1) + timedelta(days=number) for number in range(800)]
    world = World(
        {"days": table({"id": "text", "t": "date"}, [(str(day), day) for day in days])},
        {"days": {"key": ("id",), "time": E("t"), "complete_through": until_now()}}, fiscal_year_starts="february",
    )  # fmt: skip
    one = metric(
        "m", "aggregate", aggregate.Options("days", COUNT, over=Over.parse("to_date")), grains=(grain,)
    )
    found = {
        each.period.start: each for each in world.compute(one, at("2025-03-01T00:00")).estimates
        if each.period.start and each.period.end and each.period.end <= date(2025, 3, 1)
    }  # fmt: skip
    values = {start: each.value for start, each in found.items()}
    wanted: dict[Grain, dict[date, int | None]] = {
        # The year that begins on Thursday, 1 February.
        Grain.WEEK: {date(2024, 1, 22): 362, date(2024, 1, 29): 4, date(2024, 2, 5): 11},
        # January ends its year, and what came before February 2023 is of a year that the rows do not cover.
        Grain.MONTH: {date(2023, 1, 1): None, date(2023, 2, 1): 28, date(2024, 1, 1): 365, date(2024, 2, 1): 29},
        # Of the first quarter only February and March are of its last day's year: never fourteen months.
        Grain.QUARTER: {date(2023, 1, 1): 59, date(2023, 10, 1): 334, date(2024, 1, 1): 60, date(2024, 4, 1): 151},
        Grain.YEAR: {date(2023, 1, 1): 334, date(2024, 1, 1): 335},
        Grain.FISCAL_QUARTER: {date(2023, 2, 1): 89, date(2023, 11, 1): 365, date(2024, 2, 1): 90},
    }  # fmt: skip
    assert {start: values[start] for start in wanted[grain]} == wanted[grain]
    assert all(value is None or 0 < value <= 366 for value in values.values())


def test_a_year_to_date_that_has_not_begun_has_no_value_yet() -> None:
    """On 20 January the first quarter's year, which begins in February, has no day yet: nothing is not nought."""
    world = World(
        {"days": table({"id": "text", "t": "date"}, [("1", date(2023, 1, 1))])},
        {"days": {"key": ("id",), "time": E("t"), "complete_through": until_now()}}, fiscal_year_starts="february",
    )  # fmt: skip
    options = aggregate.Options("days", COUNT, over=Over.parse("to_date"))
    one = metric("m", "aggregate", options, grains=(Grain.QUARTER,))
    found = {
        now: by_cell(world.compute(one, at(now)))[Grain.QUARTER, date(2024, 1, 1), ()]
        for now in ("2024-01-20T00:00", "2024-02-01T00:00", "2024-02-01T00:01", "2024-04-01T00:00")
    }
    assert [(each.value, each.state.value) for each in found.values()] == [
        (None, "no_data"), (None, "no_data"), (0.0, "provisional"), (0.0, "final"),
    ]  # fmt: skip
