"""What net shares, retention and win-back mean, in plain Python and as slowly as it likes.

Written from the published semantics alone and importing nothing of the product, as `reference` is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.soundness.reference import (
    TICK,
    Cell,
    Frame,
    Moment,
    Result,
    Row,
    Span,
    Z,
    approximate_hours,
    has_come,
    kaplan_meier,
    latest,
    plus,
    segment_of,
    stretch,
    uncovered,
    wilson,
)

# -- net share --------------------------------------------------------------------------------------


def net_share(frame: Frame, rows: Sequence[Row], positive: Callable[[Row], bool], negative: Callable[[Row], bool],
              *, of: Callable[[Row], bool] = lambda row: True, latest_by: str | None = None,
              within: str = "period", over: str | Span = "period") -> dict[Cell, Result]:  # fmt: skip
    """Subtract the share of the negative from that of the positive; every row says 1, 0 or -1."""
    valid = [row for row in rows if has_come(frame, row["t"]) and of(row)]
    if latest_by is not None and within == "all":
        valid = latest(valid, latest_by, lambda row: None)
    found: dict[Cell, Result] = {}
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
                    says = [positive(row) - negative(row) for row in mine if segment_of(row, cut) == segment]
                    n, total = len(says), sum(says)
                    state = "no_data" if not n else "provisional" if not frame.final(end) else "final"
                    if state == "final" and n < frame.min_sample:
                        state = "small_sample"
                    value = Fraction(total, n) if n else None
                    interval = _net_interval(says) if n else None
                    found[grain, start, segment] = Result(value, total, n, state, interval=interval)
    return uncovered(frame, found, over)


def _net_interval(says: Sequence[int]) -> tuple[float, float]:
    mean = Fraction(sum(says), len(says))
    variance = sum((each - mean) ** 2 for each in says) / len(says)
    reach = Z * math.sqrt(variance / len(says))
    return max(-1.0, float(mean) - reach), min(1.0, float(mean) + reach)


# -- retention --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Retention:
    """`within` None: active in the stretch itself; `over` as for a ratio, `gap` for subscriptions."""

    measure: str
    within: Span | None = None
    over: str | Span = "period"
    gap: Span | None = None


@dataclass
class Customer:
    """One customer's standing at one end of a period: since when it is a customer, and its worth."""

    row: Row
    worth: Fraction


def _comparable(frame: Frame, rows: Sequence[Row], days: bool, *names: str) -> list[Row]:
    """Make moments of one sort: local days where any of them is a DATE."""
    return [
        {**row, **{name: frame.calendar.day(row[name]) for name in names if days and row[name] is not None}}
        for row in rows
    ]


def _begins(frame: Frame, day: date, days: bool) -> Moment:
    return day if days else frame.calendar.begins(day)


def _not_after(frame: Frame, moment: Moment, days: bool) -> Moment:
    """Read an open period's end just after what is known."""
    known: Moment = frame.calendar.day(frame.t - TICK) + timedelta(days=1) if days else frame.t + TICK
    return min(moment, known)  # type: ignore[type-var]


def _known_by(frame: Frame, moment: Moment | None, days: bool) -> bool:
    if moment is None:
        return False
    return moment <= (frame.calendar.day(frame.t - TICK) if days else frame.t)  # type: ignore[operator]


def _before(frame: Frame, grain: str, start: date, begin: date, over: str | Span) -> date:
    """Return the first day of the stretch before the one that begins on a day."""
    if isinstance(over, tuple):
        return plus(begin, over, frame.calendar.zone, -1)  # type: ignore[return-value]
    whole = "fiscal_year" if over == "to_date" else grain
    found = frame.calendar.start(begin - timedelta(days=1), whole)
    assert found is not None
    return found


Standing = Callable[[str, date, date], tuple[dict[Any, Customer], dict[Any, Customer], dict[Any, Fraction]]]


