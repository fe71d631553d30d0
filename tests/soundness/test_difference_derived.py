# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Differences and derived metrics say what their inputs' values make."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference, Window
from metrics.expressions.parser import parse, parse_measure
from metrics.grain import Grain, Span
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.conversion import options as conversion
from metrics.kinds.derived import options as derived
from metrics.kinds.difference import options as difference
from metrics.kinds.proportion import options as proportion
from metrics.kinds.ratio import options as ratio
from tests.soundness import reference as plain
from tests.soundness.generators import calendars, company, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

MONTHS = (Grain.MONTH,)


def log_world(log: Any, calendar: plain.Calendar) -> World:
    return World(
        {"log": log.table()},
        {"log": {"key": ("id",), "time": E("t"), "timezone": log.timezone, "dimensions": dimensions(ch="ch"),
                 "entities": entities(person="who"), "complete_through": until_now()}},
        **company(calendar),
    )  # fmt: skip


def summed(name: str, text: str, **more: Any) -> Metric:
    return metric(
        name,
        "aggregate",
        aggregate.Options("log", parse_measure(text)),
        dimensions=("ch",),
        grains=MONTHS,
        **more,
    )


FORMULAS = (
    ("a / b", lambda a, b: None if a is None or b in (None, 0) else a / b),
    ("a - b * 2", lambda a, b: None if None in (a, b) else a - b * 2),
    ("-a + 1.5", lambda a, b: None if a is None else 1.5 - a),
    ("coalesce(b, 0) + a", lambda a, b: None if a is None else a + (b or 0)),
    ("greatest(a, b, 2)", lambda a, b: None if None in (a, b) else max(a, b, 2)),
    ("abs(least(a, b))", lambda a, b: None if None in (a, b) else abs(min(a, b))),
)
WORST = ("no_data", "provisional", "small_sample", "final")


@drawn(st.data(), examples=25)
def test_a_formula_is_computed_cell_by_cell(engine: Engine, data: st.DataObject) -> None:
    calendar, now, log = data.draw(calendars()), data.draw(nows()), data.draw(logs(most=25))
    text, wanted = data.draw(st.sampled_from(FORMULAS))
    second = data.draw(st.sampled_from(("sum(y)", "avg(x)", "max(x)")))
    world = log_world(log, calendar)
    parts = summed("a", "count"), summed("b", second, min_sample=1)
    one = metric("m", "derived", derived.Options(parse(text)), dimensions=("ch",), grains=MONTHS)
    found = {
        name: by_cell(outcome)
        for name, outcome in engine.holding(world).outcomes(*parts, one, now=now).items()
    }
    used = [name for name in "ab" if name in text.replace("abs", "").replace("least", "").replace("coalesce", "")
            .replace("greatest", "")]  # fmt: skip
    cells = set(found["a"]).intersection(*(set(found[name]) for name in used))
    assert set(found["m"]) == cells
    for cell, each in found["m"].items():
        values = [found[name][cell].value if cell in found[name] else None for name in "ab"]
        expected = wanted(*values)
        assert each.value == (None if expected is None else pytest.approx(expected, rel=1e-9)), cell
        state = min((found[name][cell].state.value for name in used), key=WORST.index)
        # What is open may still get a value; what is settled will have none.
        assert each.state.value == ("no_data" if expected is None and state != "provisional" else state), cell


