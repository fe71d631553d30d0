# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Ratios are pooled from sums, each side by its own time, whatever the logs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import strategies as st

from metrics.catalog.company import Currency
from metrics.catalog.dataset import Column
from metrics.catalog.options import Reference
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain
from metrics.kinds.ratio.options import Options
from tests.soundness import reference as plain
from tests.soundness.generators import agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now


def _before(moment: plain.Moment, now: datetime, calendar: plain.Calendar) -> bool:
    return moment < now if isinstance(moment, datetime) else moment < calendar.day(now)


@drawn(st.data())
def test_two_datasets(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    above, below = (
        data.draw(logs(most=25)).only(lambda row: row["t"] is None or _before(row["t"], now, calendar))
        for _ in range(2)
    )
    texts = ("sum(y)", "count", "count_distinct(who)")
    one_text, other_text = data.draw(st.sampled_from(texts)), data.draw(st.sampled_from(texts))
    world = World(
        {"above": above.table(), "below": below.table()},
        {name: {"key": ("id",), "time": E("t"), "timezone": log.timezone, "dimensions": dimensions(ch="ch"),
                "complete_through": until_now()} for name, log in (("above", above), ("below", below))},
        **company(calendar),
    )  # fmt: skip
    sides = (Reference("above", parse_measure(one_text), where=E("stage = 'a'")),
             Reference("below", parse_measure(other_text)))  # fmt: skip
    one = metric("m", "ratio", Options(*sides), dimensions=("ch",), grains=tuple(map(Grain, wanted)))
    firsts = [first_day(calendar, log.read()) for log in (above, below)]
    first = None if None in firsts else max(day for day in firsts if day is not None)
    frame = plain.Frame(calendar, wanted, ((), ("ch",)), now, first,
                        late=plain.late(calendar, now, above.read(), below.read()))  # fmt: skip

    def side(text: str, rows: list[plain.Row], keep: bool) -> dict[plain.Cell, plain.Result]:
        function, _, name = text.removesuffix(")").partition("(")
        return plain.aggregate(frame, rows, function, name, keep=lambda row: not keep or row["stage"] == "a")

    expected = plain.ratio(frame, side(one_text, above.read(), True), side(other_text, below.read(), False))
    agree(engine.holding(world).compute(one, now), expected, parts=True, frame=frame)


SPEND = {"id": "text", "day": "date", "cost": "decimal", "ch": "text"}
ORDERS = {"id": "text", "who": "text", "t": "naive", "ch": "text"}


def cac(
    spend: list[tuple[str, date, str, str]], orders: list[tuple[str, str, datetime, str]], **more: object
) -> World:
    return World(
        {"spend": table(SPEND, [(a, b, Decimal(c), d) for a, b, c, d in spend]), "orders": table(ORDERS, orders)},
        {
            "spend": {"key": ("id",), "time": E("day"), "dimensions": dimensions(ch="ch"),
                      "columns": {"money": Column(E("cost"), E("'GBP'"))}, "complete_through": until_now(),
                      "complete_from": date(2024, 1, 1)},
            "orders": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
                       "dimensions": dimensions(ch="ch"), "complete_through": until_now(),
                       "complete_from": date(2024, 1, 1)},
        },
        currency=Currency("GBP"),
    )  # fmt: skip


def cost_metric(**more: object) -> object:
    sides = (
        Reference("spend", parse_measure("sum(money)")),
        Reference("orders", parse_measure("count_new(customer)")),
    )
    return metric(
        "m", "ratio", Options(*sides, **more), dimensions=("ch",), grains=(Grain.MONTH, Grain.QUARTER)
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["155000", "70000"], ids=["loaded", "paid"])
def test_the_published_acquisition_cost(amount: str) -> None:
    orders = [(f"o{number}", f"c{number}", datetime(2024, 1, 1 + number % 28), "p") for number in range(120)]
    world = cac([("1", date(2024, 1, 3), amount, "p")], orders)
    found = by_cell(world.compute(cost_metric(), at("2024-04-01T00:00")))  # type: ignore[arg-type]
    january = found[Grain.MONTH, date(2024, 1, 1), ()]
    assert january.value == pytest.approx(int(amount) / 120, rel=1e-9)
    assert round(january.value or 0, 2) == {"155000": 1291.67, "70000": 583.33}[amount]


