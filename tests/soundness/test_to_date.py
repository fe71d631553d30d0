# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""What a period that is not over is set against is what those days say by themselves, known at the same age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference, Window
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.engine.to_date import ToDates, stretches
from metrics.expressions.parser import parse_measure
from metrics.grain import Calendar, Grain, Period, Span
from metrics.kinds._shared.customers import Activity
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.conversion import options as conversion
from metrics.kinds.derived import options as derived
from metrics.kinds.difference import options as difference
from metrics.kinds.duration import options as duration
from metrics.kinds.net_share import options as net_share
from metrics.kinds.proportion import options as proportion
from metrics.kinds.ratio import options as ratio
from metrics.kinds.retention import options as retention
from metrics.kinds.win_back import options as win_back
from metrics.observation import Offset, State, ToDate
from metrics.sql.periods import TICK
from tests.soundness import reference as plain
from tests.soundness.generators import CLOCK, ZONES, company, same
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, entities, metric, table, until_now

GRAINS = (Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR, Grain.FISCAL_QUARTER, Grain.FISCAL_YEAR)
# A leap day, the last of a month after a shorter one, midnight sharp, clock changes, the 366th day.
NOWS = ("2016-02-29T12:00", "2016-03-31T05:00", "2016-04-01T00:00", "2016-03-27T01:30", "2016-10-30T01:30",
        "2016-12-31T23:00", "2016-05-31T00:00", "2017-02-28T09:00")  # fmt: skip
FIRST = date(2014, 1, 1)

Found = dict[tuple[Period, Offset], ToDate]


def to_dates(world: World, *metrics: Metric, now: datetime) -> dict[str, Found]:
    """Compute metrics, and what is to date of each."""
    with world.folder() as root, Session(world.catalog(*metrics), root, now) as session:
        planner = Planner(session)
        outcomes = list(planner.compute([request_for(each) for each in metrics]))
        assert [each.error for each in outcomes] == [None] * len(outcomes)
        beside = ToDates(planner)
        return {each.metric: {one.key: one for one in beside.of(each)} for each in outcomes}


def shop(rows: Sequence[tuple[Any, ...]], calendar: plain.Calendar, kind: str) -> World:
    """Return events of people: their time, a number and a stage, complete until now."""
    stored = [
        (str(index), moment.date() if kind == "date" else moment, number, who, stage)
        for index, (moment, number, who, stage) in enumerate(rows)
    ]
    columns = {"id": "text", "t": kind, "x": "integer", "who": "text", "stage": "text"}
    dataset = {"key": ("id",), "time": E("t"), "timezone": calendar.zone, "entities": entities(lead="who"),
               "complete_through": until_now()}  # fmt: skip
    return World({"events": table(columns, stored)}, {"events": dataset}, **company(calendar))  # type: ignore[arg-type]


moments = st.builds(
    lambda day, clock: datetime(FIRST.year, FIRST.month, FIRST.day) + timedelta(days=day) + clock,
    st.integers(0, 1180),
    st.sampled_from(CLOCK),
)
events = st.tuples(
    moments, st.integers(-3, 9), st.sampled_from("abcde"), st.sampled_from(("in", "in", "out"))
)
logs = st.lists(events, min_size=20, max_size=60).map(
    lambda rows: [(datetime(2014, 1, 1, 12), 1, "z", "in"), *rows]
)
calendars = st.builds(
    plain.Calendar, st.sampled_from(ZONES), st.sampled_from((0, 6)), st.sampled_from((1, 2, 4, 11))
)


@drawn(logs, calendars, st.sampled_from(NOWS), st.sampled_from(("naive", "date")), examples=8)
def test_plain_rows_are_those_of_the_days(engine: Engine, rows: Any, calendar: plain.Calendar, at_: str, kind: str
                                          ) -> None:  # fmt: skip
    now = at(at_)
    read = shop(rows, calendar, kind)
    measure, count = parse_measure("sum(x)"), parse_measure("count")
    top = Reference("events", measure, E("stage = 'out'"))
    whole = replace(top, where=None, measure=count)
    metrics = (
        metric("total", "aggregate", aggregate.Options("events", measure), grains=GRAINS),
        metric("each", "ratio", ratio.Options(top, whole), grains=GRAINS),
        metric("share", "proportion", proportion.Options("events", E("x > 2")), grains=GRAINS, min_sample=1),
    )
    found = to_dates(engine.holding(read), *metrics, now=now)
    days = Calendar(calendar.zone, calendar.week_starts, calendar.fiscal)
    today = days.local_day(now)
    assert {base.grain for base, _ in found["total"]} == {
        grain for grain in GRAINS if days.period_of(today, grain).start != today
    }
    for name, figures in found.items():
        for (base, _), one in figures.items():
            assert base.start is not None
            assert one.period.start is not None
            assert one.period.end is not None
            assert base.end is not None
            elapsed = (min(today, base.end) - base.start).days
            assert one.days == min(elapsed, (one.period.end - one.period.start).days)
            until = one.period.start + timedelta(days=one.days)
            # As the tables hold them: a naive time is the company's own.
            kept = [
                row
                for row in rows
                if one.period.start
                <= (row[0].date() if kind == "date" else calendar.day(plain.instant(row[0], calendar.zone)))
                < until
            ]
            if one.period.start < FIRST:
                assert one.state is State.NO_DATA
                continue
            wanted = {
                "total": sum(row[1] for row in kept),
                "each": sum(row[1] for row in kept if row[3] == "out") / len(kept) if kept else None,
                "share": sum(row[1] > 2 for row in kept) / len(kept) if kept else None,
            }[name]
            if name == "each" and kept and not any(row[3] == "out" for row in kept):
                wanted = 0.0
            assert same(one.value, wanted), (name, one, wanted)


