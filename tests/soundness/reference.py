"""What every number means, in plain Python and as slowly as it likes.

Written from the published semantics alone and importing nothing of the product, so that two readings of
one text are compared. Rows are dictionaries; a moment is a `date` (a calendar day) or an aware datetime.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

Z = 1.959964
TICK = timedelta(microseconds=1)
Row = dict[str, Any]
Moment = date | datetime
Segment = tuple[tuple[str, str], ...]
Cell = tuple[str, date | None, Segment]
Span = tuple[int, str]


# -- time -------------------------------------------------------------------------------------------


def instant(naive: datetime, zone: str) -> datetime:
    """Turn local time into an instant: of two, the later; in the gap, forward by the gap."""
    place = ZoneInfo(zone)
    offsets = {
        (naive.replace(tzinfo=UTC) + timedelta(hours=hours)).astimezone(place).utcoffset()
        for hours in (-30, 30)
    }
    candidates = [(naive - offset).replace(tzinfo=UTC) for offset in offsets if offset is not None]
    real = [each for each in candidates if each.astimezone(place).replace(tzinfo=None) == naive]
    # In the gap the clock before it is read on, which is the later of the two candidates.
    return max(real or candidates)


def days_in(year: int, month: int) -> int:
    return [31, 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28, 31, 30, 31, 30,
            31, 31, 30, 31, 30, 31][month - 1]  # fmt: skip


def plus_months(day: date, months: int) -> date:
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month in (0, 13):
            year, month = (year + 1, 1) if month == 13 else (year - 1, 12)
    return date(year, month, min(day.day, days_in(year, month)))


def plus(moment: Moment, span: Span, zone: str, sign: int = 1) -> Moment:
    """Move a moment: hours are elapsed time, the rest is calendar time of the zone; days stay days."""
    count, unit = span[0] * sign, span[1]
    if isinstance(moment, datetime):
        if unit in ("hour", "second"):
            return moment + timedelta(**{f"{unit}s": count})
        local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        day = plus(local.date(), (count, unit), zone)
        return instant(datetime.combine(day, local.time()), zone)
    if unit == "hour":
        return moment + timedelta(days=sign * math.ceil(span[0] / 24))
    if unit in ("month", "year"):
        return plus_months(moment, count * (12 if unit == "year" else 1))
    return moment + timedelta(days=count * (7 if unit == "week" else 1))


@cache
def _walk_back(day: date, grain: str, week_starts: int, fiscal: int) -> date:
    firsts: dict[str, Callable[[date], bool]] = {
        "day": lambda each: True,
        "week": lambda each: each.weekday() == week_starts,
        "month": lambda each: each.day == 1,
        "quarter": lambda each: each.day == 1 and each.month in (1, 4, 7, 10),
        "year": lambda each: each.day == 1 and each.month == 1,
        "fiscal_quarter": lambda each: each.day == 1 and (each.month - fiscal) % 3 == 0,
        "fiscal_year": lambda each: each.day == 1 and each.month == fiscal,
    }
    while not firsts[grain](day):
        day -= timedelta(days=1)
    return day


@cache
def _walk_on(start: date, grain: str, week_starts: int, fiscal: int) -> date:
    day = start + timedelta(days=1)
    while _walk_back(day, grain, week_starts, fiscal) == start:
        day += timedelta(days=1)
    return day


@dataclass(frozen=True)
class Calendar:
    zone: str = "UTC"
    week_starts: int = 0
    fiscal: int = 1

    def day(self, moment: Moment) -> date:
        if isinstance(moment, datetime):
            return moment.astimezone(ZoneInfo(self.zone)).date()
        return moment

    def begins(self, day: date) -> datetime:
        return instant(datetime.combine(day, time()), self.zone)

    def start(self, day: date, grain: str) -> date | None:
        """Walk back to the first day of a period."""
        return None if grain == "all" else _walk_back(day, grain, self.week_starts, self.fiscal)

    def end(self, start: date, grain: str) -> date:
        """Walk on to the first day of the next period."""
        return _walk_on(start, grain, self.week_starts, self.fiscal)

    def periods(self, grain: str, first: date, last: date) -> Iterator[tuple[date, date]]:
        start = self.start(first, grain)
        assert start is not None
        while start <= last:
            end = self.end(start, grain)
            yield start, end
            start = end


# -- intervals --------------------------------------------------------------------------------------


def wilson(k: int, n: int) -> tuple[float, float] | None:
    if n == 0:
        return None
    p = k / n
    middle = p + Z * Z / (2 * n)
    reach = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return (0.0 if k == 0 else (middle - reach) / scale, 1.0 if k == n else (middle + reach) / scale)


def kaplan_meier(lines: Sequence[tuple[float, bool]]) -> tuple[Fraction, tuple[float, float] | None]:
    """Return 1 - S at infinity of (age, event) lines, and the log-log Greenwood interval of it."""
    survival, variance = Fraction(1), 0.0
    for age in sorted({age for age, event in lines if event}):
        died = sum(1 for other, event in lines if event and other == age)
        at_risk = sum(1 for other, _ in lines if other >= age)
        survival *= 1 - Fraction(died, at_risk)
        variance = math.inf if died == at_risk else variance + died / (at_risk * (at_risk - died))
    if survival in (0, 1):
        return 1 - survival, None
    s = float(survival)
    spread = math.exp(Z * math.sqrt(variance) / abs(math.log(s)))
    return 1 - survival, (1 - s ** (1 / spread), 1 - s**spread)


# -- what a metric asks -----------------------------------------------------------------------------


@dataclass
class Result:
    value: float | Fraction | None
    numerator: float | None = None
    denominator: float | None = None
    state: str = "final"
    maturity: float | None = None
    interval: tuple[float, float] | None = None
    check_interval: bool = True


@dataclass(frozen=True)
class Frame:
    """What holds for the whole metric: t is the watermark, `first` the first day that has a row.

    What begins before `late` is covered in part.
    """

    calendar: Calendar
    grains: tuple[str, ...]
    cuts: tuple[tuple[str, ...], ...]
    t: datetime
    first: date | None
    settle: int = 0
    min_sample: int = 10
    late: date = date.min

    def periods(self, grain: str) -> list[tuple[date | None, date | None]]:
        if grain == "all":
            return [(None, None)]
        last = self.calendar.day(self.t - TICK)
        if self.first is None or self.first > last:
            return []
        return list(self.calendar.periods(grain, self.first, last))

    def final(self, end: date | None, window: Span | None = None) -> bool:
        """Tell whether the period's end, the window and settling lie at or before the watermark."""
        if end is None:
            return True
        zone = self.calendar.zone
        closed: Moment = self.calendar.begins(end)
        if window is not None:
            closed = plus(closed, window, zone)
        return plus(closed, (self.settle, "day"), zone) <= self.t  # type: ignore[operator]