def retention(frame: Frame, ask: Retention, standing: Standing) -> dict[Cell, Result]:
    """Divide what is left of each customer at the start by what there was.

    `standing` returns who is a customer at the start of a period and who at its end, and what the rest
    are worth there.
    """
    found: dict[Cell, Result] = {}
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            if start is not None and end is not None and not known_back(frame, ask, start, end):
                found[grain, start, ()] = Result(None, state="no_data")
                continue
            if start is None or end is None or not begun(frame, start, end, ask.over):
                found[grain, start, ()] = Result(None, 0, 0, "no_data")
                continue
            at_start, at_end, others = standing(grain, start, end)
            for cut in frame.cuts:
                segments = {segment_of(each.row, cut) for each in at_start.values()}
                for segment in segments | ({()} if not cut else set()):
                    mine = {
                        who: each for who, each in at_start.items() if segment_of(each.row, cut) == segment
                    }
                    n, d = _retained(ask.measure, mine, at_end, others)
                    value = n / d if d > 0 else None
                    state = (
                        "no_data"
                        if value is None
                        else "small_sample"
                        if len(mine) < frame.min_sample
                        else "final"
                    )
                    if value is not None and not frame.final(end, ask.gap):
                        state = "provisional"
                    interval = None
                    if ask.measure == "logo":
                        interval = wilson(int(n), len(mine))
                    found[grain, start, segment] = Result(value, float(n), float(d), state, interval=interval)
    return found


def begun(frame: Frame, start: date, end: date, over: str | Span) -> bool:
    """Tell whether what a period's value starts from has come."""
    return frame.calendar.begins(stretch(frame, start, end, over)[0]) < frame.t


def known_back(frame: Frame, ask: Retention, start: date, end: date) -> bool:
    """Tell whether the rows go back to the day in which the look-back of a period's start begins."""
    if ask.within is None or frame.first is None:
        return True
    begin = frame.calendar.begins(stretch(frame, start, end, ask.over)[0])
    return frame.calendar.day(plus(begin, ask.within, frame.calendar.zone, -1)) >= frame.first


def _retained(
    measure: str, start: dict[Any, Customer], end: dict[Any, Customer], others: dict[Any, Fraction]
) -> tuple[Fraction, Fraction]:
    n = d = Fraction(0)
    for who, customer in start.items():
        then, now = customer.worth, end[who].worth if who in end else None
        if measure == "logo":
            n, d = n + (now is not None), d + 1
        elif measure == "grr":
            then = max(then, Fraction(0))
            kept = Fraction(0) if now is None else max(Fraction(0), min(then, now))
            n, d = n + kept, d + then
        else:
            # Paid back to one who has left: it still counts.
            back = min(Fraction(0), others.get(who, Fraction(0)))
            n, d = n + (back if now is None else now), d + then
    return n, d


def by_activity(frame: Frame, ask: Retention, rows: Sequence[Row], values: Sequence[Row], *, days: bool,
                value_days: bool) -> Standing:  # fmt: skip
    """Tell customers by rows that show activity, worth the sum of `x` over the rows in the same stretch."""
    shown = [row for row in _comparable(frame, rows, days, "t") if _known_by(frame, row["t"], days)]
    shown = sorted((row for row in shown if row["who"] is not None), key=lambda row: (row["t"], row["id"]))
    paid = [
        row for row in _comparable(frame, values, value_days, "t") if _known_by(frame, row["t"], value_days)
    ]

    by_who: dict[Any, list[Row]] = {}
    for row in paid if ask.measure != "logo" else ():
        by_who.setdefault(row["who"], []).append(row)

    def stretches(grain: str, start: date, end: date, days: bool) -> list[tuple[Moment, Moment]]:
        begin, _ = stretch(frame, start, end, ask.over)
        if ask.within is None:
            days_ = (_before(frame, grain, start, begin, ask.over), begin, begin, end)
            bounds = [_begins(frame, day, days) for day in days_]
            return [(bounds[0], bounds[1]), (bounds[2], bounds[3])]
        ends = [_begins(frame, begin, days), _not_after(frame, _begins(frame, end, days), days)]
        return [(plus(each, ask.within, frame.calendar.zone, -1), each) for each in ends]

    def worth(who: Any, low: Moment, high: Moment) -> Fraction:
        mine = [row["x"] for row in by_who.get(who, ()) if low <= row["t"] < high]
        return Fraction(sum(each for each in mine if each is not None))

    def standing(grain: str, start: date, end: date) -> Any:
        sides = []
        for (low, high), (low_v, high_v) in zip(
            stretches(grain, start, end, days), stretches(grain, start, end, value_days), strict=True
        ):
            active: dict[Any, Customer] = {}
            for row in shown:
                if low <= row["t"] < high:
                    active[row["who"]] = Customer(row, worth(row["who"], low_v, high_v))
            sides.append((active, {who: worth(who, low_v, high_v) for who in set(by_who) - set(active)}))
        return sides[0][0], sides[1][0], sides[1][1]

    return standing


