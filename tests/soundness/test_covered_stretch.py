# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""A value over a longer stretch is there from when the rows cover all of it, and not before."""

from __future__ import annotations

from datetime import date, datetime
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
