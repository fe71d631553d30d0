# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""A proportion per entity says what plain loops over an entity's rows say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import ComputationError
from metrics.expressions.parser import parse_measures
from metrics.grain import Grain, Span
from metrics.kinds.proportion.options import Options
from metrics.catalog.options import Over
from tests.soundness import reference as plain
from tests.soundness.generators import agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

Rows = list[plain.Row]
Period = tuple[date | None, date | None]


def known(rows: Rows, name: str) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]


def mean(values: list[int]) -> Fraction | None:
    return Fraction(sum(values), len(values)) if values else None


def median(values: list[int]) -> float | None:
    return plain.measure("percentile", [{"v": value} for value in values], "v") if values else None


def above(value: Any, least: float) -> bool:
    return value is not None and value > least


def days(calendar: plain.Calendar, rows: Rows) -> list[date]:
    return sorted(calendar.day(row["t"]) for row in rows)


# What is said of a person, and the same in plain Python over the person's rows.
# ruff: noqa
SAID: dict[str, Callable[[plain.Calendar, Rows, Period], bool]] = {
    "count() >= 2": lambda c, rows, p: len(rows) >= 2,
    "count_distinct(ch) >= 2": lambda c, rows, p: len(set(known(rows, "ch"))) >= 2,
    "sum(x) > 4 and count() > 1": lambda c, rows, p: sum(known(rows, "x")) > 4 and len(rows) > 1,
    "sum(x) = 0 or count(x) = 0": lambda c, rows, p: sum(known(rows, "x")) == 0,
    "avg(x) > 1.5": lambda c, rows, p: above(mean(known(rows, "x")), 1.5),
    "median(x) > 1": lambda c, rows, p: above(median(known(rows, "x")), 1),
    "max(x) - min(x) > 2": lambda c, rows, p: bool(v := known(rows, "x")) and max(v) - min(v) > 2,
    "max(ch) = 'paid'": lambda c, rows, p: "paid" in known(rows, "ch"),
    "sum(stage = 'b') >= 1": lambda c, rows, p: any(row["stage"] == "b" for row in rows),
    "sum(case when y > 0 then x end) > 1": lambda c, rows, p: (
        sum(row["x"] for row in rows if row["x"] is not None and above(row["y"], 0)) > 1
    ),
    "days_between(min(t), max(t)) >= 7": lambda c, rows, p: (
        days(c, rows)[-1] - days(c, rows)[0] >= timedelta(days=7)
    ),
    "not (max(y) = 2)": lambda c, rows, p: bool(known(rows, "y")) and max(known(rows, "y")) != 2,
}
DATED: dict[str, Callable[[plain.Calendar, Rows, Period], bool]] = {
    "max(t) >= period_start() + 7 days": lambda c, rows, p: (
        p[0] is not None and days(c, rows)[-1] >= p[0] + timedelta(days=7)
    ),
    "count(case when t < period_end() then 1 end) >= 1": lambda c, rows, p: True,
}
OF: dict[str | None, Callable[[Rows], bool]] = {
    None: lambda rows: True,
    "count(x) >= 1": lambda rows: bool(known(rows, "x")),
    "count() >= 2 and max(y) > 0": lambda rows: (
        len(rows) >= 2 and above(max(known(rows, "y"), default=None), 0)
    ),
}


def expected(frame: plain.Frame, rows: Rows, said: Callable[[plain.Calendar, Rows, Period], bool],
             of: Callable[[Rows], bool], over: str | plain.Span) -> dict[plain.Cell, plain.Result]:  # fmt: skip
    timed = [row for row in rows if plain.has_come(frame, row["t"]) and row["who"] is not None]
    found: dict[plain.Cell, plain.Result] = {}
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            inside = timed
            if start is not None and end is not None:
                begin, until = plain.stretch(frame, start, end, over)
                inside = [row for row in timed if begin <= frame.calendar.day(row["t"]) < until]
            people: dict[str, Rows] = {}
            for row in inside:
                people.setdefault(row["who"], []).append(row)
            counted = [own for own in people.values() if of(own)]
            for cut in frame.cuts:
                groups: dict[plain.Segment, list[Rows]] = {} if cut else {(): []}
                for own in counted:
                    newest = max(own, key=lambda row: (row["t"], row["id"]))
                    groups.setdefault(plain.segment_of(newest, cut), []).append(own)
                for segment, mine in groups.items():
                    n, k = len(mine), sum(said(frame.calendar, own, (start, end)) for own in mine)
                    state = "no_data" if not n else "provisional" if not frame.final(end) else "final"
                    state = "small_sample" if state == "final" and n < frame.min_sample else state
                    value = Fraction(k, n) if n else None
                    found[grain, start, segment] = plain.Result(
                        value, k, n, state, interval=plain.wilson(k, n)
                    )
    return plain.uncovered(frame, found, over)


