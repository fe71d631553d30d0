# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Periods, instants and spans lie where local calendars put them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.expressions.parser import parse_measure
from metrics.frame import Frame
from metrics.grain import Calendar, Grain, Span
from metrics.kinds.aggregate.options import Options
from tests.soundness import reference as plain
from tests.soundness.generators import GRAINS, KINDS, Log, calendars, company, logs, moments
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, metric, table, until_now

SPANS = st.sampled_from(
    ((1, "hour"), (24, "hour"), (36, "hour"), (1, "day"), (7, "day"), (90, "day"), (1, "week"), (1, "month"),
     (6, "month"), (1, "year"))
)  # fmt: skip
LATER = at("2018-01-01T00:00")


def core_calendar(calendar: plain.Calendar) -> Calendar:
    return Calendar(calendar.zone, calendar.week_starts, calendar.fiscal)


def evaluate(world: World, text: str) -> list[object]:
    with world.rows("log", LATER) as (rows, source):
        columns = {"k": rows.value(E("id").node).sql, "v": rows.value(E(text).node).sql}
        return list(source.fetch(rows.select(columns).order_by("k"))["v"])


def by_id(log: Log) -> list[plain.Row]:
    return sorted(log.read(), key=lambda row: row["id"])


def read(world: World) -> list[object]:
    return evaluate(world, "t")


@drawn(st.data())
def test_a_stored_time_is_the_instant_that_it_means(engine: Engine, data: st.DataObject) -> None:
    log = data.draw(logs(most=40, kinds=KINDS))
    world = World(
        {"log": log.table()}, {"log": {"time": E("t"), "timezone": log.timezone}}, zone="Europe/London"
    )
    assert read(engine.holding(world)) == [row["t"] for row in by_id(log)]


@drawn(st.data())
def test_spans_move_times_by_the_companys_calendar(engine: Engine, data: st.DataObject) -> None:
    calendar, span, sign = data.draw(calendars()), data.draw(SPANS), data.draw(st.sampled_from((1, -1)))
    log = data.draw(logs(most=30, kinds=("naive", "instant")))
    world = World(
        {"log": log.table()}, {"log": {"time": E("t"), "timezone": log.timezone}}, **company(calendar)
    )
    found = evaluate(engine.holding(world), f"t {'+' if sign > 0 else '-'} {span[0]} {span[1]}s")
    wanted = [row["t"] and plain.plus(row["t"], span, calendar.zone, sign) for row in by_id(log)]
    assert found == wanted


@drawn(st.data())
def test_rows_fall_into_the_period_of_their_local_day(engine: Engine, data: st.DataObject) -> None:
    calendar = data.draw(calendars())
    log = data.draw(logs(most=40))
    world = World(
        {"log": log.table()},
        {"log": {"time": E("t"), "timezone": log.timezone, "complete_through": until_now()}},
        **company(calendar),
    )
    one = metric("m", "aggregate", Options("log", parse_measure("count")), grains=tuple(Grain))
    outcome = engine.holding(world).compute(one, LATER)
    found = {(str(grain), start): each.value for (grain, start, _), each in by_cell(outcome).items()
             if each.value}  # fmt: skip
    wanted: dict[tuple[str, date | None], float] = {}
    for row in log.read():
        for grain in GRAINS if row["t"] is not None else ():
            cell = (grain, calendar.start(calendar.day(row["t"]), grain))
            wanted[cell] = wanted.get(cell, 0) + 1
    assert found == wanted


@given(st.data())
@settings(max_examples=100)
def test_the_cores_calendar_is_the_plain_one(data: st.DataObject) -> None:
    calendar, moment = data.draw(calendars()), data.draw(moments)
    grain, span = data.draw(st.sampled_from(GRAINS)), data.draw(SPANS)
    core, zone = core_calendar(calendar), ZoneInfo(calendar.zone)
    day = moment.date()
    period = core.period_of(day, Grain(grain))
    assert period.start == calendar.start(day, grain)
    if period.start is not None:
        assert period.end == calendar.end(period.start, grain)
        assert core.parse(core.name(period)) == period
        assert core.bounds(period) == (
            calendar.begins(period.start),
            calendar.begins(calendar.end(period.start, grain)),
        )
    instant = plain.instant(moment, calendar.zone)
    assert Span.parse(f"{span[0]} {span[1]}").after(instant, zone) == plain.plus(instant, span, calendar.zone)
    assert Span.parse(f"{span[0]} {span[1]}").after_day(day) == plain.plus(day, span, calendar.zone)


