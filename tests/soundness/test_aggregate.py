# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Counts, sums, averages and percentiles say what the plain reference says."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import strategies as st

from metrics.catalog.dataset import Validity
from metrics.catalog.options import At, Over
from metrics.errors import ComputationError
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds.aggregate.options import Options
from tests.soundness import reference as plain
from tests.soundness.generators import agree, calendars, company, first_day, grains, logs, moments, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

MEASURES = (
    ("count", "count", "", 0.5), ("count(x)", "count", "x", 0.5), ("count_distinct(who)", "count_distinct", "who", 0.5),
    ("count_distinct(person)", "count_distinct", "who", 0.5), ("count_new(person)", "count_new", "who", 0.5),
    ("sum(x)", "sum", "x", 0.5), ("avg(x)", "avg", "x", 0.5), ("min(x)", "min", "x", 0.5), ("max(x)", "max", "x", 0.5),
    ("median(x)", "percentile", "x", 0.5), ("percentile(x, 0.9)", "percentile", "x", 0.9),
)  # fmt: skip
CUTS = ((), ("ch",), ("ch", "y"))


def dataset(timezone: str, **more: Any) -> dict[str, Any]:
    return {"key": ("id",), "time": E("t"), "timezone": timezone, "entities": entities(person="who"),
            "dimensions": dimensions(ch="ch", y="cast(y as text)"), **more}  # fmt: skip


def over_of(over: str | plain.Span) -> Over:
    return Over.parse(over) if isinstance(over, str) else Over(trailing=Span.parse(f"{over[0]} {over[1]}"))


def texts(rows: list[plain.Row]) -> list[plain.Row]:
    return [{**row, "y": None if row["y"] is None else str(row["y"])} for row in rows]