def has_come(frame: Frame, moment: Moment | None) -> bool:
    """Tell whether something happened by t: an instant at or before it, a day that has begun before it."""
    if moment is None:
        return False
    return moment <= frame.t if isinstance(moment, datetime) else moment <= frame.calendar.day(frame.t - TICK)


def watermark(calendar: Calendar, moments: Iterable[Moment | None], now: datetime) -> datetime | None:
    """Return until when rows say that they are complete: the newest that is not after now; a day to its end."""
    come = [
        each if isinstance(each, datetime) else min(calendar.begins(each + timedelta(days=1)), now)
        for each in moments
        if each is not None and (each <= now if isinstance(each, datetime) else each <= calendar.day(now))
    ]
    return max(come, default=None)


def segment_of(row: Row, cut: Iterable[str]) -> Segment:
    return tuple((name, "(none)" if row[name] is None else row[name]) for name in sorted(cut))


def grouped(frame: Frame, rows: Sequence[Row], when: Callable[[Row], Moment]) -> dict[Cell, list[Row]]:
    found: dict[Cell, list[Row]] = {}
    for row in rows:
        for grain in frame.grains:
            start = frame.calendar.start(frame.calendar.day(when(row)), grain)
            for cut in frame.cuts:
                found.setdefault((grain, start, segment_of(row, cut)), []).append(row)
    return found


# -- aggregate, proportion, ratio -------------------------------------------------------------------


