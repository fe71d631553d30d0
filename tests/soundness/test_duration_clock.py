# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""A duration on a business clock says what intervals, and what minutes, add up to; on both engines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalog.company import BusinessCalendar
from metrics.catalog.options import Reference
from metrics.grain import Grain, Span
from metrics.kinds.duration.business_clock import Pause, Stopwatch
from metrics.kinds.duration.options import Basis, Options, Statistic
from tests.soundness import reference as plain
from tests.soundness import reference_duration as slow
from tests.soundness.generators import (
    AFTER,
    DAYS,
    ZONES,
    Log,
    agree,
    calendars,
    company,
    first_day,
    grains,
    logs,
    nows,
)
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

HOURS: tuple[dict[str, str | tuple[str, ...]], ...] = (
    {"mon-fri": "09:00-17:30"},
    {"mon-thu": "09:00-17:30", "fri": "09:00-16:00", "sat": ("10:00-12:00", "12:30-14:00")},
    {"mon-sun": "00:00-24:00"},
    {"mon-sun": ("00:30-01:30", "02:15-03:00", "22:00-24:00")},
    {"mon-fri": "08:00-18:00", "sun": ("00:00-02:00", "23:30-24:00")},
)
KINDS = ("naive", "instant")
WINDOWS: tuple[plain.Span, ...] = (
    (36, "hour"),
    (7, "day"),
    (14, "day"),
    (15, "day"),
    (1, "month"),
    (1, "year"),
)
STANDARDS: tuple[plain.Span | str, ...] = ((1, "hour"), (4, "hour"), (24, "hour"), (200, "hour"), "hours")
UNITS = {None: 3600, "seconds": 1, "minutes": 60}
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def week(hours: dict[str, str | tuple[str, ...]]) -> slow.Week:
    """Read hours as minutes of each weekday, in another way than the product does."""
    found: list[tuple[tuple[int, int], ...]] = [() for _ in NAMES]
    for days, written in hours.items():
        first, _, last = days.partition("-")
        for index in range(NAMES.index(first), NAMES.index(last or first) + 1):
            texts = (written,) if isinstance(written, str) else written
            found[index] = tuple((_minutes(each[:5]), _minutes(each[6:])) for each in texts)
    return tuple(found)


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


@dataclass(frozen=True)
class Clocked:
    """A drawn clock: its calendar, if it has one, and the rows of its pauses, if it has some."""

    calendar: BusinessCalendar | None
    pauses: Log | None
    untils: tuple[timedelta | None, ...] = ()

    def rows(self) -> list[plain.Row]:
        """Return the pauses as written: until is so long after t, or null."""
        if self.pauses is None:
            return []
        pairs = zip(self.pauses.rows, self.untils, strict=True)
        return [{**row, "until": None if row["t"] is None or later is None else row["t"] + later}
                for row, later in pairs]  # fmt: skip

    def watch(self, zone: str) -> slow.Watch:
        """Return the clock as the reference has it."""
        meant = []
        if self.pauses is not None:
            for read, row in zip(self.pauses.read(), self.rows(), strict=True):
                until = None if row["until"] is None else plain.instant(row["until"], self.pauses.timezone)
                meant.append({**read, "until": until})
        if self.calendar is None:
            return slow.Watch(pauses=tuple(meant))
        return slow.Watch(self.calendar.timezone or zone, week(dict(self.calendar.hours)),
                          frozenset(self.calendar.closed), tuple(meant))  # fmt: skip

    def stopwatch(self) -> Stopwatch:
        """Return the clock as a definition has it."""
        pause = Pause("pauses", E("t"), E("until"), E("x is null or x <> 3")) if self.pauses else None
        return Stopwatch("own" if self.calendar else None, pause)

    def table(self) -> Any:
        """Return the pauses as a typed table."""
        assert self.pauses is not None
        types = {
            "id": "text",
            "who": "text",
            "t": self.pauses.kind,
            "until": self.pauses.kind,
            "x": "integer",
        }
        lines = [[self._stored(name, row[name]) for name in types] for row in self.rows()]
        return table(types, lines)

    def _stored(self, name: str, value: Any) -> Any:
        assert self.pauses is not None
        if name in ("t", "until") and value is not None and self.pauses.kind == "instant":
            return plain.instant(value, self.pauses.timezone)
        return value


