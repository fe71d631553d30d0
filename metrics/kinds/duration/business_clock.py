"""A clock that stands still: time counts while a business calendar is open and no pause runs.

A moment's reading is the microseconds that the calendar was open before it, so that a stretch's length is
the difference of two readings, and a pause takes out what lies between its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.business_hours import DAYS, WHOLE_DAY, Stretch, week_of
from metrics.catalog.catalog import Catalog
from metrics.catalog.company import BusinessCalendar
from metrics.catalog.options import Reference
from metrics.dialect import INSTANT, NAIVE, Dialect, Type, Value
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Expression
from metrics.grain import Span, Unit
from metrics.kinds._shared.time_axis import Clock
from metrics.sql.rows import Rows
from metrics.sql.scope import Scope

TICKS = 1_000_000
"""Durations are whole microseconds: exact sums and exact percentiles on every engine."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""A moment before it is a default that somebody's system wrote: the clock starts here."""


@dataclass(frozen=True)
class Pause:
    """Rows of a dataset that each stop the clock from a start to an exclusive end, open where it is null."""

    dataset: str = field(metadata={"refers": "dataset"})
    start: Expression
    end: Expression
    where: Expression | None = None

    @property
    def time(self) -> Expression:
        """Return the expression of the rows' event time."""
        return self.start

    @property
    def reference(self) -> Reference:
        """Return the rows as a reference."""
        return Reference(self.dataset, where=self.where, time=self.start)


@dataclass(frozen=True)
class Stopwatch:
    """Which time counts: a business calendar's open hours, or all of it, less pauses."""

    calendar: str | None = field(default=None, metadata={"refers": "calendar"})
    pause: Pause | None = None

    def meaning(self, catalog: Catalog) -> str:
        """Return what the clock counts, in words."""
        found = catalog.company.calendars.get(self.calendar) if self.calendar is not None else None
        counts = "all time counts" if found is None else f"open time alone counts: {_opening(catalog, found)}"
        if self.pause is None:
            return counts
        return (
            f"{counts}; less the time in {self.pause.dataset}, overlapping pauses once, an open one until now"
        )


def _opening(catalog: Catalog, calendar: BusinessCalendar) -> str:
    hours = ", ".join(
        f"{days} {written if isinstance(written, str) else ' and '.join(written)}"
        for days, written in calendar.hours.items()
    )
    zone = calendar.timezone or catalog.company.timezone
    return f"{hours} in {zone}, without {len(calendar.closed)} holidays"