def stretch(frame: Frame, start: date, end: date, over: str | Span) -> tuple[date, date]:
    if over == "to_date":
        # The fiscal year is that of the period's last day, which may begin within the period.
        begin = frame.calendar.start(end - timedelta(days=1), "fiscal_year")
        assert begin is not None
        return begin, end
    if isinstance(over, tuple):
        return plus(end, over, frame.calendar.zone, -1), end  # type: ignore[return-value]
    return start, end


def covers(frame: Frame, grain: str, start: date | None, end: date | None, over: str | Span) -> bool:
    """Tell whether a stretch begins no sooner than the period of the first row does, and has begun."""
    if start is None or end is None or over == "period":
        return True
    first, begin = frame.periods(grain)[0][0], stretch(frame, start, end, over)[0]
    return (first is None or begin >= first) and frame.calendar.begins(begin) < frame.t


def usual_gap(days: Iterable[date]) -> int | None:
    """Return the shortest gap between days with rows that 99 of 100 do not exceed; None where there is none."""
    known = sorted(set(days))
    gaps = [(known[place] - known[place - 1]).days for place in range(1, len(known))]
    enough = [gap for gap in gaps if 100 * sum(other <= gap for other in gaps) >= 99 * len(gaps)]
    return min(enough, default=None)


def late(calendar: Calendar, now: datetime, *logs: Iterable[Row], lag: Span = (0, "day")) -> date:
    """Return the first day on which a stretch may begin that all logs cover; the first log's rows count a lag later."""
    found = date.min
    for place, log in enumerate(logs):
        days = [calendar.day(row["t"]) for row in log if row["t"] is not None]
        if days:
            counts = plus(min(days), lag, calendar.zone) if place == 0 else min(days)
            gap = usual_gap(day for day in days if day <= calendar.day(now))
            # Rows of one day alone do not say how far apart such days lie.
            if gap is not None:
                found = max(found, counts - timedelta(days=gap))  # type: ignore[operator]
    return found


def partly_covered(
    frame: Frame, cells: dict[Cell, Result], over: str | Span = "period"
) -> dict[Cell, Result]:
    """Take finality from what begins before the rows do: it is provisional whatever time passes."""
    found = {}
    for (grain, start, segment), each in cells.items():
        known = each.state in ("final", "small_sample")
        if (
            known
            and start is not None
            and stretch(frame, start, frame.calendar.end(start, grain), over)[0] < frame.late
        ):
            each = replace(each, state="provisional")
        found[grain, start, segment] = each
    return found


def uncovered(frame: Frame, cells: dict[Cell, Result], over: str | Span) -> dict[Cell, Result]:
    """Take out what nobody knows all of: of such a period the total says that there is no value."""
    found = {}
    for (grain, start, segment), each in cells.items():
        end = frame.calendar.end(start, grain) if start is not None else None
        if covers(frame, grain, start, end, over):
            found[grain, start, segment] = each
        elif not segment:
            found[grain, start, segment] = Result(None, state="no_data")
    return found


def per_period(
    frame: Frame, rows: Sequence[Row], over: str | Span = "period"
) -> Iterator[tuple[str, date | None, date | None, Segment, list[Row], bool]]:
    """Yield grain, start, end, segment, its rows, and whether the segment was seen within 12 months."""
    come = [row for row in rows if has_come(frame, row["t"])]
    for grain in frame.grains:
        # A stretch may be shorter than its period: a row that no value covers shows no segment.
        spans = [stretch(frame, *each, over) for each in frame.periods(grain) if None not in each]  # type: ignore[arg-type]
        timed = [
            row
            for row in come
            if not spans or any(low <= frame.calendar.day(row["t"]) < high for low, high in spans)
        ]
        for start, end in frame.periods(grain):
            inside = timed
            if start is not None and end is not None:
                begin, until = stretch(frame, start, end, over)
                inside = [row for row in timed if begin <= frame.calendar.day(row["t"]) < until]
            for cut in frame.cuts:
                segments = {segment_of(row, cut) for row in timed} | ({()} if not cut else set())
                for segment in segments:
                    mine = [row for row in inside if segment_of(row, cut) == segment]
                    seen = segment == () or bool(mine)
                    if not seen and end is not None:
                        since = plus_months(end, -12)
                        # A week counts to the 12 months where it begins in them; all others do so anyway.
                        seen = any(
                            since <= (frame.calendar.start(frame.calendar.day(row["t"]), grain) or since)
                            and frame.calendar.day(row["t"]) < end
                            for row in timed
                            if segment_of(row, cut) == segment
                        )
                    yield grain, start, end, segment, mine, seen


