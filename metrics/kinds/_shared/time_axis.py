"""Moments of one query: days where any of its times is a DATE, instants otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import INSTANT, Type, Value
from metrics.grain import Grain, Span, Unit
from metrics.sql.periods import TICK, TimeFrame
from metrics.sql.translator import Translator

HOURLY = Span.parse("14 days")
"""Up to this window the Kaplan-Meier axis is whole hours, beyond it whole days."""


@dataclass(frozen=True)
class Clock:
    """Compares, shifts and labels moments in SQL and as constants, all of one type."""

    type: Type
    translator: Translator
    when: TimeFrame

    @classmethod
    def of(cls, times: Iterable[Value], translator: Translator, when: TimeFrame) -> Clock:
        """Return the clock of some times: a DATE on either side makes all of them local days."""
        dated = Type.DATE in {time.type for time in times}
        return cls(Type.DATE if dated else Type.INSTANT, translator, when)

    @property
    def column(self) -> Any:
        """Return the SQL type of a moment."""
        return sa.Date() if self.type is Type.DATE else INSTANT

    # -- in SQL -----------------------------------------------------------------------------------

    def moment(self, value: Value) -> ColumnElement[Any]:
        """Return a time as a moment: a local day or an instant."""
        return self.translator.day(value) if self.type is Type.DATE else self.translator.instant(value)

    def after(self, moment: ColumnElement[Any], span: Span) -> ColumnElement[Any]:
        """Return the moment that lies a span after another; hours round up to days where days are compared."""
        if self.type is Type.DATE and span.unit.elapsed:
            span = Span(-(-int(span.approximate_seconds) // 86400), Unit.DAY)
        return self.translator.shift(Value(moment, self.type), span).sql

    def elapsed(
        self, start: ColumnElement[Any], end: ColumnElement[Any], window: Span | None
    ) -> ColumnElement[Any]:
        """Return whole hours (windows up to 14 days) or whole days between two moments."""
        dialect = self.translator.dialect
        if self.type is Type.DATE:
            return dialect.days(end, start)
        seconds = dialect.epoch(end) - dialect.epoch(start)
        hourly = window is not None and window.approximate_seconds <= HOURLY.approximate_seconds
        return sa.cast(sa.func.floor(seconds / sa.literal(3600.0 if hourly else 86400.0)), sa.BigInteger())

    def start_of(self, moment: ColumnElement[Any], grain: Grain) -> ColumnElement[Any]:
        """Return the first day of the period in which a moment lies."""
        day = self.translator.day(Value(moment, self.type))
        calendar = self.when.calendar
        return self.translator.dialect.truncate(day, grain, calendar.week_starts, calendar.fiscal_year_starts)

    def edge(self) -> ColumnElement[Any]:
        """Return the last moment that is known: the watermark, or the last local day before it."""
        return self.when.edge(self.type)

    def known(self, moment: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        """Return the conditions that a moment is known and has come."""
        return self.when.known(Value(moment, self.type))

    def over(self, end: ColumnElement[Any]) -> ColumnElement[Any]:
        """Tell whether an exclusive end lies at or before the watermark."""
        assert self.when.watermark is not None
        if self.type is Type.DATE:
            return end <= sa.literal(self.when.calendar.local_day(self.when.watermark), sa.Date())
        return end <= sa.literal(self.when.watermark, INSTANT)

    def never(self) -> ColumnElement[Any]:
        """Return a moment after all others."""
        last = date(9999, 1, 1) if self.type is Type.DATE else datetime(9999, 1, 1, tzinfo=UTC)
        return sa.literal(last, self.column)

    # -- constants --------------------------------------------------------------------------------

    def boundary(self, day: date, back: Span | None = None) -> date | datetime:
        """Return the moment at which a local day begins, or a span before it."""
        return self._back(day if self.type is Type.DATE else self.when.calendar.instant(day), back)

    def reached(self, end: date, back: Span | None = None) -> date | datetime:
        """Return a period's end, or for an open one the moment just after what is known, or a span before."""
        moment = self.boundary(end)
        if self.when.watermark is not None:
            day = self.when.calendar.local_day(self.when.watermark - TICK) + timedelta(days=1)
            known = day if self.type is Type.DATE else self.when.watermark + TICK
            moment = min(moment, known)
        return self._back(moment, back)

    def _back(self, moment: date | datetime, back: Span | None) -> date | datetime:
        if back is None:
            return moment
        if isinstance(moment, datetime):
            return back.after(moment, self.when.calendar.zone, -1)
        return back.after_day(moment, -1)

    def table(
        self, names: Sequence[str], lines: Sequence[tuple[Any, ...]], label: str = "__periods"
    ) -> sa.CTE:
        """Return periods as a table: p_grain, p_start and named moments of each."""
        nothing = ("none", date.min, *(self.boundary(date(1970, 1, 1)) for _ in names))
        columns: list[Any] = [sa.column("p_grain", sa.Text()), sa.column("p_start", sa.Date())]
        columns += [sa.column(name, self.column) for name in names]
        # Thousands of days are quicker written than bound; all are dates of our own making.
        values = sa.values(*columns, name="v", literal_binds=True).data(list(lines) or [nothing])
        # Written values are texts on some engines: say once what they are.
        return sa.select(*(sa.cast(column, column.type).label(column.name) for column in values.c)).cte(label)