@drawn(st.data())
def test_any_log(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    said = dict(SAID)
    if data.draw(st.integers(0, 3)) == 0:
        wanted, said = ("week", "quarter"), DATED
    over: str | plain.Span = "period"
    if data.draw(st.integers(0, 2)) == 0:
        over = data.draw(st.sampled_from(((2, "month"), (45, "day"), "to_date")))
    share, of = data.draw(st.sampled_from(sorted(said))), data.draw(st.sampled_from(list(OF)))
    where = data.draw(st.booleans())
    log = data.draw(logs(most=30, people=4))
    world = World(
        {"log": log.table()},
        {"log": {"key": ("id",), "time": E("t"), "timezone": log.timezone, "entities": entities(person="who"),
                 "dimensions": dimensions(ch="ch", stage="stage"), "complete_through": until_now()}},
        **company(calendar),
    )  # fmt: skip
    options = Options(
        "log", parse_measures(share), of=parse_measures(of) if of else None, per="person",
        where=E("stage = 'a'") if where else None,
        over=Over.parse(f"trailing {over[0]} {over[1]}s" if isinstance(over, tuple) else over),
    )  # fmt: skip
    one = metric("m", "proportion", options, dimensions=("ch", "stage"), cuts=(("stage", "ch"),), min_sample=2,
                 grains=tuple(map(Grain, wanted)))  # fmt: skip
    rows = [row for row in log.read() if not where or row["stage"] == "a"]
    cuts = ((), ("ch",), ("stage",), ("ch", "stage"))
    frame = plain.Frame(calendar, wanted, cuts, now, first_day(calendar, log.read()), 0, 2,
                        plain.late(calendar, now, log.read()))  # fmt: skip
    outcome = engine.holding(world).compute(one, now)
    agree(outcome, expected(frame, rows, said[share], OF[of], over), parts=True, intervals=True, frame=frame,
          over=over)  # fmt: skip


# -- by hand ------------------------------------------------------------------------------------------

ORDERS = {"id": "text", "who": "text", "t": "naive", "category": "text", "amount": "integer", "ch": "text"}
# January: ann buys twice in two categories, ben once, cat twice in one. February: ann once, ben twice.
BOUGHT = [
    ("1", "ann", datetime(2024, 1, 5), "beans", 10, "web"),
    ("2", "ann", datetime(2024, 1, 20), "cups", 10, "shop"),
    ("3", "ben", datetime(2024, 1, 7), "beans", 10, "web"),
    ("4", "cat", datetime(2024, 1, 8), "beans", 10, "web"),
    ("5", "cat", datetime(2024, 1, 8), "beans", 95, "shop"),
    ("6", None, datetime(2024, 1, 9), "beans", 10, "web"),
    ("7", "ann", datetime(2024, 2, 5), "beans", 10, "web"),
    ("8", "ben", datetime(2024, 2, 5), "beans", 10, "web"),
    ("9", "ben", datetime(2024, 2, 6), "cups", 10, "web"),
]


def shop() -> World:
    each = {
        "key": ("id",), "time": E("t"), "entities": entities(customer="who"), "dimensions": dimensions(ch="ch"),
        "complete_through": until_now(),
    }  # fmt: skip
    return World({"orders": table(ORDERS, BOUGHT)}, {"orders": each})


def shares(share: str, grains: tuple[Grain, ...] = (Grain.MONTH,), **more: Any) -> dict[str, tuple[Any, Any]]:
    one = metric("m", "proportion", Options("orders", parse_measures(share), per="customer", **more),
                 dimensions=("ch",), grains=grains, min_sample=1)  # fmt: skip
    found = by_cell(shop().compute(one, at("2024-04-01T00:00")))
    return {
        " ".join([str(start or grain)[:7], *(value for _, value in segment)]): (
            each.numerator,
            each.denominator,
        )
        for (grain, start, segment), each in found.items()
        if each.denominator
    }


def test_repeat_customers_are_counted_once_and_by_their_latest_row() -> None:
    assert shares("count() >= 2") == {
        "2024-01": (2, 3), "2024-01 shop": (2, 2), "2024-01 web": (0, 1),
        "2024-02": (1, 2), "2024-02 web": (1, 2),
    }  # fmt: skip


def test_a_second_category() -> None:
    assert shares("count_distinct(category) >= 2")["2024-01"] == (1, 3)


def test_a_quarter_is_not_made_of_its_months() -> None:
    # Over the quarter all three bought more than once, and ann and ben in two categories.
    assert shares("count() >= 2", (Grain.QUARTER, Grain.ALL)) == {
        "2024-01": (3, 3), "2024-01 web": (2, 2), "2024-01 shop": (1, 1),
        "all": (3, 3), "all web": (2, 2), "all shop": (1, 1),
    }  # fmt: skip


def test_rows_are_chosen_by_where_and_entities_by_of() -> None:
    assert shares("sum(amount) > 100 and count() > 1")["2024-01"] == (1, 3)
    assert shares("sum(amount) > 100", of=parse_measures("count() >= 2"))["2024-01"] == (1, 2)
    assert shares("count() >= 2", where=E("ch = 'web'"))["2024-01"] == (0, 3)


def test_segments_partition_the_total() -> None:
    found = shares("count() >= 2", over=Over(trailing=Span.parse("2 months")))
    # Two months that end with January begin before the first row.
    assert {key[:7] for key in found} == {"2024-02", "2024-03"}
    for month in ("2024-02", "2024-03"):
        parts = [value for key, value in found.items() if key.startswith(month + " ")]
        assert tuple(map(sum, zip(*parts, strict=True))) == found[month]


def test_a_column_outside_of_a_measure_is_refused() -> None:
    with pytest.raises(ComputationError) as error:
        shares("count() > 1 and amount > 3")
    assert error.value.message == "'amount' is a column of rows: say it of an entity, as in max(amount)"