def measure(function: str, rows: Sequence[Row], name: str, share: float = 0.5) -> Any:
    values = [row[name] for row in rows if name and row[name] is not None]
    if function == "count":
        return len(values) if name else len(rows)
    if function == "count_distinct":
        return len(set(values))
    if function == "sum":
        return sum(values) if values else 0
    if not values:
        return None
    if function == "avg":
        return Fraction(sum(Fraction(value) for value in values), len(values))
    if function in ("min", "max"):
        return min(values) if function == "min" else max(values)
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


ADDITIVE = ("count", "count_distinct", "count_new", "sum")
SAMPLED = ("avg", "percentile")


def aggregate(frame: Frame, rows: Sequence[Row], function: str, name: str = "", *,
              keep: Callable[[Row], bool] = lambda row: True, over: str | Span = "period",
              share: float = 0.5) -> dict[Cell, Result]:  # fmt: skip
    chosen = rows_kept = list(rows)
    if function == "count_new":
        firsts: dict[Any, Row] = {}
        come = [row for row in rows if has_come(frame, row["t"]) and keep(row) and row[name] is not None]
        for row in sorted(come, key=lambda row: (row["t"], row["id"])):
            firsts.setdefault(row[name], row)
        new = {row["id"] for row in firsts.values()}
        rows_kept = [row for row in rows if row["id"] in new]
    found: dict[Cell, Result] = {}
    for grain, start, end, segment, mine, seen in per_period(frame, chosen, over):
        wanted = [row for row in mine if keep(row)]
        if function == "count_new":
            value: Any = len([row for row in mine if row in rows_kept])
        else:
            value = measure(function, wanted, name, share)
        if segment and (not seen or (function not in ADDITIVE and value is None)):
            continue
        state = "no_data" if value is None else "final" if frame.final(end) else "provisional"
        if state == "final" and function in SAMPLED and measure("count", wanted, name) < frame.min_sample:
            state = "small_sample"
        found[grain, start, segment] = Result(value, state=state)
    return uncovered(frame, found, over)


def latest(rows: Sequence[Row], by: str, within: Callable[[Row], Any]) -> list[Row]:
    """Keep one row per entity and `within`: the greatest `by` (null is the least), then the greatest key."""
    best: dict[Any, Row] = {}
    for row in rows:
        place = (row["who"], within(row))
        rank = (row[by] is not None, row[by] or 0, row["id"])
        if row["who"] is not None and (
            place not in best or rank > (best[place][by] is not None, best[place][by] or 0, best[place]["id"])
        ):
            best[place] = row
    return list(best.values())


def proportion(frame: Frame, rows: Sequence[Row], share: Callable[[Row], bool], *,
               of: Callable[[Row], bool] = lambda row: True, latest_by: str | None = None,
               within: str = "period", over: str | Span = "period") -> dict[Cell, Result]:  # fmt: skip
    valid = [row for row in rows if has_come(frame, row["t"]) and of(row)]
    found: dict[Cell, Result] = {}
    if latest_by is not None and within == "all":
        valid = latest(valid, latest_by, lambda row: None)
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            mine = valid
            if start is not None and end is not None:
                begin, until = stretch(frame, start, end, over)
                mine = [row for row in valid if begin <= frame.calendar.day(row["t"]) < until]
            if latest_by is not None and within == "period":
                mine = latest(mine, latest_by, lambda row: None)
            for cut in frame.cuts:
                for segment in {segment_of(row, cut) for row in mine} | ({()} if not cut else set()):
                    counted = [row for row in mine if segment_of(row, cut) == segment]
                    n, k = len(counted), sum(1 for row in counted if share(row))
                    state = "no_data" if not n else "provisional" if not frame.final(end) else "final"
                    if state == "final" and n < frame.min_sample:
                        state = "small_sample"
                    value = Fraction(k, n) if n else None
                    found[grain, start, segment] = Result(value, k, n, state, interval=wilson(k, n))
    return uncovered(frame, found, over)


