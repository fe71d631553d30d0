# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Nothing after a metric's watermark counts, whatever the grain and kind, on DuckDB and on PostgreSQL.

Two logs are complete to different days and hold rows of the future. A metric over both ends with the lesser of
the two, while its neighbours over one of them go on, though all are computed in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.catalog.dataset import ColumnType, CompleteThrough, Validity
from metrics.catalog.metric import Metric
from metrics.catalog.options import At, Over, Reference
from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.expressions.parser import parse_measure, parse_measures
from metrics.grain import Grain, Span
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.agreement import options as agreement
from metrics.kinds.drift import options as drift
from metrics.kinds.net_share import options as net_share
from metrics.kinds.proportion import options as proportion
from metrics.kinds.proportion.options import LatestPer, Within
from metrics.kinds.ratio import options as ratio
from metrics.kinds.surge import options as surge
from tests.postgres_server import PostgresServer
from tests.soundness import reference as plain
from tests.soundness import reference_lifecycle as lifecycle
from tests.soundness.generators import Log, agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Served
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

Held = Callable[[World], World]
LAGS = (
    (None, None),
    ("0 days", (0, "day")),
    ("9 days", (9, "day")),
    ("1 month", (1, "month")),
    ("5 hours", (5, "hour")),
)


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgresql", marks=pytest.mark.postgres)])
def held(request: pytest.FixtureRequest) -> Iterator[Held]:
    """Return what puts a company's tables where an engine reads them."""
    if request.param == "duckdb":
        yield lambda world: world
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    with postgres.fresh() as server:
        yield lambda world: Served.of(world, server.url)


def two_logs(above: Log, below: Log, lags: tuple[str | None, str | None], **more: Any) -> World:
    """Return two logs, each complete until a lag ago, or without one until its newest row that has come."""
    each = {
        "key": ("id",),
        "time": E("t"),
        "entities": entities(person="who"),
        "dimensions": dimensions(ch="ch"),
    }
    return World(
        {"above": above.table(), "below": below.table()},
        {name: {**each, "timezone": log.timezone, "complete_through": until_now(lag) if lag else None}
         for name, log, lag in (("above", above, lags[0]), ("below", below, lags[1]))},
        **more,
    )  # fmt: skip


def asked(over: str | plain.Span, one_of: str, other: str, within: str) -> Mapping[str, Metric]:
    """Return metrics over one log or both, which share what they read as far as they may."""
    span = Over(trailing=Span.parse(f"{over[0]} {over[1]}")) if isinstance(over, tuple) else Over.parse(over)
    latest = LatestPer("person", E("y"), Within(within))
    count = parse_measure("count")
    sides = (Reference("above", parse_measure(one_of)), Reference("below", parse_measure(other)))
    found: dict[str, tuple[str, Any]] = {
        "above": ("aggregate", aggregate.Options("above", parse_measure(one_of), over=span)),
        "below": ("aggregate", aggregate.Options("below", parse_measure(other), over=span)),
        "both": ("ratio", ratio.Options(*sides, over=span)),
        "counts": ("ratio", ratio.Options(Reference("below", count), Reference("above", count), over=span)),
        "share": ("proportion", proportion.Options("above", E("x > 2"), latest_per=latest, over=span)),
        "people": ("proportion", proportion.Options("below", parse_measures("count() >= 2"), per="person", over=span)),
        "net": ("net_share", net_share.Options("above", E("x >= 3"), E("x <= 0"), over=span)),
    }  # fmt: skip
    return {
        name: metric(name, kind, options, dimensions=("ch",), min_sample=2)
        for name, (kind, options) in found.items()
    }