@drawn(st.data())
def test_measures(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    text, function, name, share = data.draw(st.sampled_from(MEASURES))
    conditional, settle = data.draw(st.booleans()), data.draw(st.sampled_from((0, 2)))
    log = data.draw(logs(most=40)).only(lambda row: row["t"] is None or _before(row["t"], now, calendar))
    world = World(
        {"log": log.table()},
        {"log": dataset(log.timezone, complete_through=until_now(), settle=Span.parse(f"{settle} days"))},
        **company(calendar),
    )
    one = metric(
        "m", "aggregate", Options("log", parse_measure(text), where=E("y > 0") if conditional else None),
        dimensions=("ch", "y"), cuts=(("ch", "y"),), grains=tuple(map(Grain, wanted)), min_sample=2,
    )  # fmt: skip
    rows = texts(log.read())
    frame = plain.Frame(calendar, wanted, (*CUTS, ("y",)), now, first_day(calendar, rows), settle, 2,
                        plain.late(calendar, now, rows))  # fmt: skip
    expected = plain.aggregate(
        frame, rows, function, name, share=share,
        keep=lambda row: not conditional or (row["y"] is not None and int(row["y"]) > 0),
    )  # fmt: skip
    agree(engine.holding(world).compute(one, now), expected, frame=frame)


def _before(moment: plain.Moment, now: datetime, calendar: plain.Calendar) -> bool:
    return moment < now if isinstance(moment, datetime) else moment < calendar.day(now)


@drawn(st.data())
def test_over_a_longer_stretch(engine: Engine, data: st.DataObject) -> None:
    calendar, now = data.draw(calendars()), data.draw(nows())
    wanted = data.draw(
        st.sampled_from((("month",), ("day", "week"), ("quarter", "month"), ("fiscal_quarter",), ("year",)))
    )
    stretches = ("period", "to_date", (12, "month"), (6, "month"), (2, "month"), (30, "day"))
    over = data.draw(st.sampled_from(stretches))
    text, function, name, share = data.draw(
        st.sampled_from([each for each in MEASURES if each[1] != "count_new"])
    )
    log = data.draw(logs(most=25)).only(lambda row: row["t"] is None or _before(row["t"], now, calendar))
    world = World(
        {"log": log.table()},
        {"log": dataset(log.timezone, complete_through=until_now())},
        **company(calendar),
    )
    one = metric("m", "aggregate", Options("log", parse_measure(text), over=over_of(over)), dimensions=("ch",),
                 grains=tuple(map(Grain, wanted)), min_sample=2)  # fmt: skip
    rows = log.read()
    frame = plain.Frame(calendar, wanted, ((), ("ch",)), now, first_day(calendar, rows), 0, 2,
                        plain.late(calendar, now, rows))  # fmt: skip
    expected = plain.aggregate(frame, rows, function, name, over=over, share=share)
    outcome = engine.holding(world).compute(one, now)
    # A segment's noughts may go on until 12 months after the last stretch, not the last row, that held it.
    for (grain, start, segment), each in by_cell(outcome).items():
        if segment and (str(grain), start, segment) not in expected:
            assert each.value == 0.0
            expected[str(grain), start, segment] = plain.Result(0, state=each.state.value)
    agree(outcome, expected, frame=frame, over=over)


@drawn(st.data())
def test_the_watermark_is_the_newest_row_where_nothing_else_is_declared(
    engine: Engine, data: st.DataObject
) -> None:
    calendar, now = data.draw(calendars()), data.draw(nows())
    # A clock is wrong, a year is mistyped: what lies after now says nothing of what is there.
    log = data.draw(logs(most=15))
    world = World({"log": log.table()}, {"log": dataset(log.timezone)}, **company(calendar))
    one = metric("m", "aggregate", Options("log", parse_measure("count")), grains=(Grain.MONTH, Grain.DAY))
    rows = [row for row in log.read() if row["t"] is not None]
    t = plain.watermark(calendar, [row["t"] for row in rows], now)
    if t is None:
        # An empty table may be one that is being loaded anew: nothing is read as nought by it.
        with pytest.raises(ComputationError, match="has no rows"):
            engine.holding(world).compute(one, now)
        return
    outcome = engine.holding(world).compute(one, now)
    assert outcome.watermark == t
    frame = plain.Frame(
        calendar, ("month", "day"), ((),), t, first_day(calendar, rows), late=plain.late(calendar, now, rows)
    )
    agree(outcome, plain.aggregate(frame, rows, "count"), frame=frame)


@drawn(st.data())
def test_a_history_read_at_a_moment(engine: Engine, data: st.DataObject) -> None:
    calendar, now = data.draw(calendars()), data.draw(nows())
    where, kind = (
        data.draw(st.sampled_from(("period_start", "period_end"))),
        data.draw(st.sampled_from(("instant", "date"))),
    )
    wanted = data.draw(st.sampled_from((("month",), ("day",), ("week", "quarter"))))
    rows: list[plain.Row] = []
    for index in range(data.draw(st.integers(0, 10))):
        pair = sorted(data.draw(st.lists(moments, min_size=2, max_size=2)))
        begins, ends = (
            (each.date() if kind == "date" else plain.instant(each, calendar.zone)) for each in pair
        )
        if not _before(begins, now, calendar):
            continue
        rows.append({"id": f"r{index}", "from": begins, "to": data.draw(st.sampled_from((None, ends))),
                     "ch": data.draw(st.sampled_from((None, "paid"))), "x": data.draw(st.integers(0, 5))})  # fmt: skip
    types = {"id": "text", "from": kind, "to": kind, "ch": "text", "x": "integer"}
    world = World(
        {"log": table(types, [[row[name] for name in types] for row in rows])},
        {"log": {"key": ("id",), "valid": Validity(E('"from"'), E('"to"')), "dimensions": dimensions(ch="ch"),
                 "complete_through": until_now()}},
        **company(calendar),
    )  # fmt: skip
    one = metric("m", "aggregate", Options("log", parse_measure("sum(x)"), at=At(where)), dimensions=("ch",),
                 grains=tuple(map(Grain, wanted)))  # fmt: skip
    first = min((calendar.day(row["from"]) for row in rows), default=None)
    frame = plain.Frame(calendar, wanted, ((), ("ch",)), now, first)
    held = plain.stock(frame, rows, where)
    found = {
        (str(key[0]), *key[1:]): each.value
        for key, each in by_cell(engine.holding(world).compute(one, now)).items()
    }
    for cell, mine in held.items():
        assert found[cell] == sum(row["x"] for row in mine), cell
    assert all(value == 0 for cell, value in found.items() if cell not in held)


@drawn(st.data())
def test_a_snapshot_read_at_a_moment(engine: Engine, data: st.DataObject) -> None:
    calendar, now = data.draw(calendars()), data.draw(nows())
    where = data.draw(st.sampled_from(("period_start", "period_end")))
    taken = sorted({each.date() for each in data.draw(st.lists(moments, max_size=6))})
    taken = [day for day in taken if day < calendar.day(now)]
    rows = [(f"{day}{index}", day, data.draw(st.integers(0, 5))) for day in taken
            for index in range(data.draw(st.integers(1, 3)))]  # fmt: skip
    world = World(
        {"log": table({"id": "text", "day": "date", "x": "integer"}, rows)},
        {"log": {"key": ("id",), "valid": Validity(snapshot=E("day")), "complete_through": until_now()}},
        **company(calendar),
    )
    one = metric(
        "m", "aggregate", Options("log", parse_measure("sum(x)"), at=At(where)), grains=(Grain.MONTH,)
    )
    for estimate in engine.holding(world).compute(one, now).estimates:
        assert estimate.period.start is not None
        assert estimate.period.end is not None
        edge = estimate.period.start if where == "period_start" else estimate.period.end
        past = [day for day in taken if (day <= edge if where == "period_start" else day < edge)]
        wanted = sum(x for _, day, x in rows if past and day == past[-1])
        assert estimate.value == wanted, estimate


ROWS = {"id": "text", "t": "naive", "x": "integer", "ch": "text"}


def small(*rows: tuple[str, str, int | None, str | None]) -> World:
    return World(
        {"log": table(ROWS, [(id_, datetime.fromisoformat(t), x, ch) for id_, t, x, ch in rows])},
        {
            "log": {
                "key": ("id",),
                "time": E("t"),
                "dimensions": dimensions(ch="ch"),
                "complete_through": until_now(),
            }
        },
    )


def test_zeros_fill_twelve_months_and_averages_leave_gaps() -> None:
    world = small(
        ("1", "2023-01-10", 4, "paid"), ("2", "2023-01-11", 2, "organic"), ("3", "2024-03-01", 1, "organic")
    )
    now = at("2024-04-01T00:00")
    counts = world.compute(metric("m", "aggregate", Options("log", parse_measure("count")), dimensions=("ch",),
                                  grains=(Grain.MONTH,)), now)  # fmt: skip
    paid = {
        str(each.period.start): each.value
        for each in counts.estimates
        if each.dimensions == (("ch", "paid"),)
    }
    assert len(paid) == 12
    assert (paid["2023-01-01"], paid["2023-12-01"]) == (1.0, 0.0)
    assert [each.value for each in counts.estimates if not each.dimensions] == [2.0, *[0.0] * 13, 1.0]
    averages = world.compute(metric("m", "aggregate", Options("log", parse_measure("avg(x)")), dimensions=("ch",),
                                    grains=(Grain.MONTH,)), now)  # fmt: skip
    assert [each.value for each in averages.estimates if not each.dimensions] == [3.0, *[None] * 13, 1.0]
    assert [each.value for each in averages.estimates if each.dimensions] == [2.0, 4.0, 1.0]


def test_the_total_of_all_time_beside_dated_grains_is_never_an_invented_nought() -> None:
    world = small(("1", "2024-01-10", 4, "paid"), ("2", "2024-02-11", 2, "organic"))
    one = metric("m", "aggregate", Options("log", parse_measure("sum(x)"), over=Over.parse("trailing 2 months")),
                 grains=(Grain.MONTH, Grain.ALL))  # fmt: skip
    outcome = world.outcomes(one, now=at("2024-03-01T00:00"))["m"]
    if outcome.error is None:
        found = by_cell(outcome)
        assert found[Grain.MONTH, date(2024, 2, 1), ()].value == 6.0
        assert (Grain.ALL, None, ()) not in found or found[Grain.ALL, None, ()].value == 6.0


def test_count_new_looks_at_the_first_row_that_satisfies_the_condition() -> None:
    world = World(
        {"log": table({"id": "text", "who": "text", "t": "naive", "paid": "boolean"}, [
            ("1", "u", datetime(2024, 1, 1), False), ("2", "u", datetime(2024, 2, 1), True),
            ("3", "u", datetime(2024, 3, 1), True), ("4", "v", datetime(2024, 3, 1), True)])},
        {"log": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
        "complete_through": until_now()}},
    )  # fmt: skip
    one = metric("m", "aggregate", Options("log", parse_measure("count_new(customer)"), where=E("paid")),
                 grains=(Grain.MONTH,))  # fmt: skip
    assert [each.value for each in world.compute(one, at("2024-04-01T00:00")).estimates] == [0.0, 1.0, 1.0]