def ratio(frame: Frame, above: dict[Cell, Result], below: dict[Cell, Result],
          over: str | Span = "period") -> dict[Cell, Result]:  # fmt: skip
    """Divide sums by sums; a side without rows is 0, without a denominator there is no value, and segments add up."""
    found = {}
    for cell in {*above, *below}:
        n = above[cell].value if cell in above else 0
        d = below[cell].value if cell in below else 0
        if cell[2] and not d and not n:
            continue
        end = frame.calendar.end(cell[1], cell[0]) if cell[1] is not None else None
        value = Fraction(n) / Fraction(d) if d else None  # type: ignore[arg-type]
        # A segment's amount without a denominator is known, and has no value.
        state = (
            "no_data"
            if value is None and not (cell[2] and n)
            else "final"
            if frame.final(end)
            else "provisional"
        )
        found[cell] = Result(value, float(n or 0), float(d or 0), state)
    return uncovered(frame, found, over)


def stock(frame: Frame, rows: Sequence[Row], where: str) -> dict[Cell, list[Row]]:
    """Return the rows of a history that hold at a period's start or end; an open one is read at t."""
    found: dict[Cell, list[Row]] = {}
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            assert start is not None
            assert end is not None
            edge = frame.calendar.begins(start if where == "period_start" else end)
            just_before = where == "period_end" and edge <= frame.t
            moment = min(edge, frame.t)
            for cut in frame.cuts:
                found.setdefault((grain, start, ()), [])
                for row in rows:
                    begins = _moment(frame, row["from"])
                    ends = _moment(frame, row["to"])
                    if begins is None or not has_come(frame, row["from"]):
                        continue
                    if just_before:
                        holds = begins < moment and (ends is None or ends >= moment)
                    else:
                        holds = begins <= moment and (ends is None or ends > moment)
                    if holds:
                        found.setdefault((grain, start, segment_of(row, cut)), []).append(row)
    return found


