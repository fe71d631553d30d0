"""What a duration means, in plain Python: the published semantics and the axis that the kinds' page adds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.soundness import reference as plain
from tests.soundness.reference import TICK, Cell, Frame, Moment, Result, Row, Span, Z

SECOND = timedelta(seconds=1)
QUANTILES = {"p50": Fraction(1, 2), "p90": Fraction(9, 10)}


@dataclass(frozen=True)
class Duration:
    """`within` is a span, or the name of a column of the start that holds hours; `unit` is in seconds."""

    window: Span
    statistic: str
    basis: str = "from"
    within: Span | str | None = None
    unit: int = 3600
    watch: Watch | None = None


Week = tuple[tuple[tuple[int, int], ...], ...]
"""Of each weekday from Monday, the minutes of the wall clock from which and to which it is open."""
Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Watch:
    """Which time counts: open hours but on holidays, or all of it; less pauses, rows of who, t and until."""

    zone: str = "UTC"
    week: Week | None = None
    closed: frozenset[date] = frozenset()
    pauses: tuple[Row, ...] = ()

    def opened(self, start: datetime, end: datetime) -> Iterator[Interval]:
        """Yield the open intervals that two instants enclose, cut at both."""
        if self.week is None:
            yield start, end
            return
        day = start.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=1)
        while day <= end.astimezone(ZoneInfo(self.zone)).date():
            for opens, closes in () if day in self.closed else self.hours(day):
                if max(start, opens) < min(end, closes):
                    yield max(start, opens), min(end, closes)
            day += timedelta(days=1)

    def hours(self, day: date) -> list[Interval]:
        """Return a day's open intervals; one that a clock change moves on ends where the next begins."""
        assert self.week is not None
        midnight = datetime.combine(day, time())
        limit, found = plain.instant(midnight + timedelta(days=1), self.zone), []
        for opens, closes in reversed(self.week[day.weekday()]):
            sides = [plain.instant(midnight + timedelta(minutes=each), self.zone) for each in (opens, closes)]
            end = min(sides[1], limit)
            limit = min(sides[0], end)
            found.append((limit, end))
        return found[::-1]

    def ran(self, who: str, start: datetime, end: datetime, now: datetime) -> Fraction:
        """Return the seconds that the clock of somebody ran between two instants; an open pause lasts to now."""
        left = list(self.opened(start, end))
        for row in self.pauses:
            if row["who"] == who and row["t"] is not None and row["t"] <= now:
                until = now if row["until"] is None else min(row["until"], now)
                if until > row["t"]:
                    left = [piece for each in left for piece in without(each, (row["t"], until))]
        return sum((Fraction((b - a) // TICK, 10**6) for a, b in left), Fraction())


def without(each: Interval, hole: Interval) -> list[Interval]:
    """Return what is left of an interval."""
    parts = [(each[0], min(each[1], hole[0])), (max(each[0], hole[1]), each[1])]
    return [(a, b) for a, b in parts if a < b]


@dataclass
class Case:
    row: Row
    t: Moment
    u: Moment | None


def known(frame: Frame, rows: Sequence[Row], days: bool) -> list[Row]:
    """Keep what happened by the watermark to somebody known; a day on either side makes all of it days."""
    kept = []
    for row in rows:
        if row["t"] is None or row["who"] is None:
            continue
        moment = frame.calendar.day(row["t"]) if days else row["t"]
        if moment <= (frame.calendar.day(frame.t - TICK) if days else frame.t):
            kept.append({**row, "t": moment})
    return kept


def cases_of(starts: list[Row], ends: list[Row]) -> list[Case]:
    found = []
    for who in {row["who"] for row in starts}:
        first = min((row for row in starts if row["who"] == who), key=lambda row: (row["t"], row["id"]))
        since = [row["t"] for row in ends if row["who"] == who and row["t"] >= first["t"]]
        found.append(Case(first, first["t"], min(since, default=None)))
    return found


def elapsed(frame: Frame, ask: Duration, case: Case, end: Moment) -> Fraction:
    """Return the seconds of a case's clock until a moment."""
    if ask.watch is None:
        return seconds(case.t, end)
    assert isinstance(case.t, datetime)
    assert isinstance(end, datetime)
    return ask.watch.ran(case.row["who"], case.t, end, frame.t)


def seconds(start: Moment, end: Moment) -> Fraction:
    """Return the seconds between two moments of one type; a calendar day has 86400."""
    return Fraction((end - start) // TICK, 10**6)  # type: ignore[operator]


@dataclass
class Line:
    """A case: its time if it has one, the length of its window, over, and its place on the axis.

    `followed` is for how long it has been, None for ever: its window is over. `settled` says that its standard or
    its window is.
    """

    spent: Fraction | None
    bound: Fraction | None
    over: bool
    kept: bool
    age: float
    event: bool
    followed: Fraction | None = None
    settled: bool = True

    def reaches(self, spent: Fraction) -> bool:
        return self.followed is None or self.followed >= spent


def duration(
    frame: Frame, ask: Duration, starts: Sequence[Row], ends: Sequence[Row], *, days: bool
) -> dict[Cell, Result]:
    """Compute a duration; `days` says that the time of either side is a DATE."""
    cohorts: dict[Cell, list[Line]] = {}
    for case in cases_of(known(frame, starts, days), known(frame, ends, days)):
        if ask.basis == "to" and case.u is None:
            continue
        label = case.u if ask.basis == "to" else case.t
        assert label is not None
        line = _line(frame, ask, case, days)
        for grain in frame.grains:
            start = frame.calendar.start(frame.calendar.day(label), grain)
            for cut in frame.cuts:
                cohorts.setdefault((grain, start, plain.segment_of(case.row, cut)), []).append(line)
    found: dict[Cell, Result] = {}
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            if () in frame.cuts:
                found[grain, start, ()] = Result(None, 0, 0, "no_data")
            for (at, begin, segment), lines in cohorts.items():
                if (at, begin) == (grain, start):
                    found[at, begin, segment] = _result(frame, ask, end, start, lines)
    return found


def _line(frame: Frame, ask: Duration, case: Case, days: bool) -> Line:
    zone = frame.calendar.zone
    today: Moment = frame.calendar.day(frame.t) if days else frame.t
    edge: Moment = frame.calendar.day(frame.t - TICK) if days else frame.t
    if ask.basis == "to":
        assert case.u is not None
        spent = elapsed(frame, ask, case, case.u)
        return Line(spent, None, True, _kept(frame, ask, case, zone), 0.0, True)
    end = plain.plus(case.t, ask.window, zone)
    answered = case.u is not None and case.u < end  # type: ignore[operator]
    over = end <= today  # type: ignore[operator]
    spent = elapsed(frame, ask, case, case.u) if answered and case.u is not None else None
    kept = answered and _kept(frame, ask, case, zone)
    event = kept if ask.statistic == "share_within" else answered
    late = over or (ask.statistic == "share_within" and _late(frame, ask, case, today, zone))
    followed = elapsed(frame, ask, case, edge)
    if event:
        assert spent is not None
        age = float(spent // _step(ask, days))
    else:
        age = math.inf if answered or late else float(followed // _step(ask, days))
    bound = elapsed(frame, ask, case, end)
    return Line(spent, bound, over, kept, age, event, None if over else followed, late)


def _step(ask: Duration, days: bool) -> int:
    return 86400 if days else 60 if plain.approximate_hours(ask.window) <= 14 * 24 else 3600


def _hours(ask: Duration, case: Case) -> Fraction | None:
    """Return the standard in hours; None where it is a calendar span, or not known."""
    if isinstance(ask.within, str):
        hours = case.row[ask.within]
        return None if hours is None else Fraction(hours)
    assert ask.within is not None
    return Fraction(ask.within[0]) if ask.within[1] == "hour" else None


def _kept(frame: Frame, ask: Duration, case: Case, zone: str) -> bool:
    """Tell whether the second event came at or before the end of the standard."""
    if ask.statistic != "share_within" or case.u is None:
        return False
    hours = _hours(ask, case)
    if hours is not None:
        return elapsed(frame, ask, case, case.u) <= hours * 3600
    if isinstance(ask.within, tuple):
        return case.u <= plain.plus(case.t, ask.within, zone)  # type: ignore[operator]
    return False


def _late(frame: Frame, ask: Duration, case: Case, today: Moment, zone: str) -> bool:
    """Tell whether the standard's time is over, or there is none."""
    hours = _hours(ask, case)
    if hours is not None:
        return elapsed(frame, ask, case, today) > hours * 3600
    if isinstance(ask.within, tuple):
        return plain.plus(case.t, ask.within, zone) < today  # type: ignore[operator]
    return True


def _result(frame: Frame, ask: Duration, end: date | None, start: date | None, lines: list[Line]) -> Result:
    n = len(lines)
    shared = ask.statistic == "share_within"
    k = sum(1 for line in lines if (line.kept if shared else line.spent is not None))
    if ask.basis == "to":
        state = "provisional" if not frame.final(end) else "small_sample" if n < frame.min_sample else "final"
        value, interval = _plain(ask, lines)
        return Result(value, k, n, state, _elapsed(frame, start, end), interval)
    percentile = QUANTILES.get(ask.statistic)
    whole = all(line.over for line in lines)
    reached = _plain(ask, lines)[0] if percentile else None
    spent = None if reached is None else reached * ask.unit
    # What nobody's open time can change: a percentile that all were followed for, a share that all are settled of.
    known = whole or (shared and all(line.settled for line in lines))
    known = known or (spent is not None and all(line.reaches(spent) for line in lines))
    final = known and frame.final(end, _waits(ask, spent))
    value, interval = _plain(ask, lines) if known else _estimated(ask, lines)
    if percentile and known and not whole:
        interval = _half_known(ask, lines)
    enough = sum(1 for line in lines if (line.settled if shared else line.over))
    if percentile:
        enough = 0 if value is None else sum(1 for line in lines if line.reaches(value * ask.unit))
    if not final and enough < frame.min_sample:
        value, interval = None, None
    state = "provisional" if not final else "small_sample" if n < frame.min_sample else "final"
    matured = sum(1 for line in lines if (line.settled if shared else line.over))
    return Result(value, k, n, state, 1.0 if final else matured / n, interval)


def _waits(ask: Duration, spent: Fraction | None) -> Span | None:
    """Return what must pass after a period: the standard, the percentile itself in whole seconds, or the window."""
    if ask.watch is not None or ask.statistic == "mean":
        return ask.window
    waits = ask.within if isinstance(ask.within, tuple) else None
    if ask.statistic in QUANTILES and spent is not None:
        waits = (math.ceil(spent), "second")
    longer = waits is None or plain.approximate_hours(waits) > plain.approximate_hours(ask.window)
    return ask.window if longer else waits


def _half_known(ask: Duration, lines: list[Line]) -> tuple[float, float] | None:
    """Return the interval of a percentile that is known: its upper end may be one that is not, and is estimated."""
    ages = [math.inf if line.spent is None else float(line.spent) for line in lines]
    low, high = _ends(ask, [(age, age < math.inf) for age in ages])
    if high is None or not all(line.reaches(Fraction(high)) for line in lines):
        _, estimated = _estimated(ask, lines)
        return estimated and low and (low / ask.unit, estimated[1])
    assert low is not None
    return low / ask.unit, high / ask.unit


def _elapsed(frame: Frame, start: date | None, end: date | None) -> float:
    if start is None or end is None:
        return 1.0
    begins, ends = frame.calendar.begins(start), frame.calendar.begins(end)
    return min(1.0, max(0.0, (frame.t - begins) / (ends - begins)))


Found = tuple[Fraction | None, tuple[float, float] | None]


def _plain(ask: Duration, lines: list[Line]) -> Found:
    n = len(lines)
    if ask.statistic == "share_within":
        k = sum(1 for line in lines if line.kept)
        return Fraction(k, n), plain.wilson(k, n)
    if ask.statistic == "mean":
        took = [_bounded(line) for line in lines]
        mean = sum(took, Fraction()) / n
        if n < 2:
            return mean / ask.unit, None
        whole = [math.floor(each) for each in took]
        middle = Fraction(sum(whole), n)
        spread = sum((each - middle) ** 2 for each in whole) / (n - 1)
        return mean / ask.unit, _around(mean, math.sqrt(spread / n), ask.unit)
    ordered = sorted(line.spent for line in lines if line.spent is not None)
    reached = [each for each in ordered
               if Fraction(sum(1 for other in ordered if other <= each), n) >= QUANTILES[ask.statistic]]  # fmt: skip
    ages = [math.inf if line.spent is None else float(line.spent) for line in lines]
    found = _inverted(ask, [(age, age < math.inf) for age in ages])
    limits = {float(spent): float(spent / ask.unit) for spent in ordered}
    return (reached[0] / ask.unit if reached else None), found and (limits[found[0]], limits[found[1]])


def _inverted(ask: Duration, lines: Sequence[tuple[float, bool]]) -> tuple[float, float] | None:
    low, high = _ends(ask, lines)
    return None if low is None or high is None else (low, high)


def _ends(ask: Duration, lines: Sequence[tuple[float, bool]]) -> tuple[float | None, float | None]:
    """Return the ages at which the sides of the log-log band of S come down to 1 - p, one event at a time."""
    left = 1 - float(QUANTILES[ask.statistic]) + 1e-12
    survival, variance = Fraction(1), 0.0
    lower: float | None = None
    for age in sorted({age for age, event in lines if event}):
        at_risk = sum(1 for other, _ in lines if other >= age)
        for n in range(at_risk, at_risk - sum(1 for other, event in lines if event and other == age), -1):
            survival *= 1 - Fraction(1, n)
            if survival == 0:
                return lower, None
            variance += 1 / (n * (n - 1))
            s = float(survival)
            spread = math.exp(Z * math.sqrt(variance) / abs(math.log(s)))
            if lower is None and s**spread <= left:
                lower = age
            if s ** (1 / spread) <= left:
                assert lower is not None
                return lower, age
    return lower, None


def _bounded(line: Line) -> Fraction:
    if line.spent is not None:
        return line.spent
    assert line.bound is not None
    return line.bound


def _around(mean: Fraction, error: float, unit: int) -> tuple[float, float]:
    return max(0.0, float(mean) - Z * error) / unit, (float(mean) + Z * error) / unit


def _estimated(ask: Duration, lines: list[Line]) -> Found:
    if ask.statistic == "share_within":
        return plain.kaplan_meier([(line.age, line.event) for line in lines])
    curve = []
    survival = Fraction(1)
    for age in sorted({line.age for line in lines if line.event}):
        here = [line.spent for line in lines if line.event and line.age == age and line.spent is not None]
        at_risk = sum(1 for line in lines if line.age >= age)
        before, survival = survival, survival * (1 - Fraction(len(here), at_risk))
        curve.append((here, at_risk, before, survival))
    if ask.statistic != "mean":
        reached = [here for here, _, _, after in curve if 1 - after >= QUANTILES[ask.statistic]]
        # Within one step of the axis all of its events have happened at the longest of them.
        longest: dict[float, Fraction] = {}
        for line in lines:
            if line.event and line.spent is not None:
                longest[line.age] = max(line.spent, longest.get(line.age, line.spent))
        found = _inverted(ask, [(line.age, line.event) for line in lines])
        between = found and (float(longest[found[0]] / ask.unit), float(longest[found[1]] / ask.unit))
        return (max(reached[0]) / ask.unit if reached else None), between
    waiting = [line.bound for line in lines if line.spent is None and line.bound is not None]
    tail = survival * sum(waiting, Fraction()) / len(waiting) if waiting else Fraction()
    means = [sum(here, Fraction()) / len(here) for here, *_ in curve]
    areas = [(before - after) * mean for (_, _, before, after), mean in zip(curve, means, strict=True)]
    variance = 0.0
    for index, (here, at_risk, _, after) in enumerate(curve):
        if len(here) < at_risk:
            rest = sum(areas[index + 1 :], tail) - after * means[index]
            variance += float(rest) ** 2 * len(here) / (at_risk * (at_risk - len(here)))
    mean = sum(areas, tail)
    return mean / ask.unit, _around(mean, math.sqrt(variance), ask.unit)
