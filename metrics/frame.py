"""What a kind knows when it computes, and how the cells that come back become periods and segments."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.options import Over
from metrics.errors import ExpressionError
from metrics.grain import NO_SPAN, Calendar, Grain, Period, Span
from metrics.observation import Dimensions, Estimate, State
from metrics.sql.periods import covered
from metrics.sql.scan import Aggregate, Cell

Cells = Mapping[Cell, Mapping[Aggregate, Any]]
Inputs = Mapping[str, Mapping[tuple[Period, Dimensions], Estimate]]


@dataclass(frozen=True)
class Frame:
    """What a kind knows when it computes: the calendar, what is asked, and until when data is complete.

    `first` is the local day of the first row; `watermark` None means that no dataset has a time. Where `only`
    names periods, no others are computed, each of its rows before a day.
    """

    catalog: Catalog
    grains: tuple[Grain, ...]
    cuts: tuple[tuple[str, ...], ...]
    watermark: datetime | None = None
    first: date | None = None
    settle: Span = NO_SPAN
    inputs: Inputs = field(default_factory=dict)
    only: Mapping[Period, date] = field(default_factory=dict)

    @property
    def calendar(self) -> Calendar:
        """Return the company's calendar."""
        return self.catalog.company.calendar

    def periods(self, grain: Grain) -> tuple[Period, ...]:
        """Return the periods from the first row's to the watermark's."""
        if self.only:
            return tuple(period for period in self.only if period.grain is grain)
        if grain is Grain.ALL:
            return (Period(Grain.ALL, None, None),)
        if self.first is None or self.watermark is None:
            return ()
        last = self.calendar.local_day(self.watermark - timedelta(microseconds=1))
        return _periods(self.calendar, grain, self.first, last) if last >= self.first else ()

    def all_periods(self) -> dict[Grain, tuple[Period, ...]]:
        """Return the periods of every grain that is asked for."""
        return {grain: self.periods(grain) for grain in self.grains}

    def closed(self, period: Period, window: Span | None = None) -> bool:
        """Tell whether a period's end plus a window lies behind the watermark."""
        if self.watermark is None or period.end is None:
            return True
        return _ready(self.calendar, period.end, window, NO_SPAN) <= self.watermark

    def final(self, period: Period, window: Span | None = None) -> bool:
        """Tell whether a period's end plus a window plus settling lies behind the watermark."""
        if self.watermark is None or period.end is None:
            return True
        return _ready(self.calendar, period.end, window, self.settle) <= self.watermark

    def elapsed_share(self, period: Period) -> float:
        """Return which share of a period lies behind the watermark, 0 to 1.

        A day that a zone has left out (Apia's 30 December 2011) has no length: it is over as soon as it begins.
        """
        if period.start is None or period.end is None or self.watermark is None:
            return 1.0
        start, end = (_ready(self.calendar, day, None, NO_SPAN) for day in (period.start, period.end))
        if self.watermark >= end:
            return 1.0
        return (self.watermark - start) / (end - start) if self.watermark > start else 0.0


@lru_cache(maxsize=1 << 10)
def _periods(calendar: Calendar, grain: Grain, first: date, last: date) -> tuple[Period, ...]:
    return tuple(calendar.periods(grain, first, last))


# A refresh asks for the same few hundred period ends once per segment.
@lru_cache(maxsize=1 << 14)
def _ready(calendar: Calendar, day: date, window: Span | None, settle: Span) -> datetime:
    """Return the instant at which a period that ends on a day is over, its window and settling included."""
    end = calendar.instant(day)
    return settle.after(window.after(end, calendar.zone) if window else end, calendar.zone)


SEEN = Span.parse("12 months")


def cells_by_period(
    frame: Frame, cells: Cells
) -> Iterator[tuple[Period, Dimensions, Mapping[Aggregate, Any] | None]]:
    """Yield every cell of every period, None where a covered period has no row.

    The total stands for every period; a segment for the periods that have rows and for those within 12
    months of one that had.
    """
    for grain in frame.grains:
        periods = frame.periods(grain)
        for cut in frame.cuts:
            found = _segments(cells, grain, cut)
            for period in periods:
                for segment, starts in found.items():
                    row = cells.get((grain, period.start, segment))
                    if row is not None or not segment or _seen(period, starts):
                        yield period, segment, row
                if not cut and () not in found:
                    yield period, (), None


def _segments(cells: Cells, grain: Grain, cut: tuple[str, ...]) -> dict[Dimensions, list[date]]:
    found: dict[Dimensions, list[date]] = {}
    wanted = tuple(sorted(cut))
    for at, start, segment in cells:
        if at is grain and tuple(name for name, _ in segment) == wanted:
            found.setdefault(segment, []).append(start or date.min)
    return {segment: sorted(starts) for segment, starts in sorted(found.items())}


def _seen(period: Period, starts: list[date]) -> bool:
    """Tell whether a segment had rows in this period or within 12 months of its end; `starts` is sorted."""
    if period.start is None or period.end is None:
        return False
    if not starts:
        return True
    last = bisect_right(starts, period.start)
    return last > 0 and starts[last - 1] >= _since(period.end)


@lru_cache(maxsize=1 << 12)
def _since(end: date) -> date:
    return SEEN.after_day(end, -1)


def covered_only(frame: Frame, over: Over, estimates: Iterable[Estimate]) -> list[Estimate]:
    """Return the estimates, but none of a stretch that begins before the first row's period, or has not begun.

    What came before the first row is not known to be nothing, nor is what has not come: the total of such a
    period has no value, and its segments are not there.
    """
    if over == Over():
        return list(estimates)
    day = frame.first
    firsts = {grain: frame.calendar.period_of(day, grain).start for grain in frame.grains} if day else {}
    found = []
    for each in estimates:
        period, first = each.period, firsts.get(each.period.grain)
        if first is None or _covers(frame, period, over, first):
            found.append(each)
        elif not each.dimensions:
            found.append(Estimate(period, (), State.NO_DATA, maturity=each.maturity))
    return found


def _covers(frame: Frame, period: Period, over: Over, first: date) -> bool:
    if period.start is None or frame.watermark is None:
        return True
    begin = covered(period, over, frame.calendar)[0]
    return begin >= first and frame.calendar.instant(begin) < frame.watermark


def number(value: Any) -> float | None:
    """Return an aggregate as a float, None for null; raise ExpressionError for NaN and infinity.

    Guards find them in rows: what still comes here is a sum that no double holds.
    """
    result = None if value is None else float(value)
    if result is not None and not isfinite(result):
        raise ExpressionError(f"a result is {result}, not a finite number: what is added up is too large", 0)
    return result


def plain_state(frame: Frame, period: Period, *, empty: bool, small: bool) -> State:
    """Return the state of a value without a window."""
    if empty:
        return State.NO_DATA
    if not frame.final(period):
        return State.PROVISIONAL
    return State.SMALL_SAMPLE if small else State.FINAL