def _moment(frame: Frame, value: Moment | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return frame.calendar.begins(value)


# -- conversion -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conversion:
    window: Span | None
    basis: str = "cohort"
    period_by: str = "entered"
    reentry: str = "first"
    implied: bool = False


@dataclass
class Entry:
    row: Row
    t: Moment
    u: Moment | None


def entries_of(ask: Conversion, starts: list[Row], successes: list[Row]) -> list[Entry]:
    def order(row: Row) -> tuple[Any, Any]:
        return row["t"], row["id"]

    people = {row["who"] for row in starts} | ({row["who"] for row in successes} if ask.implied else set())
    found = []
    for who in people:
        mine = sorted((row for row in starts if row["who"] == who), key=order)
        theirs = sorted((row for row in successes if row["who"] == who), key=order)
        if ask.reentry == "first":
            first = theirs[0]["t"] if theirs else None
            row = mine[0] if mine else theirs[0]
            entered = row["t"]
            if ask.implied and first is not None and first < entered:
                entered = first
            # The first entry to the later stage decides: one before the clock starts is not in the window.
            found.append(Entry(row, entered, first))
            continue
        clocks = mine if ask.reentry == "every" else mine[-1:]
        taken: dict[int, Moment] = {}
        for success in theirs:
            before = [index for index, row in enumerate(clocks) if row["t"] <= success["t"]]
            if before:
                taken.setdefault(before[-1], success["t"])
        found += [Entry(row, row["t"], taken.get(index)) for index, row in enumerate(clocks)]
    return found


def approximate_hours(span: Span) -> float:
    return (
        span[0] * {"second": 1 / 3600, "hour": 1, "day": 24, "week": 168, "month": 730, "year": 8766}[span[1]]
    )


def conversion(
    frame: Frame, ask: Conversion, starts: Sequence[Row], successes: Sequence[Row], *, days: bool
) -> dict[Cell, Result]:
    """Compute cohorts or flows; `days` says that the time of either side is a DATE."""
    before, after = _known(frame, starts, days), _known(frame, successes, days)
    if ask.basis == "period":
        return _flow(frame, ask, before, after)
    cohorts: dict[Cell, list[Line]] = {}
    for entry in entries_of(ask, before, after):
        end = plus(entry.t, ask.window, frame.calendar.zone) if ask.window else None
        line = _line(frame, ask, entry, end, days)
        if ask.period_by == "matured" and ask.window is not None and not line[1]:
            continue
        label = end if ask.period_by == "matured" and end is not None else entry.t
        for grain in frame.grains:
            start = frame.calendar.start(frame.calendar.day(label), grain)
            for cut in frame.cuts:
                cohorts.setdefault((grain, start, segment_of(entry.row, cut)), []).append(line)
    found: dict[Cell, Result] = {}
    for grain in frame.grains:
        for start, end_day in frame.periods(grain):
            if () in frame.cuts:
                found[grain, start, ()] = Result(None, 0, 0, "no_data")
            for (at, begin, segment), lines in cohorts.items():
                if (at, begin) == (grain, start):
                    found[at, begin, segment] = _cohort(frame, ask, end_day, lines)
    return found


Line = tuple[bool, bool, float]
"""Whether an entry converted, whether its window is over, and its age on the curve."""


def _known(frame: Frame, rows: Sequence[Row], days: bool) -> list[Row]:
    """Keep what happened by the watermark to somebody known; a day on either side makes all of it days."""
    kept = []
    for row in rows:
        if row["t"] is None or row["who"] is None:
            continue
        moment = frame.calendar.day(row["t"]) if days else row["t"]
        if moment <= (frame.calendar.day(frame.t - TICK) if days else frame.t):
            kept.append({**row, "t": moment})
    return kept


def _line(frame: Frame, ask: Conversion, entry: Entry, end: Moment | None, days: bool) -> Line:
    converted = entry.u is not None and entry.u >= entry.t and (end is None or entry.u < end)  # type: ignore[operator]
    over = end is not None and end <= (frame.calendar.day(frame.t) if days else frame.t)  # type: ignore[operator]
    if over and not converted:
        return converted, over, math.inf
    seen = entry.u if converted else frame.calendar.day(frame.t - TICK) if days else frame.t
    elapsed = seen - entry.t  # type: ignore[operator]
    hourly = ask.window is not None and approximate_hours(ask.window) <= 14 * 24
    age = elapsed.days if days else elapsed // timedelta(hours=1 if hourly else 24)
    return converted, over, float(age)


def _cohort(frame: Frame, ask: Conversion, end: date | None, lines: list[Line]) -> Result:
    n, k = len(lines), sum(1 for converted, _, _ in lines if converted)
    if ask.window is None:
        return Result(Fraction(k, n), k, n, "provisional", interval=wilson(k, n))
    completed = sum(1 for _, over, _ in lines if over)
    window = ask.window if ask.period_by == "entered" else None
    maturity = completed / n
    if frame.final(end, window) and completed == n:
        state = "small_sample" if n < frame.min_sample else "final"
        return Result(Fraction(k, n), k, n, state, maturity, wilson(k, n))
    value, interval = None, None
    if completed >= frame.min_sample:
        value, interval = kaplan_meier([(age, converted) for converted, _, age in lines])
        if completed == n:
            assert value == Fraction(k, n), "at full maturity the estimate is the plain ratio"
    return Result(value, k, n, "provisional", maturity, interval, check_interval=completed < n)


def _flow(frame: Frame, ask: Conversion, before: list[Row], after: list[Row]) -> dict[Cell, Result]:
    def chosen(rows: list[Row]) -> list[Row]:
        if ask.reentry == "every":
            return rows
        best: dict[Any, Row] = {}
        for row in sorted(rows, key=lambda row: (row["t"], row["id"]), reverse=ask.reentry == "last"):
            best.setdefault(row["who"], row)
        return list(best.values())

    entered = grouped(frame, chosen(before), lambda row: row["t"])
    moved = grouped(frame, chosen(after), lambda row: row["t"])
    found: dict[Cell, Result] = {}
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            cells = {cell for cell in (*entered, *moved) if cell[:2] == (grain, start)}
            for cell in cells | ({(grain, start, ())} if () in frame.cuts else set()):
                n, k = len(entered.get(cell, ())), len(moved.get(cell, ()))
                state = "no_data" if not n else "final" if frame.final(end) else "provisional"
                found[cell] = Result(Fraction(k, n) if n else None, k, n, state)
    return found