# Worked out by hand from the zones' published changes.
@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Europe/London", "2024-03-31T00:59", "2024-03-31T00:59"),
        ("Europe/London", "2024-03-31T01:30", "2024-03-31T01:30"),
        ("Europe/London", "2024-03-31T02:00", "2024-03-31T01:00"),
        ("Europe/London", "2024-10-27T00:59", "2024-10-26T23:59"),
        ("Europe/London", "2024-10-27T01:30", "2024-10-27T01:30"),
        ("Europe/London", "2024-10-27T02:00", "2024-10-27T02:00"),
        ("America/Sao_Paulo", "2018-02-17T22:59", "2018-02-18T00:59"),
        ("America/Sao_Paulo", "2018-02-17T23:30", "2018-02-18T02:30"),
        ("America/Sao_Paulo", "2018-02-18T00:00", "2018-02-18T03:00"),
        ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00"),
        ("America/Sao_Paulo", "2018-11-04T00:30", "2018-11-04T03:30"),
        ("America/Sao_Paulo", "2018-11-04T01:00", "2018-11-04T03:00"),
    ],
)
def test_clock_changes(zone: str, local: str, utc: str) -> None:
    naive = datetime.fromisoformat(local)
    world = World({"log": table({"id": "text", "t": "naive"}, [("1", naive)])},
                  {"log": {"time": E("t"), "timezone": zone}}, zone="UTC")  # fmt: skip
    assert read(world) == [at(utc)]
    assert plain.instant(naive, zone) == at(utc)


def test_a_day_of_a_clock_change_has_23_or_25_hours() -> None:
    calendar = Company("x", "Europe/London", Currency("GBP")).calendar
    hours = {}
    for day in (date(2024, 3, 30), date(2024, 3, 31), date(2024, 10, 27)):
        begin, end = calendar.bounds(calendar.period_of(day, Grain.DAY)) or (LATER, LATER)
        hours[str(day)] = (end - begin) / timedelta(hours=1)
    assert hours == {"2024-03-30": 24.0, "2024-03-31": 23.0, "2024-10-27": 25.0}


def test_a_date_is_never_shifted_by_a_zone() -> None:
    world = World({"log": table({"id": "text", "d": "date"}, [("1", date(2024, 3, 1))])},
                  {"log": {"time": E("d"), "timezone": "Asia/Tokyo", "complete_through": until_now()}},
                  zone="America/Los_Angeles")  # fmt: skip
    one = metric("m", "aggregate", Options("log", parse_measure("count")), grains=(Grain.DAY,))
    found = [each for each in world.compute(one, at("2024-03-05T00:00")).estimates if each.value]
    assert [each.period.start for each in found] == [date(2024, 3, 1)]


def test_a_row_of_the_future_closes_nothing() -> None:
    rows = [("1", datetime(2024, 1, 5)), ("2", datetime(2024, 2, 20)), ("3", datetime(2031, 1, 1))]
    world = World({"log": table({"id": "text", "t": "naive"}, rows)}, {"log": {"time": E("t")}})
    one = metric("m", "aggregate", Options("log", parse_measure("count")), grains=(Grain.MONTH,))
    now = datetime(2024, 3, 10, 7, tzinfo=UTC)
    outcome = world.compute(one, now)
    assert outcome.watermark == datetime(2024, 2, 20, tzinfo=UTC)
    assert [(str(each.period.start), each.value, each.state.value) for each in outcome.estimates] == [
        ("2024-01-01", 1.0, "final"), ("2024-02-01", 1.0, "provisional"),
    ]  # fmt: skip