@drawn(st.data(), examples=20)
def test_a_difference_with_last_year_and_its_interval(engine: Engine, data: st.DataObject) -> None:
    calendar, log = data.draw(calendars()), data.draw(logs(most=40))
    months = data.draw(st.sampled_from((1, 2, 12)))
    world = log_world(log, calendar)
    share = metric("share", "proportion", proportion.Options("log", E("x >= 3"),
    over=Over(trailing=Span.parse("2 months"))),
                   dimensions=("ch",), grains=MONTHS, min_sample=1)  # fmt: skip
    one = metric("m", "difference", difference.Options("share", shift=Span.parse(f"{months} months")),
                 dimensions=("ch",), grains=MONTHS)  # fmt: skip
    outcomes = engine.holding(world).outcomes(share, one, now=at("2017-03-01T00:00"))
    found = {name: by_cell(outcome) for name, outcome in outcomes.items()}
    today, expected = calendar.day(at("2017-03-01T00:00")), {}
    for (grain, start, segment), each in found["share"].items():
        assert start is not None
        earlier = found["share"].get((grain, plain.plus_months(start, -months), segment))
        if earlier is not None:
            expected[grain, start, segment] = (each, earlier)
    assert set(found["m"]) == set(expected)
    for cell, (after, before) in expected.items():
        got = found["m"][cell]
        # Days so far are not set against a whole month.
        is_open = plain.plus_months(cell[1], 1) > today
        if is_open or after.value is None or before.value is None:
            assert (got.value, got.lower, got.upper) == (None, None, None)
            continue
        gap = after.value - before.value
        assert got.value == pytest.approx(gap, rel=1e-9, abs=1e-12)
        if months < 2:
            # Two months that end with one month, and with the next, share one: no interval of independent shares.
            assert (got.lower, got.upper) == (None, None)
            continue
        # Newcombe's method 10, from the two Wilson intervals.
        l1, u1 = plain.wilson(int(after.numerator or 0), int(after.denominator or 0)) or (0, 0)
        l2, u2 = plain.wilson(int(before.numerator or 0), int(before.denominator or 0)) or (0, 0)
        lower = gap - ((after.value - l1) ** 2 + (u2 - before.value) ** 2) ** 0.5
        upper = gap + ((u1 - after.value) ** 2 + (before.value - l2) ** 2) ** 0.5
        assert (got.lower, got.upper) == (pytest.approx(lower, rel=1e-9), pytest.approx(upper, rel=1e-9))


def published(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    rows = []
    for month, (k, n) in ((1, first), (2, second)):
        rows += [(f"{month}-{index:03d}", datetime(2024, month, 5), index < k) for index in range(n)]
    world = World({"log": table({"id": "text", "t": "naive", "yes": "boolean"}, rows)},
                  {"log": {"key": ("id",), "time": E("t"), "complete_through": until_now()}})  # fmt: skip
    share = metric("share", "proportion", proportion.Options("log", E("yes")), grains=MONTHS, min_sample=1)
    one = metric("m", "difference", difference.Options("share", shift=Span.parse("1 month")), grains=MONTHS)
    got = by_cell(world.outcomes(share, one, now=at("2024-03-01T00:00"))["m"])[
        Grain.MONTH, date(2024, 2, 1), ()
    ]
    assert got.lower is not None
    assert got.upper is not None
    return round(got.lower, 4), round(got.upper, 4)


def test_newcombes_published_intervals() -> None:
    assert published((48, 80), (56, 70)) == (0.0524, 0.3339)
    assert published((3, 10), (9, 10)) == (0.1705, 0.8090)


def test_inputs_that_fail_are_named_and_maturity_is_the_least() -> None:
    rows = [("1", "u", datetime(2024, 1, 5), 1), ("2", "v", datetime(2024, 1, 20), 2)]
    world = World(
        {"log": table({"id": "text", "who": "text", "t": "naive", "x": "integer"}, rows)},
        {
            "log": {
                "key": ("id",),
                "time": E("t"),
                "entities": entities(person="who"),
                "complete_through": until_now(),
            }
        },
    )
    young = metric("young", "conversion", conversion.Options("person", Reference("log"), Reference("log",
    where=E("x = 2")),
                   Window.parse("30 days")), grains=MONTHS, min_sample=1)  # fmt: skip
    old = metric(
        "old",
        "ratio",
        ratio.Options(Reference("log", parse_measure("sum(x)")), Reference("log")),
        grains=MONTHS,
    )
    broken = metric("broken", "aggregate", aggregate.Options("log", parse_measure("sum(y)")), grains=MONTHS)
    both = metric("both", "derived", derived.Options(parse("young * old")), grains=MONTHS)
    worse = metric("worse", "derived", derived.Options(parse("old / broken")), grains=MONTHS)
    odd = metric("odd", "derived", derived.Options(parse("old = 'a'")), grains=MONTHS)
    outcomes = world.outcomes(young, old, broken, both, worse, odd, now=at("2024-02-10T00:00"))
    january = by_cell(outcomes["both"])[Grain.MONTH, date(2024, 1, 1), ()]
    assert (january.maturity, january.state.value) == (0.5, "provisional")
    errors = {name: str(outcome.error) for name, outcome in outcomes.items() if outcome.error is not None}
    assert errors == {
        "broken": "metric 'broken': dataset 'log' has no column 'y'",
        "worse": "metric 'worse': its input 'broken' failed: metric 'broken': dataset 'log' has no column 'y'",
        "odd": "metric 'odd': a formula takes metrics, numbers, + - * /, abs, coalesce, nullif, least and greatest",
    }
