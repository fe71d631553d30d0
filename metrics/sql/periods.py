"""Which days and instants the value of a period covers, as a table that rows are joined to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.options import At, Over
from metrics.dialect import INSTANT, Type, Value
from metrics.grain import Calendar, Grain, Period

TICK = timedelta(microseconds=1)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class TimeFrame:
    """What a select needs to know about time: the calendar, the periods asked for and the watermark.

    Of a period that `until` names only the days before that day count, and a stock is read there.
    """

    calendar: Calendar
    periods: Mapping[Grain, tuple[Period, ...]] = field(default_factory=dict)
    watermark: datetime | None = None
    until: Mapping[Period, date] = field(default_factory=dict)

    def edge(self, type_: Type) -> ColumnElement[Any]:
        """Return the last moment that is known: the watermark, or the last local day before it."""
        assert self.watermark is not None
        if type_ is Type.DATE:
            return sa.literal(self.calendar.local_day(self.watermark - TICK), sa.Date())
        return sa.literal(self.watermark, INSTANT)

    def known(self, moment: Value) -> list[ColumnElement[Any]]:
        """Return the conditions that a moment is there and has come by the watermark."""
        come = [moment.sql <= self.edge(moment.type)] if self.watermark is not None else []
        return [moment.sql.is_not(None), *come]

    def within(self, moment: Value, over: Over) -> list[ColumnElement[Any]]:
        """Return the condition that a moment lies in any of the stretches, where those have an end of their own."""
        found = [covered(period, over, self.calendar) for period in self.until]
        if not found:
            return []
        first = min(begin for begin, _ in found)
        if moment.type is Type.DATE:
            return [moment.sql >= sa.literal(first, sa.Date())]
        return [moment.sql >= sa.literal(self.calendar.instant(first), INSTANT)]


def covered(period: Period, over: Over, calendar: Calendar) -> tuple[date, date]:
    """Return the local days [from, to) that a period's value covers.

    The year to date is the fiscal year of the period's last day: a period in which one begins covers that one alone.
    """
    assert period.start is not None
    assert period.end is not None
    if over.trailing:
        return over.trailing.after_day(period.end, -1), period.end
    if over.to_date:
        year = calendar.period_of(period.end - _ONE_DAY, Grain.FISCAL_YEAR).start
        assert year is not None
        return year, period.end
    return period.start, period.end


def periods_table(when: TimeFrame, grains: Iterable[Grain], over: Over, at: At | None) -> sa.FromClause:
    """Return the periods of some grains as a table: their days, what they cover, and where a stock is read."""
    calendar, wanted = when.calendar, tuple(grains)
    lines = []
    for grain in (each for each in wanted if each is not Grain.ALL):
        for period in when.periods.get(grain, ()):
            begin, end = covered(period, over, calendar)
            end = min(end, when.until.get(period, end))
            instant = calendar.instant(period.start if at is At.PERIOD_START else end)  # type: ignore[arg-type]
            if at is At.PERIOD_END and when.watermark is not None:
                # An open period's stock is read at the watermark, just after what stands there.
                instant = min(instant, when.watermark + TICK)
            lines.append((str(grain), period.start, period.end, begin, end, calendar.instant(begin),
                          calendar.instant(end), instant))  # fmt: skip
    if Grain.ALL in wanted and when.watermark is not None:
        # A stock of `all` is what stands at the watermark.
        edge = when.watermark + TICK
        lines.append((str(Grain.ALL), date.min, date.min, date.min, date.min, edge, edge, edge))
    lines = lines or [("none", date.min, date.min, date.min, date.min, calendar.instant(date(1970, 1, 1)),
                       calendar.instant(date(1970, 1, 1)), calendar.instant(date(1970, 1, 1)))]  # fmt: skip
    dates = [sa.column(name, sa.Date()) for name in ("p_start", "p_end", "d_from", "d_to")]
    instants = [sa.column(name, INSTANT) for name in ("i_from", "i_to", "i_at")]
    values = sa.values(sa.column("p_grain", sa.Text()), *dates, *instants, name="v", literal_binds=True).data(
        lines
    )
    # Bound values arrive untyped on some engines: say once what they are.
    typed = [sa.cast(column, column.type).label(column.name) for column in values.c]
    return sa.select(*typed).subquery("p")