@pytest.mark.parametrize("text", ["max(t)", "min(ch)", "sum(ch)", "avg(t)"])
def test_only_numbers_are_measured(text: str) -> None:
    world = small(("1", "2024-01-10", 4, "paid"))
    one = metric("m", "aggregate", Options("log", parse_measure(text)), grains=(Grain.MONTH,))
    error = world.outcomes(one, now=at("2024-03-01T00:00"))["m"].error
    type_ = "text" if "ch" in text else "timestamp"
    assert str(error) == f"metric 'm': a number is wanted here, got {type_}"


def test_money_is_summed_exactly() -> None:
    cents = [Decimal("0.10"), Decimal("0.20"), Decimal("1234567.89")] * 3
    rows = [(f"{index}", datetime(2024, 1, 5), cent) for index, cent in enumerate(cents)]
    world = World({"log": table({"id": "text", "t": "naive", "x": "decimal"}, rows)},
                  {"log": {"key": ("id",), "time": E("t"), "complete_through": until_now()}})  # fmt: skip
    one = metric("m", "aggregate", Options("log", parse_measure("sum(x)")), grains=(Grain.MONTH,))
    [january, _] = world.compute(one, at("2024-02-05T00:00")).estimates
    assert january.value == float(sum(map(Fraction, cents)))