def followed() -> tuple[Metric, ...]:
    """Return a metric of each kind that is followed through time, or made of others, or a stock."""
    count = parse_measure("count")
    start, success = (Reference("events", where=E(f"stage = '{stage}'")) for stage in ("in", "out"))
    flow = aggregate.Options("events", count)
    more: dict[str, Any] = {"grains": (Grain.MONTH, Grain.QUARTER, Grain.FISCAL_YEAR), "min_sample": 1}
    window = Window(Span.parse("40 days"))
    return (
        metric("flow", "aggregate", flow, **more),
        metric("year", "aggregate", replace(flow, over=Over.parse("to_date")), **more),
        metric("trailing", "aggregate", replace(flow, over=Over.parse("trailing 2 months")), **more),
        metric("new", "aggregate", replace(flow, measure=parse_measure("count_new(lead)")), **more),
        metric("people", "aggregate", replace(flow, measure=parse_measure("count_distinct(lead)")), **more),
        metric("spread", "ratio", ratio.Options(Reference("events", parse_measure("sum(x)")),
                                                Reference("events", count), entity="lead"), **more),
        metric("latest", "proportion", proportion.Options(
            "events", E("x > 2"), latest_per=proportion.LatestPer("lead", within=proportion.Within.ALL)), **more),
        metric("net", "net_share", net_share.Options("events", E("x > 5"), E("x < 0")), **more),
        metric("won", "conversion", conversion.Options("lead", start, success, window), **more),
        metric("speed", "duration",
               duration.Options("lead", start, success, duration.Statistic.P50, Span.parse("40 days")), **more),
        metric("stays", "retention",
               retention.Options(retention.Share.LOGO, "lead", Activity("events"),
                                 retention.ActiveIf.parse("within 40 days")), **more),
        metric("back", "win_back",
               win_back.Options("lead", Activity("events"), lapse_after=Span.parse("20 days"), window=window), **more),
        metric("grown", "difference", difference.Options("flow", shift=Span.parse("1 year")), **more),
        metric("made", "derived", derived.Options(E("flow / people")), **more),
    )  # fmt: skip


@drawn(logs, calendars, st.sampled_from(NOWS), examples=2)
def test_a_figure_is_what_was_said_on_that_day(engine: Engine, rows: Any, calendar: plain.Calendar, at_: str
                                               ) -> None:  # fmt: skip
    world, now = engine.holding(shop(rows, calendar, "naive")), at(at_)
    metrics = followed()
    found = to_dates(world, *metrics, now=now)
    days = Calendar(calendar.zone, calendar.week_starts, calendar.fiscal)
    today, said = days.local_day(now), {}
    assert {offset for (_, offset), one in found["flow"].items() if one.value is not None} == {*Offset}
    for name, figures in found.items():
        for (base, offset), one in figures.items():
            if name == "grown" or one.state is State.NO_DATA:
                continue
            until = stretches(base, today, days)[offset].until
            if until not in said:
                said[until] = world.outcomes(*metrics, now=days.instant(until) - TICK)
            then = by_cell(said[until][name])[one.period.grain, one.period.start, ()]
            for part in ("value", "numerator", "denominator", "sample_size"):
                assert same(getattr(one, part), getattr(then, part)), (name, part, one, then)
    for (base, offset), one in found["grown"].items():
        if offset is Offset.NONE and one.value is not None:
            flow, earlier = found["flow"][base, offset], found["flow"][base, Offset.YEAR]
            assert flow.value is not None
            assert earlier.value is not None
            assert one.value == flow.value - earlier.value


def test_days_are_cut_to_the_length_of_the_other_period() -> None:
    calendar = Calendar()
    march = calendar.period_of(date(2026, 3, 1), Grain.MONTH)
    found = stretches(march, date(2026, 3, 31), calendar)
    assert [
        (str(offset), calendar.name(each.period), each.days, str(each.until))
        for offset, each in found.items()
    ] == [
        ("", "2026-03", 30, "2026-03-31"),
        ("-1", "2026-02", 28, "2026-03-01"),
        ("-1 year", "2025-03", 30, "2025-03-31"),
    ]
    # A leap year: 60 days to 29 February, against 60 days to 1 March.
    leap = stretches(calendar.period_of(date(2028, 1, 1), Grain.YEAR), date(2028, 3, 1), calendar)
    assert [(each.days, str(each.until)) for each in leap.values()] == [
        (60, "2028-03-01"), (60, "2027-03-02"), (60, "2027-03-02"),
    ]  # fmt: skip
    # What is over is as old as it is: 12 days after its end.
    over = stretches(calendar.period_of(date(2026, 7, 1), Grain.QUARTER), date(2026, 10, 13), calendar)
    assert [(each.days, str(each.until)) for each in over.values()] == [
        (92, "2026-10-13"), (91, "2026-07-13"), (92, "2025-10-13"),
    ]  # fmt: skip
    # No day of it is complete yet, or it has no beginning.
    assert stretches(march, date(2026, 3, 1), calendar) == {}
    assert stretches(Period(Grain.ALL, None, None), date(2026, 3, 1), calendar) == {}
