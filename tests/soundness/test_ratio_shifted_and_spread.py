# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Ratios with a lag, and with amounts that are spread over segments, on DuckDB and on PostgreSQL.

A lag is read as what it says: a row of the numerator counts that long after it happened. The algebra of the
allocation is written out again here, in fractions; and whatever is drawn, segments add up to the total.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.catalog.dataset import Column, CompleteThrough
from metrics.catalog.options import Over, Reference
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds.ratio.allocation import Allocate, By, spread
from metrics.kinds.ratio.options import Options
from tests.soundness import reference as plain
from tests.soundness.generators import Log, agree, calendars, company, first_day, grains, logs, nows, same
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

LAGS: tuple[plain.Span, ...] = ((1, "day"), (2, "week"), (1, "month"), (3, "month"), (1, "year"))
TEXTS = ("sum(y)", "count")


def _before(moment: plain.Moment, now: datetime, calendar: plain.Calendar) -> bool:
    return moment < now if isinstance(moment, datetime) else moment < calendar.day(now)


def two_logs(data: st.DataObject, now: datetime, calendar: plain.Calendar) -> tuple[Log, Log]:
    first, second = (
        data.draw(logs(most=25)).only(lambda row: row["t"] is None or _before(row["t"], now, calendar))
        for _ in range(2)
    )
    return first, second


def two_datasets(above: Log, below: Log, calendar: plain.Calendar, own: dict[str, str]) -> World:
    each = {"key": ("id",), "time": E("t"), "complete_through": until_now()}
    return World(
        {"above": above.table(), "below": below.table()},
        {"above": {**each, "timezone": above.timezone, "dimensions": dimensions(**own)},
         "below": {**each, "timezone": below.timezone, "dimensions": dimensions(ch="ch", stage="stage")}},
        **company(calendar),
    )  # fmt: skip


def function_of(text: str) -> tuple[str, str]:
    function, _, name = text.removesuffix(")").partition("(")
    return function, name


# -- lag ------------------------------------------------------------------------------------------------


@drawn(st.data())
def test_a_lag_moves_the_numerator(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    above, below = two_logs(data, now, calendar)
    lag, texts = data.draw(st.sampled_from(LAGS)), [data.draw(st.sampled_from(TEXTS)) for _ in range(2)]
    over: str | plain.Span = data.draw(st.sampled_from(("period", "period", (2, "month"))))
    if over != "period":
        wanted = ("month", "week")
    world = two_datasets(above, below, calendar, {"ch": "ch"})
    options = Options(
        Reference("above", parse_measure(texts[0]), where=E("stage = 'a'")),
        Reference("below", parse_measure(texts[1])),
        lag=Span.parse(f"{lag[0]} {lag[1]}"),
        over=Over.parse(f"trailing {over[0]} {over[1]}s" if isinstance(over, tuple) else over),
    )
    one = metric("m", "ratio", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)))
    later = [
        {**row, "t": plain.plus(row["t"], lag, calendar.zone) if row["t"] is not None else None}
        for row in above.read()
    ]
    firsts = [first_day(calendar, rows) for rows in (later, below.read())]
    first = None if None in firsts else max(day for day in firsts if day is not None)
    frame = plain.Frame(calendar, wanted, ((), ("ch",)), now, first,
                        late=plain.late(calendar, now, above.read(), below.read(), lag=lag))  # fmt: skip
    sides = [
        plain.aggregate(frame, rows, *function_of(text), keep=keep, over=over)
        for text, rows, keep in (
            (texts[0], later, lambda row: row["stage"] == "a"),
            (texts[1], below.read(), lambda row: True),
        )
    ]
    agree(engine.holding(world).compute(one, now), plain.ratio(frame, *sides, over), parts=True, frame=frame,
          over=over)  # fmt: skip


# -- allocate -------------------------------------------------------------------------------------------

Amounts = dict[plain.Segment, Fraction]