def test_a_segment_s_noughts_end_with_the_12_months(engine: Engine) -> None:
    # The row's week begins on 25 January 2016, so that weeks that end by 25 January 2017 have it in their 12 months.
    rows = [("1", datetime(2016, 1, 30, 12), "web"), ("2", datetime(2017, 3, 1, 12), "fair")]
    columns = {"id": "text", "t": "naive", "ch": "text"}
    dataset = {
        "key": ("id",),
        "time": E("t"),
        "dimensions": dimensions(ch="ch"),
        "complete_through": until_now(),
    }
    world = engine.holding(World({"log": table(columns, rows)}, {"log": dataset}))
    one = metric("m", "aggregate", Options("log", parse_measure("count")), dimensions=("ch",),
                 grains=(Grain.WEEK, Grain.MONTH))  # fmt: skip
    found = world.compute(one, at("2017-03-10T00:00")).estimates
    web = {
        (each.period.grain, each.period.end): each.value
        for each in found
        if each.dimensions == (("ch", "web"),)
    }
    assert max(end for grain, end in web if grain is Grain.WEEK and end) == date(2017, 1, 23)
    assert max(end for grain, end in web if grain is Grain.MONTH and end) == date(2017, 1, 1)
    assert set(web.values()) == {0.0, 1.0}