@given(st.data())
@settings(suppress_health_check=list(HealthCheck))
def test_rows_of_the_future_and_of_two_watermarks(held: Held, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    over: str | plain.Span = "period"
    if data.draw(st.integers(0, 3)) == 0:
        wanted, over = ("month", "week"), data.draw(st.sampled_from(((2, "month"), (45, "day"))))
    above, below = data.draw(logs(most=25)), data.draw(logs(most=25))
    rows = {"above": above.read(), "below": below.read()}
    newest = {name: plain.watermark(calendar, [row["t"] for row in each], now) for name, each in rows.items()}
    # A log without a row that has come says nothing itself.
    lags = tuple(data.draw(st.sampled_from(LAGS if newest[name] else LAGS[1:])) for name in rows)
    texts = [data.draw(st.sampled_from(("count", "sum(y)", "count_distinct(who)"))) for _ in range(2)]
    within = data.draw(st.sampled_from(("period", "all")))
    metrics = {
        name: replace(one, grains=tuple(map(Grain, wanted)))
        for name, one in asked(over, texts[0], texts[1], within).items()
    }
    world = held(two_logs(above, below, (lags[0][0], lags[1][0]), **company(calendar)))
    marks = {name: plain.plus(now, lag, calendar.zone, -1) if lag else newest[name]
             for name, (_, lag) in zip(rows, lags, strict=True)}  # fmt: skip
    firsts = {name: first_day(calendar, each) for name, each in rows.items()}

    def frame(*names: str) -> plain.Frame:
        days = [firsts[name] for name in names]
        first = None if None in days else max(day for day in days if day is not None)
        t = min(marks[name] for name in names)
        return plain.Frame(calendar, wanted, ((), ("ch",)), t, first, 0, 2,  # type: ignore[arg-type]
                           plain.late(calendar, now, *(rows[name] for name in names)))  # fmt: skip

    def side(of: plain.Frame, name: str, text: str) -> dict[plain.Cell, plain.Result]:
        function, _, column = text.removesuffix(")").partition("(")
        return plain.aggregate(of, rows[name], function, column, over=over)

    both = frame("above", "below")
    outcomes = world.outcomes(*metrics.values(), now=now)
    stretches = over != "period"
    for name, wanted_cells in {
        "above": side(frame("above"), "above", texts[0]),
        "below": side(frame("below"), "below", texts[1]),
        "both": plain.ratio(both, side(both, "above", texts[0]), side(both, "below", texts[1]), over),
        "counts": plain.ratio(both, side(both, "below", "count"), side(both, "above", "count"), over),
        "share": plain.proportion(frame("above"), rows["above"], lambda row: row["x"] is not None and row["x"] > 2,
                                  latest_by="y", within=within, over=over),
        "net": lifecycle.net_share(frame("above"), rows["above"], lambda row: row["x"] is not None and row["x"] >= 3,
                                   lambda row: row["x"] is not None and row["x"] <= 0, over=over),
    }.items():  # fmt: skip
        expected = dict(wanted_cells)
        if stretches and name in ("above", "below"):
            # A segment's noughts go on until 12 months after the last stretch that held it.
            for (grain, start, segment), each in by_cell(outcomes[name]).items():
                if segment and each.value == 0.0:
                    expected.setdefault((str(grain), start, segment), plain.Result(0, state=each.state.value))
        reads = (name,) if name in rows else ("above",) if name in ("share", "net") else ("above", "below")
        agree(outcomes[name], expected, frame=frame(*reads), over=over)
    people = by_cell(outcomes["people"])
    for grain in wanted:
        for start, end in frame("below").periods(grain):
            inside = [row["who"] for row in rows["below"] if plain.has_come(frame("below"), row["t"])
                      and row["who"] is not None and _inside(frame("below"), row["t"], start, end, over)]  # fmt: skip
            cell = people[Grain(grain), start, ()]
            n, k = len(set(inside)), sum(inside.count(who) >= 2 for who in set(inside))
            assert (cell.numerator or 0, cell.denominator or 0) == (k, n) or cell.denominator is None


def _inside(frame: plain.Frame, moment: plain.Moment, start: date | None, end: date | None,
            over: str | plain.Span) -> bool:  # fmt: skip
    if start is None or end is None:
        return True
    begin, until = plain.stretch(frame, start, end, over)
    return begin <= frame.calendar.day(moment) < until


# -- by hand ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["naive", "instant", "date"])
def test_a_row_dated_2206_leaves_everything_as_it_is_without_it(held: Held, kind: str) -> None:
    # The log ends on 3 March, and it is 20 April.
    days = [date(2024, month, day) for month in (1, 2, 3) for day in (1, 2, 3)]

    def outcome(*more: date) -> Outcome:
        zone = UTC if kind == "instant" else None
        moments = [
            each if kind == "date" else datetime.combine(each, time(), zone) for each in (*days, *more)
        ]
        log = table({"id": "text", "t": kind}, [(f"r{index}", each) for index, each in enumerate(moments)])
        world = held(World({"log": log}, {"log": {"key": ("id",), "time": E("t")}}))
        options = aggregate.Options("log", parse_measure("count"))
        return world.compute(metric("m", "aggregate", options, grains=(Grain.MONTH, Grain.ALL)), NOW)

    plain_one, with_it = outcome(), outcome(date(2206, 3, 5))
    assert with_it.watermark == plain_one.watermark
    assert with_it.watermark == at("2024-03-04T00:00" if kind == "date" else "2024-03-03T00:00")
    assert with_it.estimates == plain_one.estimates
    assert [(each.value, each.state.value) for each in with_it.estimates] == [
        (3.0, "final"), (3.0, "final"), (3.0, "provisional"), (9.0, "final")
    ]  # fmt: skip


ORDERS = {"id": "text", "who": "text", "t": "naive", "x": "integer", "kind": "text", "due": "naive"}
SPEND = {"id": "text", "day": "date", "cost": "decimal"}
NOW = at("2024-04-20T12:00")
LATEST, ALIKE = LatestPer("customer", None, Within.ALL), agreement.Statistic.SHARE


def shop(lag: str = "0 days") -> World:
    """Return orders complete to now, one of them dated to next year, and spend complete to 2 March."""
    rows = [(f"o{month}{day}", f"c{month}{day}", datetime(2024, month, day, 9), day, "a",
             datetime(2024, month, day + 9))
            for month in (1, 2, 3, 4) for day in (1, 5, 10, 15, 19)]  # fmt: skip
    rows += [("late", "c11", datetime(2025, 1, 1), 99, "a", datetime(2025, 1, 9))]
    spend = [(f"s{month}", date(2024, month, 1), Decimal(100)) for month in (1, 2, 3)]
    return World(
        {"orders": table(ORDERS, rows), "spend": table(SPEND, spend)},
        {
            "orders": {"key": ("id",), "time": E("t"), "entities": entities(customer="who"),
                       "types": {"due": ColumnType("timestamp", planned=True)}, "complete_through": until_now(lag)},
            "spend": {"key": ("id",), "time": E("day")},
        },
    )  # fmt: skip


def cost(*grains: Grain, **more: Any) -> Metric:
    sides = (
        Reference("spend", parse_measure("sum(cost)")),
        Reference("orders", parse_measure("count_new(customer)")),
    )
    return metric("cost", "ratio", ratio.Options(*sides, **more), grains=grains, min_sample=1)


def test_both_sides_of_a_ratio_end_on_one_day(held: Held) -> None:
    # Spend is complete to the end of 1 March: of March, one new customer stands against its 100.
    outcome = held(shop()).compute(cost(Grain.ALL, Grain.MONTH, Grain.QUARTER, entity="customer"), NOW)
    assert outcome.watermark == at("2024-03-02T00:00")
    found = {(grain, start): (each.numerator, each.denominator, each.sample_size, each.state.value)
             for (grain, start, _), each in by_cell(outcome).items()}  # fmt: skip
    assert found == {
        (Grain.ALL, None): (300.0, 11.0, 11, "final"),
        (Grain.MONTH, date(2024, 1, 1)): (100.0, 5.0, 5, "final"),
        (Grain.MONTH, date(2024, 2, 1)): (100.0, 5.0, 5, "final"),
        (Grain.MONTH, date(2024, 3, 1)): (100.0, 1.0, 1, "provisional"),
        (Grain.QUARTER, date(2024, 1, 1)): (300.0, 11.0, 11, "provisional"),
    }


@pytest.mark.parametrize(
    ("options", "kind", "expected"),
    [
        (aggregate.Options("orders", parse_measure("count")), "aggregate", (20.0, None)),
        (aggregate.Options("orders", parse_measure("max(x)")), "aggregate", (19.0, None)),
        (aggregate.Options("orders", parse_measure("count_new(customer)")), "aggregate", (20.0, None)),
        (proportion.Options("orders", E("x = 99")), "proportion", (0.0, 20)),
        (proportion.Options("orders", E("x = 99"), latest_per=LATEST), "proportion", (0.0, 20)),
        (proportion.Options("orders", parse_measures("count() > 1"), per="customer"), "proportion", (0.0, 20)),
        (net_share.Options("orders", E("x = 99"), E("x = 1")), "net_share", (-0.2, 20)),
        (agreement.Options("orders", E("x = 99"), E("x = 99"), ALIKE), "agreement", (1.0, 20)),
        (drift.Options("orders", E("kind"), (drift.Expected("a", 1.0),)), "drift", (0.0, 20)),
    ],
)  # fmt: skip
def test_all_ends_at_the_watermark(
    held: Held, options: Any, kind: str, expected: tuple[float, int | None]
) -> None:
    one = metric("m", kind, options, grains=(Grain.ALL,), min_sample=1)
    [found] = held(shop()).compute(one, NOW).estimates
    assert (found.value, found.sample_size, found.state.value) == (*expected, "final")


def test_an_open_period_ends_at_the_watermark(held: Held) -> None:
    # With a lag of a week, the orders of 15 and 19 April are there, and not yet known to be all.
    counted = metric(
        "counted", "aggregate", aggregate.Options("orders", parse_measure("count")), grains=(Grain.MONTH,)
    )
    surged = metric("surged", "surge", surge.Options("orders", baseline=2), grains=(Grain.MONTH,))
    promised = aggregate.Options("orders", parse_measure("count"), time=E("due"))
    due = metric("due", "aggregate", promised, grains=(Grain.MONTH, Grain.ALL))
    outcomes = held(shop("7 days")).outcomes(counted, surged, due, now=NOW)
    april = (Grain.MONTH, date(2024, 4, 1), ())
    assert by_cell(outcomes["counted"])[april].value == 3.0
    assert by_cell(outcomes["surged"])[april].numerator == 3.0
    # A promise counts from when it is due: in April those of 19 March and of 1 April.
    assert by_cell(outcomes["due"])[april].value == 1.0
    assert by_cell(outcomes["due"])[Grain.ALL, None, ()].value == 16.0


def test_a_lag_moves_what_is_spent_past_the_watermark(held: Held) -> None:
    # Spend of 1 March counts on 1 April, and that of two months later on a day that has not come.
    outcome = held(shop()).compute(cost(Grain.ALL, Grain.MONTH, lag=Span.parse("1 month")), NOW)
    assert outcome.watermark == at("2024-04-02T00:00")
    found = by_cell(outcome)[Grain.ALL, None, ()]
    assert (found.numerator, found.denominator) == (300.0, 16.0)
    outcome = held(shop()).compute(cost(Grain.ALL, lag=Span.parse("2 months")), NOW)
    found = by_cell(outcome)[Grain.ALL, None, ()]
    assert (outcome.watermark, found.numerator, found.denominator) == (NOW, 200.0, 20.0)


@pytest.mark.parametrize("dated", [True, False], ids=["date", "instant"])
def test_a_stock_has_nothing_that_begins_after_the_watermark(held: Held, dated: bool) -> None:
    begins = [datetime(2024, 1, 5), datetime(2024, 3, 1), datetime(2024, 3, 2), datetime(2024, 3, 2, 0, 1)]
    held_from = [each.date() if dated else each for each in begins]
    world = held(World(
        {"plans": table({"id": "text", "f": "date" if dated else "naive"}, list(zip("abcd", held_from, strict=True))),
         "log": table({"t": "naive"}, [(datetime(2024, 3, 2),)])},
        {"plans": {"key": ("id",), "valid": Validity(E("f")), "complete_through": CompleteThrough(dataset="log")},
         "log": {"time": E("t")}},
    ))  # fmt: skip
    one = metric("m", "aggregate", aggregate.Options("plans", parse_measure("count"), at=At.PERIOD_END),
                 grains=(Grain.ALL, Grain.MONTH))  # fmt: skip
    found = by_cell(world.compute(one, NOW))
    # At midnight an instant of midnight has come, and of the day that begins there nothing is known.
    wanted = 2.0 if dated else 3.0
    assert found[Grain.ALL, None, ()].value == wanted
    assert found[Grain.MONTH, date(2024, 3, 1), ()].value == wanted


def test_metrics_of_one_watermark_share_a_scan() -> None:
    count = parse_measure("count")
    ends = [metric(name, "aggregate", aggregate.Options("orders", count, where=E(where)), grains=(grain,))
            for name, where, grain in (("one", "x > 1", Grain.MONTH), ("two", "x > 2", Grain.ALL))]  # fmt: skip

    def scans(*metrics: Metric) -> int:
        world = shop()
        with world.folder() as root, Session(world.catalog(*metrics), root, NOW) as session:
            assert not [
                each.error for each in Planner(session).compute(map(request_for, metrics)) if each.error
            ]
            # Each dataset's extent is read once.
            return len(session.statements) - len({base for each in metrics for base in _datasets(each)})

    assert scans(*ends) == 1
    # The ratio's two sides, of which the orders end sooner than those of the others.
    assert scans(*ends, cost(Grain.MONTH)) == 3


def _datasets(one: Metric) -> set[str]:
    return {"orders", "spend"} if one.kind == "ratio" else {"orders"}