@st.composite
def clocks(draw: st.DrawFn, people: int) -> Clocked:
    which = draw(st.sampled_from(("calendar", "pause", "both", "both")))
    calendar = None
    if which != "pause":
        closed = tuple(sorted(draw(st.sets(st.sampled_from(DAYS), max_size=4))))
        zone = draw(st.none() | st.sampled_from(ZONES))
        calendar = BusinessCalendar(draw(st.sampled_from(HOURS)), timezone=zone, closed=closed)
    if which == "calendar":
        return Clocked(calendar, None)
    pauses = draw(logs(most=25, people=people, kinds=KINDS))
    untils = draw(
        st.lists(st.none() | st.sampled_from(AFTER), min_size=len(pauses.rows), max_size=len(pauses.rows))
    )
    return Clocked(calendar, pauses, tuple(untils))


def dataset(log: Log, **more: Any) -> dict[str, Any]:
    return {
        "key": ("id",), "time": E("t"), "timezone": log.timezone, "entities": entities(case="who"),
        "dimensions": dimensions(ch="ch"), "complete_through": until_now(), **more,
    }  # fmt: skip


def world_of(calendar: plain.Calendar, starts: Log, ends: Log, clock: Clocked) -> World:
    tables = {"starts": starts.table(), "ends": ends.table()}
    datasets = {"starts": dataset(starts), "ends": dataset(ends)}
    if clock.pauses is not None:
        tables["pauses"] = clock.table()
        datasets["pauses"] = {key: each for key, each in dataset(clock.pauses).items() if key != "dimensions"}
    own = {"own": clock.calendar} if clock.calendar else {}
    return World(tables, datasets, calendars=own, **company(calendar))


@st.composite
def asks(draw: st.DrawFn, watch: slow.Watch) -> tuple[slow.Duration, str | None]:
    statistic = draw(st.sampled_from(("p50", "p90", "mean", "share_within")))
    shared = statistic == "share_within"
    unit = None if shared else draw(st.sampled_from(tuple(UNITS)))
    within = draw(st.sampled_from(STANDARDS)) if shared else None
    basis = draw(st.sampled_from(("from", "from", "to")))
    return slow.Duration(draw(st.sampled_from(WINDOWS)), statistic, basis, within, UNITS[unit], watch), unit


def compared(world: World, data: st.DataObject, calendar: plain.Calendar, starts: Log, ends: Log,
             clock: Clocked) -> None:  # fmt: skip
    """Assert that a drawn question is answered as the reference answers it."""
    watch = clock.watch(calendar.zone)
    kept = tuple(row for row in watch.pauses if row["x"] != 3)
    (ask, unit), now, wanted = (
        data.draw(asks(replace(watch, pauses=kept))),
        data.draw(nows()),
        data.draw(grains()),
    )
    least = data.draw(st.sampled_from((1, 2, 10)))
    within = "x * 12" if ask.within == "hours" else f"{ask.within[0]} {ask.within[1]}" if ask.within else None
    options = Options(
        "case", Reference("starts"), Reference("ends"), Statistic(ask.statistic),
        Span.parse(f"{ask.window[0]} {ask.window[1]}") if ask.basis == "from" else None, Basis(ask.basis),
        E(within) if within else None, clock.stopwatch(),
    )  # fmt: skip
    one = metric("m", "duration", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=least,
                 unit=unit)  # fmt: skip
    first = first_day(calendar, starts.read())
    if ask.basis == "to":
        days = (first, first_day(calendar, ends.read()))
        first = None if None in days else max(day for day in days if day is not None)
    frame = plain.Frame(calendar, wanted, ((), ("ch",)), now, first, 0, least,
                        plain.late(calendar, now, starts.read(), ends.read(), watch.pauses))  # fmt: skip
    expected = slow.duration(frame, ask, hours_of(starts), hours_of(ends), days=False)
    agree(world.compute(one, now), expected, parts=True, intervals=True, maturity=True, frame=frame)


def hours_of(log: Log) -> list[plain.Row]:
    return [{**row, "hours": None if row["x"] is None else row["x"] * 12} for row in log.read()]


@drawn(st.data(), examples=50)
def test_intervals(engine: Engine, data: st.DataObject) -> None:
    calendar = data.draw(calendars())
    starts, ends = (data.draw(logs(most=30, people=8, kinds=KINDS)) for _ in range(2))
    clock = data.draw(clocks(people=8))
    world = engine.holding(world_of(calendar, starts, ends, clock))
    compared(world, data, calendar, starts, ends, clock)


# -- minute by minute, in the weeks of a clock change ---------------------------------------------------

