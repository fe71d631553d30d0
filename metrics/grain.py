"""Periods, windows and the company's calendar: pure date arithmetic, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from metrics.errors import BadPeriod


class Grain(StrEnum):
    """How long one period of a metric is; `all` is one period without bounds."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    FISCAL_QUARTER = "fiscal_quarter"
    FISCAL_YEAR = "fiscal_year"
    ALL = "all"


class Unit(StrEnum):
    """A unit of a span: minutes and hours are elapsed time, the others calendar units."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def elapsed(self) -> bool:
        """Tell whether the unit is elapsed time, which no clock change stretches."""
        return self in (Unit.SECOND, Unit.MINUTE, Unit.HOUR)


_UNITS = {"s": Unit.SECOND, "m": Unit.MINUTE, "min": Unit.MINUTE, "h": Unit.HOUR, "d": Unit.DAY}
_SPAN = re.compile(r"\s*(\d{1,6})\s*([a-z]+)\s*\Z")
_MOST_YEARS = 1000
"""A longer span leaves the years that dates have."""
_SECONDS = {Unit.SECOND: 1, Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.DAY: 86400, Unit.WEEK: 604800}


def unit_named(word: str) -> Unit | None:
    """Return the unit that a word such as `days`, `day` or `h` names, or None."""
    lowered = word.lower()
    if lowered in _UNITS:
        return _UNITS[lowered]
    singular = lowered.removesuffix("s")
    return Unit(singular) if singular in Unit.__members__.values() else None


@dataclass(frozen=True)
class Span:
    """A length of time such as `90 days`; months and years clamp at month ends."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read `90 days`, `26h`, `60s`, `1 year`; raise ValueError on anything else."""
        match = _SPAN.match(text.lower())
        unit = unit_named(match[2]) if match else None
        if match is None or unit is None:
            raise ValueError(f"{text!r} is not a span such as 90 days, 26h or 2 years")
        span = cls(int(match[1]), unit)
        if span.approximate_seconds > cls(_MOST_YEARS, Unit.YEAR).approximate_seconds:
            raise ValueError(f"{text!r} is longer than {_MOST_YEARS:,} years")
        return span

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    @property
    def approximate_seconds(self) -> float:
        """Return the length in seconds, a month counted as 30.436875 days: for ordering only."""
        if self.unit is Unit.MONTH:
            return self.count * 2629746.0
        if self.unit is Unit.YEAR:
            return self.count * 31556952.0
        return float(self.count * _SECONDS[self.unit])

    def after_day(self, day: date, sign: int = 1) -> date:
        """Return the day that lies this span after (sign -1: before) a day; elapsed units round up."""
        count = self.count * sign
        if self.unit in (Unit.MONTH, Unit.YEAR):
            return add_months(day, count * (12 if self.unit is Unit.YEAR else 1))
        if self.unit.elapsed:
            return day + sign * timedelta(days=-(-self.count * _SECONDS[self.unit] // 86400))
        return day + timedelta(days=count * (7 if self.unit is Unit.WEEK else 1))

    def after(self, instant: datetime, zone: ZoneInfo, sign: int = 1) -> datetime:
        """Return the instant that lies this span after (sign -1: before) an instant, in a zone."""
        if self.unit.elapsed:
            return instant + timedelta(seconds=sign * self.count * _SECONDS[self.unit])
        local = instant.astimezone(zone).replace(tzinfo=None)
        return to_instant(datetime.combine(self.after_day(local.date(), sign), local.time()), zone)


NO_SPAN = Span(0, Unit.DAY)


def add_months(day: date, months: int) -> date:
    """Add calendar months, clamped at the month's end: 31 August + 6 months is 28 or 29 February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, _last_day(year, month + 1)))


def _last_day(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def to_instant(naive: datetime, zone: ZoneInfo) -> datetime:
    """Turn a naive local time into an instant: ambiguous means the later, a gap moves forward."""
    early = naive.replace(tzinfo=zone, fold=0)
    late = naive.replace(tzinfo=zone, fold=1)
    ambiguous = late.utcoffset() < early.utcoffset()  # type: ignore[operator]
    return (late if ambiguous else early).astimezone(UTC)


@dataclass(frozen=True, order=True)
class Period:
    """A half-open period of local days [start, end); both are None for grain `all`."""

    grain: Grain
    start: date | None
    end: date | None


WHOLE = Period(Grain.ALL, None, None)

_PERIODS = (
    (Grain.DAY, re.compile(r"(\d{4})-(\d\d)-(\d\d)\Z")),
    (Grain.WEEK, re.compile(r"(\d{4})-W(\d\d)\Z")),
    (Grain.FISCAL_QUARTER, re.compile(r"FY(\d{4})-Q([1-4])\Z")),
    (Grain.FISCAL_YEAR, re.compile(r"FY(\d{4})\Z")),
    (Grain.QUARTER, re.compile(r"(\d{4})-Q([1-4])\Z")),
    (Grain.MONTH, re.compile(r"(\d{4})-(\d\d)\Z")),
    (Grain.YEAR, re.compile(r"(\d{4})\Z")),
)
FIRST_YEAR, LAST_YEAR = 1001, 8998
"""Between them every span leads from a period to days that exist."""
_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12, Grain.FISCAL_QUARTER: 3, Grain.FISCAL_YEAR: 12}


@dataclass(frozen=True)
class Calendar:
    """The company's time zone, first weekday (0 is Monday) and first month of its fiscal year."""

    timezone: str = "UTC"
    week_starts: int = 0
    fiscal_year_starts: int = 1

    @cached_property
    def zone(self) -> ZoneInfo:
        """Return the time zone."""
        return ZoneInfo(self.timezone)

    def instant(self, day: date) -> datetime:
        """Return the instant (UTC) at which a local day begins."""
        return to_instant(datetime.combine(day, time()), self.zone)

    def local_day(self, instant: datetime) -> date:
        """Return the local day in which an instant lies."""
        return instant.astimezone(self.zone).date()

    def bounds(self, period: Period) -> tuple[datetime, datetime] | None:
        """Return the instants [start, end) of a period, or None for grain `all`."""
        if period.start is None or period.end is None:
            return None
        return self.instant(period.start), self.instant(period.end)

    def period_of(self, day: date, grain: Grain) -> Period:
        """Return the period of a grain in which a local day lies."""
        if grain is Grain.ALL:
            return WHOLE
        start = self._start_of(day, grain)
        return Period(grain, start, self._end_of(start, grain))

    def _start_of(self, day: date, grain: Grain) -> date:
        if grain is Grain.DAY:
            return day
        if grain is Grain.WEEK:
            return day - timedelta(days=(day.weekday() - self.week_starts) % 7)
        first = self.fiscal_year_starts if grain in (Grain.FISCAL_QUARTER, Grain.FISCAL_YEAR) else 1
        months = day.year * 12 + day.month - first
        year, month = divmod(months - months % _MONTHS[grain] + first - 1, 12)
        return date(year, month + 1, 1)

    def _end_of(self, start: date, grain: Grain) -> date:
        if grain in (Grain.DAY, Grain.WEEK):
            return start + timedelta(days=1 if grain is Grain.DAY else 7)
        return add_months(start, _MONTHS[grain])

    def period_starting(self, start: date | None, grain: Grain) -> Period:
        """Return the period of a grain that starts on a day (None: the whole)."""
        return WHOLE if start is None else self.period_of(start, grain)

    def next(self, period: Period) -> Period:
        """Return the period after this one."""
        assert period.end is not None
        return self.period_of(period.end, period.grain)

    def previous(self, period: Period) -> Period:
        """Return the period before this one."""
        assert period.start is not None
        return self.period_of(period.start - timedelta(days=1), period.grain)

    def periods(self, grain: Grain, first: date, last: date) -> Iterator[Period]:
        """Yield the periods of a grain from the one of `first` to the one of `last`, both included."""
        period = self.period_of(first, grain)
        yield period
        while period.end is not None and period.end <= last:
            period = self.next(period)
            yield period

    def shift(self, period: Period, span: Span) -> Period:
        """Return the period that lies a span before this one: the same period of last year."""
        if period.start is None:
            return period
        middle = period.start if period.grain is not Grain.WEEK else period.start + timedelta(days=3)
        return self.period_of(span.after_day(middle, -1), period.grain)

    def name(self, period: Period) -> str:
        """Return a period's written name: 2026-03, 2026-W07, 2026-Q3, 2026, FY2026-Q3, all."""
        start, grain = period.start, period.grain
        if start is None:
            return "all"
        if grain is Grain.DAY:
            return start.isoformat()
        if grain is Grain.WEEK:
            year, week, _ = (start + timedelta(days=3)).isocalendar()
            return f"{year}-W{week:02d}"
        if grain is Grain.MONTH:
            return f"{start:%Y-%m}"
        if grain is Grain.YEAR:
            return f"{start.year}"
        if grain is Grain.QUARTER:
            return f"{start.year}-Q{(start.month + 2) // 3}"
        shifted = start.year * 12 + start.month - self.fiscal_year_starts
        year = shifted // 12 + (self.fiscal_year_starts > 1)
        return f"FY{year}" if grain is Grain.FISCAL_YEAR else f"FY{year}-Q{shifted % 12 // 3 + 1}"

    def parse(self, text: str) -> Period:
        """Read a period's written name; raise BadPeriod on anything else."""
        if text == "all":
            return WHOLE
        for grain, pattern in _PERIODS:
            match = pattern.match(text)
            if match:
                try:
                    day = self._day_in(grain, [int(part) for part in match.groups()])
                except ValueError:
                    break
                if not FIRST_YEAR <= day.year <= LAST_YEAR:
                    raise BadPeriod(text, f"lies outside of the years {FIRST_YEAR} to {LAST_YEAR}")
                return self.period_of(day, grain)
        raise BadPeriod(text)

    def _day_in(self, grain: Grain, parts: list[int]) -> date:
        if grain is Grain.WEEK:
            # Weeks are named by the ISO week of their fourth day, whatever weekday they start on.
            return date.fromisocalendar(parts[0], parts[1], 4)
        if grain is Grain.DAY:
            return date(*parts)
        if grain is Grain.MONTH:
            return date(parts[0], parts[1], 1)
        fiscal = grain in (Grain.FISCAL_QUARTER, Grain.FISCAL_YEAR)
        first = self.fiscal_year_starts if fiscal else 1
        quarter = parts[1] - 1 if len(parts) > 1 else 0
        months = (parts[0] - (first > 1)) * 12 + first - 1 + quarter * 3
        return date(months // 12, months % 12 + 1, 1)