class Timer:
    """Reads the clock of one duration at the moments of its cases."""

    def __init__(self, stopwatch: Stopwatch, scope: Scope, entity: str, watermark: datetime | None) -> None:
        company, self.entity = scope.catalog.company, entity
        self.dialect: Dialect = scope.source.dialect
        self.calendar = company.calendars[stopwatch.calendar] if stopwatch.calendar is not None else None
        self.zone = (self.calendar.timezone if self.calendar else None) or company.timezone
        self.edge = sa.literal(watermark or scope.as_of or scope.now, INSTANT)
        self.pause = stopwatch.pause
        self.rows = self._pause_rows(scope) if self.pause else None

    def _pause_rows(self, scope: Scope) -> Rows:
        assert self.pause is not None
        return Rows(scope, scope.catalog.datasets[self.pause.dataset], event=self.pause.start.node)

    def times(self) -> list[Value]:
        """Return the times of the pauses: when each starts, and when it ends."""
        if self.pause is None or self.rows is None:
            return []
        return [self.rows.time(each.node) for each in (self.pause.start, self.pause.end)]

    def refuse_days(self, sides: Iterable[tuple[str, Value]]) -> None:
        """Raise ExpressionError where a moment is a DATE: no clock can be read at one."""
        named = [*sides, *zip(("pause.start", "pause.end"), self.times(), strict=False)]
        for side, value in named:
            if value.type is Type.DATE:
                raise ExpressionError(f"clock needs times of day, but {side} is a DATE", 0)

    def timed(self, cases: sa.CTE, ends: Sequence[str], clock: Clock) -> sa.Subquery:
        """Return cases (entity, t and the moments `ends`) with the ticks from t to each end, as `to_<end>`.

        A tick is a microsecond; an end that is null has none.
        """
        days = self._days(cases, ends)
        read = self._read(cases, ("t", *ends), days)
        if self.rows is None:
            spans = {end: read.c[f"at_{end}"] - read.c.at_t for end in ends}
            labelled = [ticks.label(f"to_{end}") for end, ticks in spans.items()]
            return sa.select(*(read.c[column.name] for column in cases.c), *labelled).subquery("m")
        stopped = self._stopped(read, ends, self._pauses(cases, ends, clock), days)
        spans = {
            end: read.c[f"at_{end}"] - read.c.at_t - sa.func.coalesce(stopped.c[f"to_{end}"], 0)
            for end in ends
        }
        labelled = [sa.cast(ticks, sa.BigInteger()).label(f"to_{end}") for end, ticks in spans.items()]
        joined = sa.outerjoin(read, stopped, read.c.entity == stopped.c.entity)
        return (
            sa.select(*(read.c[column.name] for column in cases.c), *labelled)
            .select_from(joined)
            .subquery("m")
        )

    # -- readings ---------------------------------------------------------------------------------

    def _read(self, rows: Any, moments: Sequence[str], days: sa.CTE | None) -> sa.CTE:
        """Return rows with the clock's reading at some of their moments, as `at_<moment>`."""
        name = f"__read_{rows.name.strip('_')}"
        micros = [self._micros(self._since(rows.c[moment])).label(f"m_{moment}") for moment in moments]
        if days is None:
            readings = [each.label(f"at_{moment}") for each, moment in zip(micros, moments, strict=True)]
            return sa.select(*rows.c, *readings).cte(name)
        on = [self._day(self._since(rows.c[moment])).label(f"on_{moment}") for moment in moments]
        marked = sa.select(*rows.c, *micros, *on).subquery(f"{rows.name.strip('_')}_at")
        source: sa.FromClause = marked
        readings = []
        for moment in moments:
            day, at = days.alias(f"{rows.name.strip('_')}_{moment}"), marked.c[f"m_{moment}"]
            # A moment that has not come has no day, and so no reading.
            source = sa.outerjoin(source, day, day.c.day == marked.c[f"on_{moment}"])
            opened = (
                sa.func.least(
                    sa.func.greatest(at - day.c[f"s{index}"], 0), day.c[f"e{index}"] - day.c[f"s{index}"]
                )
                for index in range(_stretches(self.calendar))
            )
            readings.append(sum(opened, start=day.c.before).label(f"at_{moment}"))
        own = [marked.c[column.name] for column in rows.c]
        return sa.select(*own, *readings).select_from(source).cte(name)

    def _since(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        earliest = sa.literal(EARLIEST, INSTANT)
        return sa.case((moment < earliest, earliest), else_=moment)

    def _day(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        return sa.cast(self.dialect.local(moment, self.zone), sa.Date())

    def _micros(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        scaled = self.dialect.epoch(moment) * sa.literal(float(TICKS), sa.Double())
        return sa.cast(sa.func.round(scaled), sa.BigInteger())

    # -- the calendar -----------------------------------------------------------------------------

    def _days(self, cases: sa.CTE, ends: Sequence[str]) -> sa.CTE | None:
        """Return each local day that a case touches: its open stretches, and the open time before it."""
        if self.calendar is None:
            return None
        reach = self._reach(cases, ends).subquery("r")
        limits = [self._day(column) for column in (reach.c.since, reach.c.until)]
        joined, day = self.dialect.series_of_days(reach, *limits)
        weekday = self.dialect.iso_weekday(day)
        if self.calendar.closed:
            weekday = sa.case((day.not_in(self.calendar.closed), weekday))
        each = sa.select(day.label("day"), weekday.label("weekday")).select_from(joined).subquery("e")
        return self._summed(self._marked(each).subquery("k"))

    def _reach(self, cases: sa.CTE, ends: Sequence[str]) -> sa.Select[Any]:
        """Return the first and the last moment of the cases."""
        latest = [sa.func.max(cases.c[end]) for end in ends]
        until = latest[0] if len(latest) == 1 else sa.func.greatest(*latest, type_=INSTANT)
        first, last = self._since(sa.func.min(cases.c.t)), self._since(until)
        return sa.select(first.label("since"), last.label("until"))

    def _marked(self, days: sa.Subquery) -> sa.Select[Any]:
        """Return days with the microseconds at which they and their stretches begin and end; closed ones have none."""
        assert self.calendar is not None
        week = week_of(self.calendar.hours)
        columns: list[Any] = [days.c.day, self._at(days.c.day, WHOLE_DAY).label("midnight")]
        for index in range(_stretches(self.calendar)):
            alike = _alike(week, index)
            for name, side in (("s", 0), ("e", 1)):
                cases = [(days.c.weekday.in_(on), self._at(days.c.day, each[side])) for each, on in alike]
                columns.append(sa.case(*cases).label(f"{name}{index}"))
        return sa.select(*columns)

    def _at(self, day: ColumnElement[Any], minutes: int) -> ColumnElement[Any]:
        """Return the microseconds at which the wall clock of a local day shows a time."""
        moved = self.dialect.plus(sa.cast(day, NAIVE), Span(minutes, Unit.MINUTE), 1, NAIVE)
        return self._micros(self.dialect.instant_of(moved, self.zone))

    def _summed(self, marked: sa.Subquery) -> sa.CTE:
        """Return days with their stretches, cut so that none overlaps another, and the open time before them."""
        columns: list[Any] = [marked.c.day]
        length: Any = sa.literal_column("0")
        limit: Any = marked.c.midnight
        for index in reversed(range(_stretches(self.calendar))):
            # Hours in the gap of a clock change move on: not into the next stretch, and not past midnight.
            # Least skips a null: a stretch that a day does not have lasts from its limit to its limit.
            end = sa.func.least(marked.c[f"e{index}"], limit)
            limit = sa.func.least(marked.c[f"s{index}"], end)
            columns += [limit.label(f"s{index}"), end.label(f"e{index}")]
            length = length + end - limit
        cut = sa.select(*columns, length.label("length")).subquery("l")
        before = sa.func.sum(cut.c.length).over(order_by=cut.c.day) - cut.c.length
        kept = [column for column in cut.c if column.name != "length"]
        return sa.select(*kept, sa.cast(before, sa.BigInteger()).label("before")).cte("__open_days")

    # -- pauses -----------------------------------------------------------------------------------

    def _pauses(self, cases: sa.CTE, ends: Sequence[str], clock: Clock) -> sa.CTE:
        """Return the pauses that have begun (entity, t, until), cut so that none overlaps another."""
        assert self.rows is not None
        assert self.pause is not None
        rows, (start, end) = self.rows, (clock.moment(time) for time in self.times())
        entity = rows.entity(self.entity)
        # An end that lies ahead is not known yet.
        until = sa.func.least(sa.func.coalesce(end, self.edge), self.edge, type_=INSTANT)
        where = [entity.is_not(None), *clock.known(start), until > start]
        where += [rows.condition(self.pause.where.node)] if self.pause.where else []
        every = rows.select({"entity": entity, "t": start, "until": until}, where).subquery("p")
        order = [every.c.t, every.c.until]
        so_far = sa.func.max(every.c.until).over(partition_by=every.c.entity, order_by=order, rows=(None, -1))
        reach = self._reach(cases, ends).subquery("w")
        ordered = sa.select(*every.c, so_far.label("so_far")).subquery("q")
        # Readings exist where a case lies: nobody's clock runs outside.
        begins = sa.func.greatest(ordered.c.t, ordered.c.so_far, reach.c.since, type_=INSTANT)
        stops = sa.func.least(ordered.c.until, reach.c.until, type_=INSTANT)
        cut = sa.select(ordered.c.entity, begins.label("t"), stops.label("until"))
        each = cut.select_from(sa.join(ordered, reach, sa.true())).subquery("c")
        return sa.select(*each.c).where(each.c.until > each.c.t).cte("__pauses")

    def _stopped(self, read: sa.CTE, ends: Sequence[str], pauses: sa.CTE, days: sa.CTE | None) -> sa.Subquery:
        """Return for how long the clock of each entity stood in pauses from t to each end."""
        held = self._read(pauses, ("t", "until"), days).alias("h")
        columns = []
        for end in ends:
            stop = sa.func.least(held.c.at_until, read.c[f"at_{end}"])
            inside = sa.func.greatest(stop - sa.func.greatest(held.c.at_t, read.c.at_t), 0)
            columns.append(sa.func.sum(inside).label(f"to_{end}"))
        joined = sa.join(read, held, held.c.entity == read.c.entity)
        select = sa.select(read.c.entity, *columns).select_from(joined)
        return select.group_by(read.c.entity).subquery("s")


def _stretches(calendar: BusinessCalendar | None) -> int:
    """Return the greatest number of open stretches of a day."""
    return max((len(day) for day in week_of(calendar.hours)), default=0) if calendar else 0


def _alike(week: Sequence[Sequence[Stretch]], index: int) -> list[tuple[Stretch, list[int]]]:
    """Return the different stretches of one place in the day, each with its ISO weekdays."""
    found: dict[Stretch, list[int]] = {}
    for number in range(len(DAYS)):
        if index < len(week[number]):
            found.setdefault(week[number][index], []).append(number + 1)
    return list(found.items())