def by_subscription(frame: Frame, ask: Retention, rows: Sequence[Row], *, days: bool) -> Standing:
    """Tell customers by subscriptions [t, stop): one that ends at a moment is gone just after it."""
    held = [
        row
        for row in _comparable(frame, rows, days, "t", "stop")
        if row["who"] is not None
        and _known_by(frame, row["t"], days)
        and (row["stop"] is None or row["stop"] > row["t"])
    ]

    def standing_at(moment: Moment) -> dict[Any, Customer]:
        found: dict[Any, Customer] = {}
        for who in {row["who"] for row in held}:
            mine = sorted((row for row in held if row["who"] == who), key=lambda row: (row["t"], row["id"]))
            running = [
                row for row in mine if row["t"] < moment and (row["stop"] is None or row["stop"] >= moment)
            ]
            if not running and ask.gap is not None:
                running = _bridged(frame, mine, moment, ask.gap, days)
            if running:
                found[who] = Customer(running[-1], Fraction(sum(row["x"] or 0 for row in running)))
        return found

    def standing(grain: str, start: date, end: date) -> Any:
        begin, _ = stretch(frame, start, end, ask.over)
        last = _not_after(frame, _begins(frame, end, days), days)
        return standing_at(_begins(frame, begin, days)), standing_at(last), {}

    return standing


def _bridged(frame: Frame, mine: list[Row], moment: Moment, gap: Span, days: bool) -> list[Row]:
    """Return what ran last, if the next follows within the gap or still may."""
    past = [row for row in mine if row["t"] < moment]
    if not past:
        return []
    ended = max(row["stop"] for row in past)
    limit = plus(ended, gap, frame.calendar.zone)
    following = [row["t"] for row in mine if row["t"] >= moment]
    over: Moment = frame.calendar.day(frame.t) if days else frame.t
    bridges = min(following) <= limit if following else limit > over  # type: ignore[type-var,operator]
    still = bridges and (following or limit >= moment)  # type: ignore[operator]
    return [row for row in past if row["stop"] == ended] if still else []


# -- win-back ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WinBack:
    window: Span | None = None
    grace: Span | None = None
    lapse_after: Span | None = None
    gap: Span | None = None
    basis: str = "cohort"


@dataclass(frozen=True)
class Episode:
    """A lapse: its moment, the row that was in force, and when the customer came back."""

    row: Row
    lapse: Moment
    back: Moment | None


def silences(frame: Frame, ask: WinBack, rows: Sequence[Row], *, days: bool) -> list[Episode]:
    """Find each order that no other followed before `lapse_after` had passed; every order for a period's basis."""
    assert ask.lapse_after is not None
    shown = [row for row in _comparable(frame, rows, days, "t") if _known_by(frame, row["t"], days)]
    found = []
    for who in {row["who"] for row in shown if row["who"] is not None}:
        mine = sorted((row for row in shown if row["who"] == who), key=lambda row: (row["t"], row["id"]))
        for index, row in enumerate(mine):
            back = mine[index + 1]["t"] if index + 1 < len(mine) else None
            lapse = plus(row["t"], ask.lapse_after, frame.calendar.zone)
            lapsed = (back is None or back >= lapse) and _known_by(frame, lapse, days)
            # Whether it is one at a period's start is asked there: a silence is counted back from it.
            if lapsed or ask.basis == "period":
                found.append(Episode(row, lapse, back))
    return found