LONDON = ZoneInfo("Europe/London")
WEEKS = (datetime(2016, 3, 25), datetime(2016, 10, 28))
"""Fridays before London's clocks change."""
AWAKE = week({"mon-fri": "09:00-17:30", "sat": ("08:00-12:00", "13:00-15:00"), "sun": "04:00-23:00"})


def by_minutes(start: datetime, end: datetime, pauses: list[tuple[datetime, datetime]]) -> int:
    """Count the minutes of a stretch whose local time is within the hours and in no pause."""
    count, now = 0, start
    while now < end:
        local = now.astimezone(LONDON)
        minute = local.hour * 60 + local.minute
        opened = any(opens <= minute < closes for opens, closes in AWAKE[local.weekday()])
        count += opened and local.date() != date(2016, 3, 28) and not any(a <= now < b for a, b in pauses)
        now += timedelta(minutes=1)
    return count


minutes = st.integers(0, 6 * 24 * 60).map(lambda count: timedelta(minutes=count))


# When a case is opened, how long it takes, and its pauses.
cases = st.tuples(minutes, minutes, st.lists(st.tuples(minutes, minutes), max_size=3))


@given(st.sampled_from(WEEKS), st.lists(cases, min_size=5, max_size=5))
@settings(max_examples=5)
def test_minutes_of_the_weeks_in_which_clocks_change(
    friday: datetime, timed: list[tuple[timedelta, timedelta, list[tuple[timedelta, timedelta]]]]
) -> None:
    begin = friday.replace(tzinfo=UTC)
    lines = [
        (str(name), begin + opened, begin + opened + took) for name, (opened, took, _) in enumerate(timed)
    ]
    pauses = [
        (str(name), begin + since, begin + since + length)
        for name, (_, _, held) in enumerate(timed)
        for since, length in held
    ]
    hours = {"mon-fri": "09:00-17:30", "sat": ("08:00-12:00", "13:00-15:00"), "sun": "04:00-23:00"}
    own = BusinessCalendar(hours, timezone="Europe/London", closed=(date(2016, 3, 28),))
    world = tickets(lines, pauses, own)
    clock = Stopwatch("own", Pause("pauses", E("t"), E("until")))
    found = cells(world, "p50", clock, unit="minutes", dimensions=("ticket",))
    for name, start, end in lines:
        own_pauses = [(since, until) for of, since, until in pauses if of == name]
        counted = by_minutes(start, end, own_pauses)
        assert found[Grain.ALL, None, (("ticket", name),)].value == counted, (start, end, own_pauses)


# -- by hand ------------------------------------------------------------------------------------------

UK = BusinessCalendar({"mon-fri": "09:00-17:30"}, timezone="Europe/London")
CLOCK, PAUSED = Stopwatch("own"), Stopwatch("own", Pause("pauses", E("t"), E("until")))
Line = tuple[str, datetime, datetime | None]


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def tickets(cases: list[Line], pauses: list[Line], calendar: BusinessCalendar | None = UK) -> World:
    """Return tickets opened and answered, and when each was put on hold."""
    types = {"id": "text", "t": "instant", "until": "instant"}
    each = {"key": ("id",), "time": E("t"), "entities": entities(case="id"), "complete_through": until_now(),
            "dimensions": dimensions(ticket="id")}  # fmt: skip
    tables = {"tickets": table(types, cases), "pauses": table(types, pauses)}
    own = {"own": calendar} if calendar else {}
    return World(tables, {"tickets": each, "pauses": each}, zone="Europe/London", calendars=own)


def asked(world: World, statistic: str, clock: Stopwatch, **more: Any) -> Any:
    return cells(world, statistic, clock, **more)[Grain.ALL, None, ()]


def cells(world: World, statistic: str, clock: Stopwatch, now: str = "2024-06-01T00:00", window: str = "30 days",
          within: str | None = None, **more: Any) -> Any:  # fmt: skip
    sides = Reference("tickets"), Reference("tickets", time=E("until"))
    options = Options("case", *sides, Statistic(statistic), Span.parse(window), Basis.FROM,
                      E(within) if within else None, clock)  # fmt: skip
    one = metric("m", "duration", options, **{"min_sample": 1, "grains": (Grain.ALL,), **more})
    return by_cell(world.compute(one, at(now)))


