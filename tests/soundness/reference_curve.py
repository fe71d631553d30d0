"""What a retention curve means, in plain Python: customer by customer, age by age, day by day.

Written from metrics/kinds/retention/README.md and the published semantics, importing nothing of the product.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.soundness.reference import (
    TICK,
    Cell,
    Frame,
    Result,
    Row,
    Segment,
    Span,
    Z,
    plus,
    plus_months,
    segment_of,
    wilson,
)
from tests.soundness.reference_lifecycle import _comparable, _known_by

ONE = timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}


@dataclass(frozen=True)
class Curve:
    """`within` None and no subscriptions: active by a row in the period; `late`: won before the first row."""

    measure: str
    within: Span | None = None
    gap: Span | None = None
    observed_from: date | None = None
    ages: int = 36


@dataclass
class Life:
    """A customer: its first row, the days on which it was won, first seen and lost, and all its rows."""

    row: Row
    since: date
    seen: date
    lost: date | None
    rows: list[Row]


def older(day: date, grain: str, age: int) -> date:
    """Return the day that lies so many periods of a grain after a day."""
    if grain in MONTHS:
        return plus_months(day, age * MONTHS[grain])
    return day + timedelta(days=age * (7 if grain == "week" else 1))


def age_on(since: date, day: date, grain: str) -> int:
    """Return how many whole periods have passed; -1 on a day before."""
    age = -1
    while older(since, grain, age + 1) <= day:
        age += 1
    return age


def last_known(frame: Frame, gap: Span | None) -> date:
    """Return the last day that is over, the gap after it included."""
    today, zone = frame.calendar.day(frame.t), frame.calendar.zone
    day = today
    while (plus(day, gap, zone) if gap else day) >= today:  # type: ignore[operator]
        day -= ONE
    return day


# -- who lived when ---------------------------------------------------------------------------------


def by_rows(frame: Frame, ask: Curve, rows: Sequence[Row], *, days: bool) -> list[Life]:
    """Tell customers by their rows; `won` of a row may lie before the first."""
    shown = [row for row in _comparable(frame, rows, days, "t") if _known_by(frame, row["t"], days)]
    found = []
    for who in sorted({row["who"] for row in shown if row["who"] is not None}):
        mine = sorted((row for row in shown if row["who"] == who), key=lambda row: (row["t"], row["id"]))
        first = frame.calendar.day(mine[0]["t"])
        won = [row["won"] for row in mine if row.get("won") is not None]
        lost = None
        for row, following in zip(mine, [*mine[1:], None], strict=True):
            if ask.within is not None and lost is None:
                limit: Any = plus(row["t"], ask.within, frame.calendar.zone)
                if following is None or following["t"] >= limit:
                    lost = frame.calendar.day(limit)
        found.append(Life(mine[0], min([first, *won]), first, lost, mine))
    return found


def by_stays(frame: Frame, ask: Curve, rows: Sequence[Row], *, days: bool) -> list[Life]:
    """Tell customers by their first stay: subscriptions that follow each other within the gap."""
    held = [
        row
        for row in _comparable(frame, rows, days, "t", "stop")
        if row["who"] is not None
        and _known_by(frame, row["t"], days)
        and (row["stop"] is None or row["stop"] > row["t"])
    ]
    over: Any = frame.calendar.day(frame.t) if days else frame.t
    found = []
    for who in sorted({row["who"] for row in held}):
        mine = sorted((row for row in held if row["who"] == who), key=lambda row: (row["t"], row["id"]))
        until: Any = mine[0]["stop"]
        for row in mine[1:]:
            limit = plus(until, ask.gap, frame.calendar.zone) if until is not None and ask.gap else until
            if until is not None and row["t"] > limit:
                break
            until = None if until is None or row["stop"] is None else max(until, row["stop"])
        lost = None
        if until is not None:
            limit = plus(until, ask.gap, frame.calendar.zone) if ask.gap else until
            follows = any(row["t"] > limit for row in mine)
            settled = _known_by(frame, until, days) and (follows or limit <= over)
            lost = frame.calendar.day(until) if settled else None
        since = frame.calendar.day(mine[0]["t"])
        seen = max(since, ask.observed_from) if ask.observed_from else since
        found.append(Life(mine[0], since, seen, lost, mine))
    return found


# -- the triangle -----------------------------------------------------------------------------------


def cohorts(frame: Frame, lives: Sequence[Life]) -> Iterator[tuple[str, date, Segment, list[Life]]]:
    for grain in frame.grains:
        if grain == "all":
            continue
        for start in sorted({frame.calendar.start(life.since, grain) for life in lives}):  # type: ignore[type-var]
            assert start is not None
            born = [life for life in lives if frame.calendar.start(life.since, grain) == start]
            for cut in frame.cuts:
                for segment in sorted({segment_of(life.row, cut) for life in born}):
                    yield grain, start, segment, [e for e in born if segment_of(e.row, cut) == segment]


def aged(segment: Segment, age: int) -> Segment:
    return tuple(sorted((*segment, ("age", f"{age:02d}"))))


def alive_between(frame: Frame, ask: Curve, lives: Sequence[Life]) -> list[Life]:
    """Return who was won and under observation by the last known day, with what is known of their loss."""
    edge = last_known(frame, ask.gap)
    kept = []
    for life in lives:
        lost = life.lost if life.lost is not None and life.lost <= edge else None
        gone = lost is not None and life.seen > life.since and lost <= life.seen
        in_time = life.seen < edge or life.seen == life.since
        if life.since <= edge and in_time and not gone:
            kept.append(Life(life.row, life.since, life.seen, lost, life.rows))
    return kept


def survival(frame: Frame, ask: Curve, everybody: Sequence[Life]) -> dict[Cell, Result]:
    """Return the share that is still there at each age, by Kaplan-Meier."""
    lives, edge = alive_between(frame, ask, everybody), last_known(frame, ask.gap)
    found: dict[Cell, Result] = {}
    for grain, start, segment, found_born in cohorts(frame, lives):
        born = [e for e in found_born if e.seen == e.since or age_on(e.since, e.seen, grain) < ask.ages]
        seen_at_once = [each for each in born if age_on(each.since, each.seen, grain) == 0]
        if not seen_at_once:
            continue
        end = frame.calendar.end(start, grain)
        for age in range(ask.ages + 1):
            reached = [each for each in born if older(each.since, grain, age) <= edge]
            if not reached:
                break
            there = [each for each in reached if each.lost is None or lost_at(each, grain) > age]
            whole = len(reached) == len(born) and frame.final(older(end, grain, age), ask.gap)
            state = (
                "provisional" if not whole
                else "small_sample" if len(seen_at_once) < frame.min_sample else "final"
            )  # fmt: skip
            value, interval = kaplan_meier(born, grain, age, edge)
            if len(reached) < len(born) and len(reached) < frame.min_sample:
                value, interval = None, None
            found[grain, start, aged(segment, age)] = Result(
                value, len(there), len(born), state, len(reached) / len(born), interval
            )
    return found


def lost_at(life: Life, grain: str) -> int:
    """Return the first age at which a lost customer is gone: that of the day of its loss, 1 at least."""
    assert life.lost is not None
    age = 1
    while older(life.since, grain, age) < life.lost:
        age += 1
    return age


def kaplan_meier(born: Sequence[Life], grain: str, age: int, edge: date) -> tuple[Fraction, Any]:
    """Multiply over days; a day is told by the age that it belongs to, then by the days since the start."""
    lines = []
    for life in born:
        left: tuple[float, float] = (age_on(life.since, edge, grain), (edge - life.since).days)
        if life.lost is not None:
            left = (lost_at(life, grain) - 1, (life.lost - life.since).days)
        entered = (-1, -1)
        if life.seen > life.since:
            entered = (age_on(life.since, life.seen, grain), (life.seen - life.since).days)
        lines.append((entered, left, life.lost is not None))
    share, variance = Fraction(1), 0.0
    for moment in sorted({left for _, left, gone in lines if gone and left[0] < age}):
        died = sum(gone and left == moment for _, left, gone in lines)
        at_risk = sum(entered < moment <= left for entered, left, _ in lines)
        share *= 1 - Fraction(died, at_risk)
        variance = math.inf if died == at_risk else variance + died / (at_risk * (at_risk - died))
    if share in (0, 1):
        return share, None
    reach = math.exp(Z * math.sqrt(variance) / abs(math.log(share)))
    return share, (float(share) ** reach, float(share) ** (1 / reach))


def shares(
    frame: Frame, ask: Curve, everybody: Sequence[Life], values: Sequence[Row], *, by: str
) -> dict[Cell, Result]:
    """Divide at each age; `by` is period, within or subscription."""
    lives = [each for each in alive_between(frame, ask, everybody) if each.seen == each.since]
    edge, newest = last_known(frame, ask.gap), frame.calendar.day(frame.t - TICK)
    found: dict[Cell, Result] = {}
    for grain, start, segment, born in cohorts(frame, lives):
        end = frame.calendar.end(start, grain)
        first = 0
        for age in range(ask.ages + 1):
            if by == "period":
                reached = born if older(start, grain, age) <= newest else []
            else:
                lasts = by == "within"
                reached = [e for e in born if older(e.since, grain, age + lasts) <= edge + lasts * ONE]
            if not reached:
                break
            first = first or len(reached)
            n = d = Fraction(0)
            for life in reached:
                bring, there = _brings(frame, ask, life, grain, age, values, by)
                then, _ = _brings(frame, ask, life, grain, 0, values, by)
                if ask.measure == "logo":
                    n, d = n + there, d + 1
                elif ask.measure == "grr":
                    then = max(then, Fraction(0))
                    n, d = n + (max(Fraction(0), min(then, bring)) if there else 0), d + then
                else:
                    n, d = n + (bring if there else min(bring, Fraction(0))), d + then
            value = n / d if d > 0 else None
            over = older(end, grain, age + (by == "within" and ask.measure != "logo"))
            final = len(reached) == first and frame.final(over, ask.gap)
            state = (
                "no_data" if value is None else "provisional" if not final
                else "small_sample" if len(reached) < frame.min_sample else "final"
            )  # fmt: skip
            interval = wilson(int(n), len(reached)) if ask.measure == "logo" else None
            found[grain, start, aged(segment, age)] = Result(
                value, float(n), float(d), state, interval=interval
            )
    return found


def _brings(
    frame: Frame, ask: Curve, life: Life, grain: str, age: int, values: Sequence[Row], by: str
) -> tuple[Fraction, bool]:
    """Return what a customer is worth at an age, and whether it is there."""
    calendar = frame.calendar
    if by == "period":
        start = calendar.start(life.since, grain)
        assert start is not None
        low = older(start, grain, age)
        high = calendar.end(low, grain)
        there = any(low <= calendar.day(row["t"]) < high for row in life.rows)
    else:
        low, high = older(life.since, grain, age), older(life.since, grain, age + 1)
        there = life.lost is None or lost_at(life, grain) > age
    if by == "subscription":
        return _pays(frame, ask, life.rows, low), there
    mine = [
        row for row in values
        if row["who"] == life.row["who"] and row["t"] is not None and row["x"] is not None
        and low <= calendar.day(row["t"]) < high
    ]  # fmt: skip
    return Fraction(sum(row["x"] for row in mine)), there


def _pays(frame: Frame, ask: Curve, rows: list[Row], day: date) -> Fraction:
    """Return what the subscriptions that run on a day are worth; through a bridged gap the last one stands."""
    on = frame.calendar.day
    running = [row for row in rows if on(row["t"]) <= day and (row["stop"] is None or on(row["stop"]) > day)]
    before = [row for row in rows if on(row["t"]) <= day]
    if not running and before and ask.gap is not None:
        ended = max(row["stop"] for row in before)
        limit: Any = plus(ended, ask.gap, frame.calendar.zone)
        following = [row["t"] for row in rows if on(row["t"]) > day]
        if following and min(following) <= limit:
            running = [row for row in before if row["stop"] == ended]
    return Fraction(sum(row["x"] or 0 for row in running))


def known(frame: Frame, rows: Sequence[Row], days: bool) -> list[Row]:
    """Return the rows that have happened by the watermark."""
    return [row for row in _comparable(frame, rows, days, "t") if _known_by(frame, row["t"], days)]