def spread_by_hand(rows: list[plain.Row], amount: Callable[[plain.Row], int], pooled: Callable[[plain.Row], bool],
                   own: tuple[str, ...], weights: Amounts, cut: tuple[str, ...], by: str) -> Amounts:  # fmt: skip
    """Give every row's amount away on its own: to its segment, to those that agree with it, or to nobody."""
    direct: Amounts = {}
    for row in rows:
        if not pooled(row):
            known = plain.segment_of(row, [name for name in cut if name in own])
            direct[known] = direct.get(known, Fraction(0)) + amount(row)
    found: Amounts = {}

    def give(value: Fraction, shares: Amounts, known: plain.Segment) -> None:
        positive = {segment: share for segment, share in shares.items() if share > 0}
        nobody = tuple((name, dict(known).get(name, "(unallocated)")) for name in sorted(cut))
        for segment, share in (positive or {nobody: Fraction(1)}).items():
            whole = sum(positive.values()) or Fraction(1)
            found[segment] = found.get(segment, Fraction(0)) + value * share / whole

    for known, value in direct.items():
        if len(known) == len(cut):
            found[known] = found.get(known, Fraction(0)) + value
        elif by == "new_customers":
            give(value, {each: weight for each, weight in weights.items() if {*known} <= {*each}}, known)
        else:
            give(value, {}, known)
    pool = Fraction(sum(amount(row) for row in rows if pooled(row)))
    shares = weights if by == "new_customers" else {}
    if by == "spend":
        names = sorted(cut)
        shares = {tuple((name, dict(known).get(name, "(unallocated)")) for name in names): value
                  for known, value in direct.items()}  # fmt: skip
    give(pool, shares, ())
    return {segment: value for segment, value in found.items() if value}


@drawn(st.data())
def test_segments_add_up_whatever_is_spread(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    above, below = two_logs(data, now, calendar)
    texts = [data.draw(st.sampled_from(TEXTS)) for _ in range(2)]
    by = data.draw(st.sampled_from(("new_customers", "spend", "none")))
    where, pooled = data.draw(st.sampled_from((
        ("ch is null", lambda row: row["ch"] is None),
        ("x > 3", lambda row: row["x"] is not None and row["x"] > 3),
        (None, lambda row: False),
    )))  # fmt: skip
    own = data.draw(st.sampled_from((("ch", "stage"), ("ch",), ())))
    world = two_datasets(above, below, calendar, {name: name for name in own})
    sides = [
        Reference(name, parse_measure(text)) for name, text in zip(("above", "below"), texts, strict=True)
    ]
    options = Options(*sides, allocate=Allocate(By(by), E(where) if where else None))
    one = metric("m", "ratio", options, dimensions=("ch", "stage"), cuts=(("stage", "ch"),),
                 grains=tuple(map(Grain, wanted)))  # fmt: skip
    firsts = [first_day(calendar, log.read()) for log in (above, below)]
    first = None if None in firsts else max(day for day in firsts if day is not None)
    cuts: tuple[tuple[str, ...], ...] = ((), ("ch",), ("stage",), ("ch", "stage"))
    frame = plain.Frame(calendar, wanted, cuts, now, first,
                        late=plain.late(calendar, now, above.read(), below.read()))  # fmt: skip
    lower = plain.aggregate(frame, below.read(), *function_of(texts[1]))

    def amount(row: plain.Row) -> int:
        return 1 if texts[0] == "count" else row["y"] or 0

    expected: dict[plain.Cell, plain.Result] = {}
    timed = [row for row in above.read() if plain.has_come(frame, row["t"])]
    for grain in wanted:
        for start, end in frame.periods(grain):
            inside = [row for row in timed if start is None or start <= calendar.day(row["t"]) < end]  # type: ignore[operator]
            for cut in cuts:
                weights = {cell[2]: Fraction(each.value or 0) for cell, each in lower.items()
                           if cell[:2] == (grain, start) and tuple(name for name, _ in cell[2]) == cut}  # fmt: skip
                shares = (
                    spread_by_hand(inside, amount, pooled, own, weights, cut, by)
                    if cut
                    else {(): Fraction(sum(map(amount, inside)))}
                )
                assert sum(shares.values()) == sum(map(amount, inside))
                for segment in {*shares, *weights}:
                    n, d = shares.get(segment, Fraction(0)), weights.get(segment, Fraction(0))
                    if segment and not n and not d:
                        continue
                    state = "final" if frame.final(end) else "provisional"
                    state = "no_data" if not segment and not d else state
                    expected[grain, start, segment] = plain.Result(n / d if d else None, n, d, state)
    outcome = engine.holding(world).compute(one, now)
    agree(outcome, expected, parts=True, frame=frame)
    adds_up(by_cell(outcome))


def adds_up(found: dict[Any, Any]) -> None:
    for (grain, start, segment), total in found.items():
        for names in {tuple(name for name, _ in cell[2]) for cell in found if cell[2]} if not segment else ():
            parts = [each.numerator for cell, each in found.items()
                     if cell[:2] == (grain, start) and tuple(name for name, _ in cell[2]) == names]  # fmt: skip
            assert same(sum(parts), total.numerator), (grain, start, names)


segments = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")).map(
    lambda pair: (("c", pair[0]), ("s", pair[1]))
)