def endings(frame: Frame, ask: WinBack, rows: Sequence[Row], *, days: bool) -> list[Episode]:
    """Find each moment at which the last of a customer's subscriptions ended, gaps bridged."""
    held = [
        row
        for row in _comparable(frame, rows, days, "t", "stop")
        if row["who"] is not None
        and _known_by(frame, row["t"], days)
        and (row["stop"] is None or row["stop"] > row["t"])
    ]
    over: Moment = frame.calendar.day(frame.t) if days else frame.t
    found = []
    for who in {row["who"] for row in held}:
        mine = sorted((row for row in held if row["who"] == who), key=lambda row: (row["t"], row["id"]))
        for end in {row["stop"] for row in mine if row["stop"] is not None}:
            limit = plus(end, ask.gap, frame.calendar.zone) if ask.gap else end
            # Another runs on, or begins before the gap is over: no interruption.
            if any(row["t"] <= limit and (row["stop"] is None or row["stop"] > end) for row in mine):
                continue
            back = min((row["t"] for row in mine if row["t"] > end), default=None)
            if _known_by(frame, end, days) and (back is not None or limit <= over):  # type: ignore[operator]
                last = [row for row in mine if row["stop"] == end][-1]
                found.append(Episode(last, end, back))
    return found


def win_back(frame: Frame, ask: WinBack, episodes: Sequence[Episode], *, days: bool) -> dict[Cell, Result]:
    """Follow those who lapsed in a period, or ask in it for those who had lapsed before."""
    found: dict[Cell, Result] = {}
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            if () in frame.cuts:
                found[grain, start, ()] = Result(None, 0, 0, "no_data")
            if ask.basis == "cohort":
                chosen = [
                    each
                    for each in episodes
                    if frame.calendar.start(frame.calendar.day(each.lapse), grain) == start
                    and (each.back is None or each.back >= _shifted(frame, each.lapse, ask.grace))
                ]
            elif start is None:
                continue
            else:
                begin: Any = _begins(frame, start, days)
                chosen = [
                    each
                    for each in episodes
                    if _lapsed_by(frame, ask, each, begin) and (each.back is None or each.back >= begin)
                ]
            for cut in frame.cuts:
                for segment in {segment_of(each.row, cut) for each in chosen}:
                    mine = [each for each in chosen if segment_of(each.row, cut) == segment]
                    if ask.basis == "cohort":
                        found[grain, start, segment] = _followed(frame, ask, end, mine, days)
                        continue
                    assert end is not None
                    limit: Any = _begins(frame, end, days)
                    n, k = len(mine), sum(each.back is not None and each.back < limit for each in mine)
                    state = "small_sample" if n < frame.min_sample else "final"
                    if not frame.final(end, ask.gap):
                        state = "provisional"
                    found[grain, start, segment] = Result(Fraction(k, n), k, n, state, interval=wilson(k, n))
    return found


def _lapsed_by(frame: Frame, ask: WinBack, each: Episode, begin: Any) -> bool:
    """Tell whether somebody ordered before, but not in [begin - lapse_after, begin); or had left before begin."""
    if ask.lapse_after is None:
        return bool(each.lapse < begin)
    return bool(each.row["t"] < plus(begin, ask.lapse_after, frame.calendar.zone, -1))


def _shifted(frame: Frame, moment: Moment, span: Span | None) -> Any:
    return plus(moment, span, frame.calendar.zone) if span else moment


def _followed(frame: Frame, ask: WinBack, end: date | None, mine: Sequence[Episode], days: bool) -> Result:
    lines = []
    for each in mine:
        limit = _shifted(frame, each.lapse, ask.window) if ask.window else None
        won = each.back is not None and (limit is None or each.back < limit)
        over = limit is not None and limit <= (frame.calendar.day(frame.t) if days else frame.t)
        seen: Any = each.back if won else frame.calendar.day(frame.t - TICK) if days else frame.t
        elapsed = seen - each.lapse
        hourly = ask.window is not None and approximate_hours(ask.window) <= 14 * 24
        age = elapsed.days if days else elapsed // timedelta(hours=1 if hourly else 24)
        lines.append((math.inf if over and not won else float(age), won, over))
    n, k = len(lines), sum(won for _, won, _ in lines)
    if ask.window is None:
        return Result(Fraction(k, n), k, n, "provisional", interval=wilson(k, n))
    completed = sum(over for *_, over in lines)
    longest = max((span for span in (ask.window, ask.gap) if span), key=approximate_hours)
    if completed == n and frame.final(end, longest):
        state = "small_sample" if n < frame.min_sample else "final"
        return Result(Fraction(k, n), k, n, state, 1.0, wilson(k, n))
    value, interval = None, None
    if completed >= frame.min_sample:
        value, interval = kaplan_meier([(age, won) for age, won, _ in lines])
    return Result(value, k, n, "provisional", completed / n, interval, check_interval=completed < n)
