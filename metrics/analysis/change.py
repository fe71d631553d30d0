"""A metric's change from one period to another, and what can be said of it.

Of a whole count or sum nothing was sampled: its change is a fact. Apart from that it is judged whether the level
is out of the ordinary, by the trend of the periods before. All others have an interval: that of sampling where both
values have one and share no rows (Newcombe's for shares, the same method for all others, Zou & Donner 2008).
Elsewhere (formulas, stretches that overlap) it is how far the series usually moves over the same distance, from one
period to the next or from one year to the next; with too few periods to know that, nothing can be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import nan

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Direction, Metric
from metrics.grain import Calendar, Grain
from metrics.kind import kind_of, share_rows
from metrics.observation import PUBLISHED, Observation, State
from metrics.statistics.comparison import (
    Verdict,
    fact,
    hybrid_difference,
    implied_p,
    usual_movement,
    verdict,
)
from metrics.statistics.intervals import Interval
from metrics.statistics.trend import Level, expected

SEASONS = {Grain.DAY: 7, Grain.WEEK: 52, Grain.MONTH: 12, Grain.QUARTER: 4, Grain.FISCAL_QUARTER: 4}
"""After how many periods a season comes back."""


class Basis(StrEnum):
    """What it rests on that a change is one: a whole count or sum, or an interval and what that is made of."""

    WHOLE = "whole"
    SAMPLING = "sampling"
    USUAL_MOVEMENT = "usual_movement"


@dataclass(frozen=True)
class Change:
    """A value less an earlier one, in the metric's unit.

    `p` is the two-sided p that the interval implies. The verdict is not_enough_data where either value is a
    small sample or no interval is known. With the basis `whole` the difference is a fact and has no interval: what
    is judged is the `level` of the later value, `p` is that judgement's, and `expected_lower` and `expected_upper`
    are what its trend would give. It is not judged where its periods share rows.
    """

    difference: float
    lower: float | None
    upper: float | None
    p: float | None
    basis: Basis | None
    verdict: Verdict
    level: Level | None = None
    expected_lower: float | None = None
    expected_upper: float | None = None


def change(
    metric: Metric, catalog: Catalog, now: Observation, before: Observation, series: Sequence[Observation]
) -> Change | None:
    """Return the change between two observations of one segment, or None where either has no final value.

    `series` are the segment's observations at this grain; those from before the later of the two tell how far
    it usually moves.
    """
    if now.value is None or before.value is None or not {now.state, before.state} <= PUBLISHED:
        return None
    difference, direction = now.value - before.value, metric.direction.value
    if State.SMALL_SAMPLE in (now.state, before.state):
        return Change(difference, None, None, None, None, verdict(None, direction))
    if kind_of(metric).is_whole(metric, catalog):
        return _fact(metric, catalog, now, before, series)
    first, second = _interval(now), _interval(before)
    together = share_rows(catalog, (metric, now.period), (metric, before.period))
    if first is not None and second is not None and not together:
        interval = hybrid_difference(now.value, first, before.value, second)[1]
        p, basis = implied_p(difference, interval), Basis.SAMPLING
    else:
        usual = usual_movement(*_past(catalog.company.calendar, now, before, series))
        if usual is None:
            return Change(difference, None, None, None, None, verdict(None, direction))
        interval, p, basis = usual.interval(difference), usual.p(difference), Basis.USUAL_MOVEMENT
    return Change(difference, interval.lower, interval.upper, p, basis, verdict(interval, direction))


def judged(
    metric: Metric, catalog: Catalog, found: Observation, series: Sequence[Observation]
) -> Change | None:
    """Return the value of a `difference` as the change that it is; None for other kinds, or without a final value.

    With `shift` it is the change of the metric below, judged as any change of it: `series` are that metric's
    observations of the segment at this grain, and its direction counts where the difference has none. With
    `minus` the difference's own interval says.
    """
    kind = kind_of(metric)
    compared = kind.compared(metric)
    if compared is None or found.value is None or found.state not in PUBLISHED:
        return None
    if compared.shift is None:
        own = _interval(found) if found.state is State.FINAL else None
        said = verdict(own, metric.direction.value)
        if own is None:
            return Change(found.value, None, None, None, None, said)
        return Change(found.value, own.lower, own.upper, implied_p(found.value, own), Basis.SAMPLING, said)
    below, held = catalog.metric(compared.of), {one.period: one for one in series}
    sides = kind.input_periods(metric, found.period, catalog.company.calendar)
    now, before = (held.get(period) for _, period in sides)
    if now is None or before is None:
        return None
    sided = metric if metric.direction in (Direction.UP, Direction.DOWN) else below
    return change(replace(below, direction=sided.direction), catalog, now, before, series)


def _interval(found: Observation) -> Interval | None:
    if found.lower is None or found.upper is None:
        return None
    return Interval(found.lower, found.upper)


def _fact(
    metric: Metric, catalog: Catalog, now: Observation, before: Observation, series: Sequence[Observation]
) -> Change:
    """Return the change of what was not sampled, with its level judged by the trend of the periods before."""
    assert now.value is not None
    assert before.value is not None
    calendar, difference = catalog.company.calendar, now.value - before.value
    found = Change(difference, None, None, None, Basis.WHOLE, fact(difference, metric.direction.value))
    if now.period.start is None or before.period.start is None or now.period.start < before.period.start:
        return found
    if share_rows(catalog, (metric, now.period), (metric, calendar.previous(now.period))):
        return found
    past, _ = _past(calendar, now, before, series)
    ahead = expected(past, now.value, SEASONS.get(now.period.grain))
    if ahead is None:
        return replace(found, level=Level.TOO_LITTLE_PAST)
    return replace(
        found, p=ahead.p, level=ahead.level, expected_lower=ahead.lower, expected_upper=ahead.upper
    )


def _past(
    calendar: Calendar, now: Observation, before: Observation, series: Sequence[Observation]
) -> tuple[list[float], int]:
    """Return the final values before the later period, the oldest first, and how many periods lie between.

    There is one value a period, nan where none is final: a gap must not bring its neighbours together.
    """
    first, last = sorted((now.period, before.period), key=lambda period: str(period.start))
    known = {one.period: one.value for one in series if one.state is State.FINAL and one.value is not None}
    begun = [period.start for period in (*known, first) if period.start is not None]
    if last.start is None or not begun:
        return [], 1
    periods = list(calendar.periods(last.grain, min(begun), last.start))
    past = [known.get(period, nan) for period in periods if period != last]
    return past, max(1, len(periods) - 1 - periods.index(first))