@given(st.dictionaries(segments, st.integers(0, 9), min_size=1), st.dictionaries(segments, st.integers(0, 99)),
       st.integers(0, 999))  # fmt: skip
def test_what_is_spread_by_the_denominator_adds_up_to_coarser_cuts(
    weights: dict[Any, int], direct: dict[Any, int], pool: int
) -> None:
    fine = spread(direct, pool, weights, ("c", "s"), By.NEW_CUSTOMERS)
    assert same(sum(fine.values()), sum(direct.values()) + pool)
    for kept in (0, 1):

        def coarser(values: dict[Any, Any], kept: int = kept) -> dict[Any, float]:
            found: dict[Any, float] = {}
            for segment, value in values.items():
                found[(segment[kept],)] = found.get((segment[kept],), 0) + value
            return found

        whole = spread(coarser(direct), pool, coarser(weights), ("cs"[kept],), By.NEW_CUSTOMERS)
        summed = coarser(fine)
        assert all(same(summed.get(key, 0.0), whole.get(key, 0.0)) for key in {*summed, *whole})


# -- by hand --------------------------------------------------------------------------------------------

SPEND = {"id": "text", "day": "date", "cost": "decimal", "ch": "text"}
ORDERS = {"id": "text", "who": "text", "t": "naive", "ch": "text", "size": "text"}
COSTS = [("1", date(2024, 1, 3), "300", "paid"), ("2", date(2024, 1, 9), "120", None),
         ("3", date(2024, 1, 31), "60", "fairs"), ("4", date(2024, 2, 3), "30", None)]  # fmt: skip
# January: 3 new by paid, 1 by referral. February: 1 by paid. March: 1 by referral.
CAME = [
    ("1", "a", datetime(2024, 1, 2), "paid", "big"),
    ("2", "b", datetime(2024, 1, 3), "paid", "small"),
    ("3", "c", datetime(2024, 1, 4), "paid", "small"),
    ("4", "d", datetime(2024, 1, 5), "referral", "small"),
    ("5", "e", datetime(2024, 2, 5), "paid", "big"),
    ("6", "f", datetime(2024, 3, 31), "referral", "big"),
]


def costs(through: CompleteThrough | None = None) -> World:
    spend = {
        "key": ("id",),
        "time": E("day"),
        "dimensions": dimensions(ch="ch"),
        "columns": {"money": Column(E("cost"), E("'GBP'"))},
        "complete_through": through or until_now(),
    }
    orders = {
        "key": ("id",),
        "time": E("t"),
        "entities": entities(customer="who"),
        "dimensions": dimensions(ch="ch", size="size"),
        "complete_through": until_now(),
    }
    rows = [(key, day, Decimal(cost), channel) for key, day, cost, channel in COSTS]
    return World(
        {"spend": table(SPEND, rows), "orders": table(ORDERS, CAME)}, {"spend": spend, "orders": orders}
    )


def cac(dimension: tuple[str, ...] = ("ch",), **more: Any) -> Any:
    sides = (
        Reference("spend", parse_measure("sum(money)")),
        Reference("orders", parse_measure("count_new(customer)")),
    )
    cuts = (dimension,) if len(dimension) > 1 else ()
    return metric("m", "ratio", Options(*sides, **more), dimensions=dimension, cuts=cuts, grains=(Grain.MONTH,),
                  min_sample=1)  # fmt: skip


def january(one: Any, month: date = date(2024, 1, 1)) -> dict[str, tuple[float | None, float | None]]:
    found = by_cell(costs().compute(one, at("2024-04-01T00:00")))
    return {
        "/".join(value for _, value in segment): (each.numerator, each.value)
        for (_, start, segment), each in found.items()
        if start == month
    }


def test_spend_without_a_channel_goes_where_the_new_customers_went() -> None:
    assert january(cac(allocate=Allocate(By.NEW_CUSTOMERS, E("ch is null")))) == {
        "": (480.0, 120.0), "paid": (390.0, 130.0), "referral": (30.0, 30.0), "fairs": (60.0, None),
    }  # fmt: skip


def test_spend_without_a_channel_goes_where_the_spend_went() -> None:
    assert january(cac(allocate=Allocate(By.SPEND, E("ch is null")))) == {
        "": (480.0, 120.0), "paid": (400.0, pytest.approx(400 / 3)), "referral": (0.0, 0.0), "fairs": (80.0, None),
    }  # fmt: skip