def test_a_quarter_is_pooled_and_not_the_mean_of_its_months() -> None:
    world = cac(
        [("1", date(2024, 1, 31), "100.10", "p"), ("2", date(2024, 2, 1), "300.20", "p"), ("3", date(2024, 3,
        1), "50", "q")],
        [("a", "u", datetime(2024, 1, 5), "p"), ("b", "v", datetime(2024, 2, 5), "p"), ("c", "w",
        datetime(2024, 2, 6), "p"),
         ("d", "u", datetime(2024, 2, 7), "p")],
    )  # fmt: skip
    found = by_cell(world.compute(cost_metric(), at("2024-04-01T00:00")))  # type: ignore[arg-type]
    quarter = found[Grain.QUARTER, date(2024, 1, 1), ()]
    assert (quarter.numerator, quarter.denominator) == (450.3, 3.0)
    assert quarter.value == pytest.approx(150.1, rel=1e-9)
    # Spend without a customer has no value, and is not an infinite one.
    march = found[Grain.MONTH, date(2024, 3, 1), ()]
    assert (march.state.value, march.value, march.numerator, march.denominator) == (
        "no_data",
        None,
        50.0,
        0.0,
    )


def test_spend_that_brought_nobody_is_a_row_and_segments_add_up() -> None:
    world = cac(
        [("1", date(2024, 1, 3), "300", "p"), ("2", date(2024, 1, 4), "60", "fairs"), ("3", date(2024, 1, 5), "40",
        None)],  # type: ignore[list-item]
        [("a", "u", datetime(2024, 1, 5), "p"), ("b", "v", datetime(2024, 1, 6), "referral")],
    )  # fmt: skip
    for more in ({}, {"entity": "customer"}):
        found = by_cell(world.compute(cost_metric(**more), at("2024-04-01T00:00")))  # type: ignore[arg-type]
        january = {key[2]: each for key, each in found.items() if key[:2] == (Grain.MONTH, date(2024, 1, 1))}
        told = {cut[0][1]: (each.value, each.numerator, each.denominator, each.state.value)
                for cut, each in january.items() if cut}  # fmt: skip
        state = "small_sample" if more else "final"
        assert told == {
            "p": (300.0, 300.0, 1.0, state),
            "referral": (0.0, 0.0, 1.0, state),
            "fairs": (None, 60.0, 0.0, "final"),
            "(none)": (None, 40.0, 0.0, "final"),
        }
        assert sum(n for _, n, _, _ in told.values() if n) == january[()].numerator
        # Where nothing was spent and nobody came there is no row.
        assert (Grain.MONTH, date(2024, 2, 1), (("ch", "fairs"),)) not in found


def test_a_segment_without_a_numerator_is_nought_and_not_unknown() -> None:
    world = cac([("1", date(2024, 1, 3), "10", "p")],
                [("a", "u", datetime(2024, 1, 5), "p"), ("b", "v", datetime(2024, 1, 5), "referral")])  # fmt: skip
    found = by_cell(world.compute(cost_metric(), at("2024-04-01T00:00")))  # type: ignore[arg-type]
    assert found[Grain.MONTH, date(2024, 1, 1), (("ch", "referral"),)].value == 0.0


def test_an_entity_gives_an_interval_that_is_not_of_zero_width_and_repeats() -> None:
    orders = [(f"o{number}", f"c{number}", datetime(2024, 1, 1 + number % 28), "p") for number in range(30)]
    world = cac([("1", date(2024, 1, 3), "3000", "p")], orders)
    first, second = (
        by_cell(world.compute(cost_metric(entity="customer"), at("2024-04-01T00:00")))[
            Grain.MONTH, date(2024, 1, 1), ()
        ]  # type: ignore[arg-type]
        for _ in range(2)
    )
    assert first == second
    assert first.lower is not None
    assert first.upper is not None
    assert first.lower < 100.0 < first.upper
    assert first.sample_size == 30