@pytest.mark.parametrize(
    ("opened", "answered", "hours"),
    [
        ("2024-01-05T16:30", "2024-01-08T10:00", 2.0),
        ("2024-01-05T17:30", "2024-01-08T09:00", 0.0),
        ("2024-01-06T12:00", "2024-01-07T12:00", 0.0),
        ("2024-01-05T08:00", "2024-01-05T20:00", 8.5),
        ("2024-01-05T10:15", "2024-01-05T10:45", 0.5),
        # Two days whose clocks change lie between, outside the hours: a week is 42.5 hours all the same.
        ("2024-03-29T09:00", "2024-04-05T09:00", 42.5),
        ("2024-10-25T09:00", "2024-11-01T09:00", 42.5),
    ],
)
def test_only_open_hours_count(opened: str, answered: str, hours: float) -> None:
    world = tickets([("a", london(opened), london(answered))], [])
    assert asked(world, "p50", CLOCK, now="2024-12-31T00:00").value == pytest.approx(hours, abs=1e-12)


@pytest.mark.parametrize(("day", "hours"), [("2024-03-31", 23), ("2024-10-27", 25), ("2024-06-02", 24)])
def test_a_whole_day_has_the_hours_that_it_has(day: str, hours: int) -> None:
    always = BusinessCalendar({"mon-sun": "00:00-24:00"}, timezone="Europe/London")
    start = london(f"{day}T00:00")
    end = london(f"{date.fromisoformat(day) + timedelta(days=1)}T00:00")
    assert (
        asked(tickets([("a", start, end)], [], always), "p50", CLOCK, now="2024-12-31T00:00").value == hours
    )


def test_a_holiday_is_closed() -> None:
    closed = replace(UK, closed=(date(2024, 1, 8),))
    world = tickets([("a", london("2024-01-05T16:30"), london("2024-01-09T10:00"))], [], closed)
    assert asked(world, "p50", CLOCK).value == 2.0


OPENED, ANSWERED = london("2024-01-05T09:00"), london("2024-01-08T11:00")


@pytest.mark.parametrize(
    ("pauses", "hours"),
    [
        ([], 10.5),
        ([("2024-01-05T10:00", "2024-01-05T12:00")], 8.5),
        # Overlapping pauses count once, and the weekend in one is not open anyway.
        ([("2024-01-05T10:00", "2024-01-05T12:00"), ("2024-01-05T11:00", "2024-01-05T13:00")], 7.5),
        ([("2024-01-05T16:30", "2024-01-08T10:00")], 8.5),
        ([("2024-01-05T10:00", "2024-01-05T12:00"), ("2024-01-05T10:30", "2024-01-05T11:00"),
          ("2024-01-05T12:00", "2024-01-05T13:00")], 7.5),
        # Before the case, after it, across its ends, and one that has not ended.
        ([("2024-01-01T10:00", "2024-01-02T12:00"), ("2024-01-08T11:00", "2024-01-09T12:00")], 10.5),
        ([("2024-01-01T10:00", "2024-01-05T10:00"), ("2024-01-08T10:00", "2024-01-09T12:00")], 8.5),
        ([("2024-01-08T09:30", None)], 9.0),
        ([("2024-01-05T12:00", "2024-01-05T10:00")], 10.5),
    ],
)  # fmt: skip
def test_pauses_are_taken_out(pauses: list[tuple[str, str | None]], hours: float) -> None:
    held: list[Line] = [("a", london(since), london(until) if until else None) for since, until in pauses]
    world = tickets([("a", OPENED, ANSWERED)], [*held, ("b", OPENED, None)])
    assert asked(world, "p50", PAUSED).value == hours


def test_pauses_alone_stop_a_clock_that_always_runs() -> None:
    world = tickets(
        [("a", OPENED, OPENED + timedelta(hours=30))], [("a", OPENED, OPENED + timedelta(hours=6))], None
    )
    assert asked(world, "mean", Stopwatch(None, Pause("pauses", E("t"), E("until")))).value == 24.0


@pytest.mark.parametrize(("within", "kept"), [("2h", 1), ("119 minutes", 0), ("120 minutes", 1)])
def test_the_standard_is_read_on_the_clock(within: str, kept: int) -> None:
    world = tickets([("a", london("2024-01-05T16:30"), london("2024-01-08T10:00"))], [])
    assert asked(world, "share_within", CLOCK, within=within).numerator == kept