def test_spend_without_a_channel_is_a_row_of_its_own() -> None:
    one = cac(allocate=Allocate(By.NONE, E("ch is null")))
    assert january(one) == {
        "": (480.0, 120.0), "paid": (300.0, 100.0), "referral": (0.0, 0.0), "fairs": (60.0, None),
        "(unallocated)": (120.0, None),
    }  # fmt: skip
    row = by_cell(costs().compute(one, at("2024-04-01T00:00")))[
        Grain.MONTH, date(2024, 1, 1), (("ch", "(unallocated)"),)
    ]
    assert (row.state.value, row.denominator) == ("final", 0.0)


def test_what_nothing_can_be_weighed_by_stays() -> None:
    # No segment has spend of its own in February.
    spread_by_spend = cac(allocate=Allocate(By.SPEND, E("ch is null")))
    assert january(spread_by_spend, date(2024, 2, 1)) == {
        "": (30.0, 30.0), "paid": (0.0, 0.0), "(unallocated)": (30.0, None),
    }  # fmt: skip


def test_a_dimension_that_the_spend_does_not_have_is_spread_within_what_is_known() -> None:
    found = january(cac(("ch", "size"), allocate=Allocate(By.NEW_CUSTOMERS, E("ch is null"))))
    # 480 over four customers, one of them big.
    assert (found["big"], found["small"]) == ((120.0, 120.0), (360.0, 120.0))
    # 300 of paid over its three, and 120 over all four; what fairs cost brought nobody.
    assert {key: value for key, value in found.items() if "/" in key} == {
        "paid/big": (130.0, 130.0), "paid/small": (260.0, 130.0), "referral/small": (30.0, 30.0),
        "fairs/(unallocated)": (60.0, None),
    }  # fmt: skip


def test_an_allocated_amount_is_fixed_in_the_interval() -> None:
    world, one = costs(), cac(entity="customer", allocate=Allocate(By.NEW_CUSTOMERS, E("ch is null")))
    paid = by_cell(world.compute(one, at("2024-04-01T00:00")))[
        Grain.MONTH, date(2024, 1, 1), (("ch", "paid"),)
    ]
    assert paid.draws is not None
    # Draws are of customers alone: every one divides the same amount.
    assert {same(390.0 / draw, round(390.0 / draw)) for draw in paid.draws(1)} == {True}


def test_a_lag_of_a_month_is_last_months_spend() -> None:
    found = by_cell(costs().compute(cac(lag=Span.parse("1 month")), at("2024-04-01T00:00")))
    totals = {
        start: (each.numerator, each.denominator)
        for (_, start, segment), each in found.items()
        if not segment
    }
    assert totals == {date(2024, 2, 1): (480.0, 1.0), date(2024, 3, 1): (30.0, 1.0)}


def test_spend_that_arrives_a_month_late_is_in_time_for_a_lag_of_a_month() -> None:
    late = costs(CompleteThrough(lag=Span.parse("1 month")))
    found = by_cell(late.compute(cac(lag=Span.parse("1 month")), at("2024-04-01T00:00")))
    assert found[Grain.MONTH, date(2024, 3, 1), ()].state.value == "final"
    plainly = by_cell(late.compute(cac(), at("2024-04-01T00:00")))
    assert max(start for _, start, _ in plainly) == date(2024, 2, 1)


def test_a_day_beyond_the_numerators_need_is_not_final() -> None:
    late = costs(CompleteThrough(lag=Span.parse("32 days")))
    lagged = replace(cac(lag=Span.parse("1 month")), grains=(Grain.MONTH, Grain.QUARTER))
    found = by_cell(late.compute(lagged, at("2024-04-01T00:00")))
    quarter, march = found[Grain.QUARTER, date(2024, 1, 1), ()], found[Grain.MONTH, date(2024, 3, 1), ()]
    # Both sides end on 29 March: the customer of the 31st is not yet in it.
    assert (quarter.state.value, quarter.numerator, quarter.denominator) == ("provisional", 510.0, 5.0)
    assert (march.state.value, march.numerator, march.denominator) == ("no_data", 30.0, 0.0)


@pytest.mark.parametrize(("lag", "spent"), [("1 month", 510.0), ("2 months", 480.0), ("3 months", 0.0)])
def test_all_time_has_what_has_been_moved_into_it(lag: str, spent: float) -> None:
    one = replace(cac(lag=Span.parse(lag)), grains=(Grain.ALL,))
    found = by_cell(costs().compute(one, at("2024-04-01T00:00")))[Grain.ALL, None, ()]
    assert (found.numerator, found.denominator) == (spent, 6.0)