MIDNIGHTS = [datetime(1970, 1, 1) + timedelta(days=number) for number in range(68 * 366)]
BOTH = [(each, each.replace(fold=1)) for each in MIDNIGHTS]
NO_DAY = {("Pacific/Apia", "2011-12-30"), ("Pacific/Fakaofo", "2011-12-30"), ("Pacific/Kiritimati", "1994-12-31"),
          ("Pacific/Enderbury", "1994-12-31"), ("Pacific/Kwajalein", "1993-08-21")}  # fmt: skip


def changes() -> dict[tuple[object, ...], tuple[str, date]]:
    """Return a zone and the day after each change of a clock, 1970 to 2037; of equal midnights around it one."""
    found: dict[tuple[object, ...], tuple[str, date]] = {}
    for zone in sorted(available_timezones(), key=lambda name: (not name.startswith("Pacific/"), name)):
        offset = ZoneInfo(zone).utcoffset
        # Recife's summer time of the year 2000 lasted a week.
        seen = [offset(moment) for moment in MIDNIGHTS[::3]]
        for index, (one, other) in enumerate(pairwise(seen)):
            if one != other:
                first = next(at_ for at_ in range(index * 3, index * 3 + 4) if offset(MIDNIGHTS[at_]) != one)
                around = BOTH[max(0, first - 8) : first + 9]
                key = (first, *(offset(moment) for both in around for moment in both))
                found.setdefault(key, (zone, MIDNIGHTS[first].date()))
    return found


def test_the_days_and_weeks_of_every_zone_follow_each_other_and_pass() -> None:
    """Around each change of each clock: days of 23 and 25 hours, days that begin late, days that are not there."""
    none: set[tuple[str, str]] = set()
    for zone, day in changes().values():
        calendar = Calendar(zone)
        catalog = Catalog(Company("x", zone, Currency("GBP")))
        for grain in (Grain.DAY, Grain.WEEK):
            last: tuple[date, datetime] | None = None
            for period in calendar.periods(grain, day - timedelta(days=2), day + timedelta(days=1)):
                assert period.start is not None
                assert period.end is not None
                begin, end = calendar.bounds(period) or (LATER, LATER)
                assert last is None or last == (period.start, begin), (zone, period)
                last = period.end, end
                assert begin <= end, (zone, period)
                if begin == end:
                    none.add((zone, str(period.start)))
                else:
                    assert calendar.local_day(begin) == period.start, (zone, period)
                passing = (begin - plain.TICK, begin + (end - begin) / 2, end)
                shares = [Frame(catalog, (grain,), ((),), at_).elapsed_share(period) for at_ in passing]
                assert shares == [0.0, 0.5 if begin < end else 1.0, 1.0], (zone, period)
    assert none == NO_DAY


def test_a_day_that_is_not_there_is_over_and_counts_nothing() -> None:
    rows = [("1", datetime(2011, 12, 29, 12)), ("2", datetime(2011, 12, 31, 12))]
    world = World({"log": table({"id": "text", "t": "naive"}, rows)},
                  {"log": {"time": E("t"), "timezone": "Pacific/Apia", "complete_through": until_now()}},
                  zone="Pacific/Apia")  # fmt: skip
    one = metric("m", "aggregate", Options("log", parse_measure("count")), grains=(Grain.DAY, Grain.WEEK))
    found = world.compute(one, at("2012-01-01T12:00")).estimates
    assert [(str(each.period.start), each.value, each.state.value, each.maturity) for each in found] == [
        ("2011-12-29", 1.0, "final", 1.0), ("2011-12-30", 0.0, "final", 1.0), ("2011-12-31", 1.0, "final", 1.0),
        ("2012-01-01", 0.0, "final", 1.0), ("2012-01-02", 0.0, "provisional", pytest.approx(2 / 24)),
        # Rows begin in the middle of the week, so that it is covered in part and stays open.
        ("2011-12-26", 2.0, "provisional", 1.0), ("2012-01-02", 0.0, "provisional", pytest.approx(2 / 168)),
    ]  # fmt: skip