def test_the_window_stays_a_span_of_the_calendar() -> None:
    friday, monday = london("2024-01-05T16:30"), london("2024-01-08T16:30")
    world = tickets([("a", friday, monday), ("b", friday, monday - timedelta(microseconds=1))], [])
    found = asked(world, "mean", CLOCK, window="3 days")
    # An answer at the window's end is outside: it counts as long as the open time of the window, 8.5 hours.
    assert (found.numerator, found.denominator, found.value) == (1, 2, pytest.approx(8.5))


def test_who_still_waits_has_waited_open_time_alone() -> None:
    # Two answered after 1 and 3 open hours; one has waited an hour (since Friday), one two and is on hold.
    monday = london("2024-01-08T09:00")
    cases: list[Line] = [("a", monday, monday + timedelta(hours=1)), ("b", monday, monday + timedelta(hours=3)),
                         ("c", london("2024-01-05T16:30"), None), ("d", monday, None),
                         ("e", london("2023-12-01T09:00"), london("2023-12-01T11:30"))]  # fmt: skip
    held: list[Line] = [("c", london("2024-01-05T17:30"), None), ("d", monday + timedelta(hours=2), None)]
    found = asked(tickets(cases, held), "p50", PAUSED, now="2024-01-08T13:00", window="14 days")
    # Ages 1 (event), 1 (c, held all Monday), 2 (d), 2.5 (event), 3 (event): S 4/5, then 2/5 at 2.5.
    assert (found.value, found.numerator, found.denominator, found.state.value) == (2.5, 3, 5, "provisional")


def test_completed_cases_may_have_begun_long_before_the_first_period() -> None:
    cases: list[Line] = [("a", london("2019-01-01T09:00"), london("2024-01-08T10:00")),
                         ("b", datetime(1, 1, 1, tzinfo=UTC), london("2024-01-08T10:00"))]  # fmt: skip
    world = tickets(cases, [])
    options = Options("case", Reference("tickets"), Reference("tickets", time=E("until")), Statistic.MEAN, None,
                      Basis.TO, None, CLOCK)  # fmt: skip
    one = metric("m", "duration", options, grains=(Grain.MONTH,), min_sample=1)
    found = by_cell(world.compute(one, at("2024-03-01T00:00")))[Grain.MONTH, date(2024, 1, 1), ()]
    # A year that no system means is read as 1900: its clock starts there.
    weekdays = [sum((first + timedelta(days=n)).weekday() < 5 for n in range((date(2024, 1, 8) - first).days))
                for first in (date(2019, 1, 1), date(1900, 1, 1))]  # fmt: skip
    assert found.value == pytest.approx(float(Fraction(sum(weekdays) * 17 + 4, 4)))


@pytest.mark.parametrize(
    ("now", "state"),
    [
        # Three have been followed for 25 minutes, the last for 10.
        ("2024-06-28T16:25", "provisional"),
        # An hour after the month all have by the calendar; no open hour has passed since.
        ("2024-07-01T00:00", "provisional"),
        ("2024-07-30T22:59", "provisional"),
        ("2024-07-30T23:00", "final"),
    ],
)
def test_what_a_clock_counts_is_waited_for_to_the_windows_end(now: str, state: str) -> None:
    friday = london("2024-06-28T17:00")
    cases: list[Line] = [(f"t{number}", friday, friday + timedelta(minutes=20)) for number in range(3)]
    cases += [("late", friday + timedelta(minutes=15), None)]
    options = Options("case", Reference("tickets"), Reference("tickets", time=E("until")), Statistic.P50,
                      Span.parse("30 days"), Basis.FROM, None, CLOCK)  # fmt: skip
    one = metric("m", "duration", options, grains=(Grain.MONTH,), min_sample=3, unit="minutes")
    found = by_cell(tickets(cases, []).compute(one, at(now)))[Grain.MONTH, date(2024, 6, 1), ()]
    assert (found.state.value, found.value) == (state, 20.0)


@pytest.mark.parametrize(("now", "value"), [("2024-01-08T09:59", None), ("2024-01-08T10:00", 2.0)])
@pytest.mark.parametrize("held", [False, True], ids=["runs", "on hold"])
def test_who_is_followed_is_so_by_the_clock(now: str, value: float | None, held: bool) -> None:
    """Two open hours after 16:30 on a Friday it is 10:00 on a Monday, but for a ticket on hold."""
    opened = london("2024-01-05T16:30")
    cases: list[Line] = [("a", opened, london("2024-01-08T10:00")), ("b", opened, None)]
    world = tickets(cases, [("b", opened, None)] if held else [])
    found = asked(world, "p50", PAUSED, now=now, min_sample=2)
    assert found.value == (None if held else value)
