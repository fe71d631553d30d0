"""A metric's change from one period to another: its interval, and what can be said of it.

The interval is that of sampling where both values have one and share no rows: Newcombe's for shares, the same
method for all others (Zou & Donner 2008), exact Poisson limits for counts. Elsewhere (sums, formulas, stretches
that overlap) it is how far the series usually moves from one period to the next; with too few periods to know
that, nothing can be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from metrics.expression import Measure
from metrics.grain import Calendar, Period
from metrics.model import Metric, Over
from metrics.observation import Observation, State
from metrics.statistics.comparison import (
    Verdict,
    hybrid_difference,
    implied_p,
    poisson_limits,
    usual_movement,
    verdict,
)
from metrics.statistics.intervals import Interval
from metrics.stretch import covered

_COUNTS = ("count", "count_new")


class Basis(StrEnum):
    """What the interval of a change is made of."""

    SAMPLING = "sampling"
    USUAL_MOVEMENT = "usual_movement"


@dataclass(frozen=True)
class Change:
    """A value less an earlier one, in the metric's unit.

    `p` is the two-sided p that the interval implies. The verdict is None where no side is better, and
    not_enough_data where either value is a small sample or no interval is known.
    """

    difference: float
    lower: float | None
    upper: float | None
    p: float | None
    basis: Basis | None
    verdict: Verdict | None


def change(
    metric: Metric, calendar: Calendar, now: Observation, before: Observation, series: Sequence[Observation]
) -> Change | None:
    """Return the change between two observations of one segment, or None where either has no final value.

    `series` are the segment's observations at this grain; those from before the later of the two tell how far
    it usually moves.
    """
    if now.value is None or before.value is None or not {now.state, before.state} <= _CLOSED:
        return None
    difference = now.value - before.value
    small = State.SMALL_SAMPLE in (now.state, before.state)
    interval, basis = (None, None) if small else _interval(metric, calendar, now, before, series)
    said = verdict(interval, metric.direction.value)
    if interval is None:
        return Change(difference, None, None, None, None, said)
    return Change(difference, interval.lower, interval.upper, implied_p(difference, interval), basis, said)


_CLOSED = {State.FINAL, State.SMALL_SAMPLE}


def _interval(metric: Metric, calendar: Calendar, now: Observation, before: Observation,
              series: Sequence[Observation]) -> tuple[Interval | None, Basis | None]:  # fmt: skip
    assert now.value is not None
    assert before.value is not None
    first, second = limits(metric, now), limits(metric, before)
    if (
        first is not None
        and second is not None
        and not _share_rows(metric, calendar, now.period, before.period)
    ):
        return hybrid_difference(now.value, first, before.value, second)[1], Basis.SAMPLING
    usual = usual_movement(_values(series, until=now.period.start))
    if usual is None:
        return None, None
    difference = now.value - before.value
    return Interval(difference - usual, difference + usual), Basis.USUAL_MOVEMENT


def limits(metric: Metric, found: Observation) -> Interval | None:
    """Return the limits of one value: its interval, for a plain count Poisson's, else None."""
    if found.lower is not None and found.upper is not None:
        return Interval(found.lower, found.upper)
    measure = getattr(metric.options, "measure", None)
    stock = getattr(metric.options, "at", None) is not None
    if metric.kind != "aggregate" or not isinstance(measure, Measure) or stock:
        return None
    counts = measure.function in _COUNTS and found.value is not None and found.value >= 0
    return poisson_limits(int(found.value)) if counts and found.value is not None else None


def _values(series: Sequence[Observation], until: date | None) -> list[float]:
    """Return the final values before a day, the oldest first."""
    known = [
        (one.period.start, one.value)
        for one in series
        if one.state is State.FINAL and one.value is not None and one.period.start is not None
    ]
    return [value for start, value in sorted(known) if until is None or start < until]


def _share_rows(metric: Metric, calendar: Calendar, now: Period, before: Period) -> bool:
    """Tell whether the stretches of two periods overlap, so that their values are not independent."""
    over = getattr(metric.options, "over", None)
    if not isinstance(over, Over) or now.end is None or before.end is None:
        return False
    return covered(now, over, calendar)[0] < before.end
