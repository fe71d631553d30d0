"""Kaplan-Meier curves from counted ages: how many had the event, and how many were still waiting."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.statistics.intervals import Floats, Interval, Z

# A product of fractions that should be 0.7 may come out as 0.7000000000000001.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Curve:
    """A survival curve: five arrays of one length, one element for each age at which somebody left.

    `times` ascend, in the caller's unit; the last may be infinite. `survival` is S just after that age,
    `variance_term` Greenwood's cumulative sum of d / (n (n - d)), infinite once S is 0. `at_risk` is n
    just before the age, `events` is d at it.
    """

    times: Floats
    survival: Floats
    variance_term: Floats
    at_risk: Floats
    events: Floats

    def at(self, t: float) -> float:
        """Return S(t), the share without the event up to and including age t.

        It is 1 before the first age. After the last it stays at the last value: the curve does not say
        whether anybody was observed up to t, the caller must.
        """
        index = self._index(t)
        return 1.0 if index is None else float(self.survival[index])

    def interval_at(self, t: float, z: float = Z) -> Interval | None:
        """Return the log-log Greenwood interval of S(t), always within (0, 1).

        S ** exp(+-z * sqrt(V) / log S), V being the variance term (Kalbfleisch & Prentice). None where S
        is exactly 1 (no event yet) or exactly 0 (all had it): the transform is not defined there.
        """
        survival, index = self.at(t), self._index(t)
        if index is None or survival in (0.0, 1.0):
            return None
        spread = exp(z * sqrt(float(self.variance_term[index])) / -log(survival))
        return Interval(survival**spread, survival ** (1 / spread))

    def quantile(self, p: float) -> float | None:
        """Return the smallest age t with F(t) = 1 - S(t) >= p, or None where the curve stays below p.

        There is no interpolation between ages.

        Raises:
            ValueError: p is not above 0 and at most 1.
        """
        _refuse_share(p)
        reached = np.flatnonzero(self.survival <= 1 - p + _ROUNDING)
        return float(self.times[reached[0]]) if len(reached) else None

    def median(self) -> float | None:
        """Return the age at which half had the event, or None where fewer had it."""
        return self.quantile(0.5)

    def quantile_interval(self, p: float, z: float = Z) -> Interval | None:
        """Return the interval of a quantile: the ages at which the band of S comes down to 1 - p.

        Brookmeyer & Crowley (1982) with the log-log Greenwood band: from the first age at which the lower
        side is at most 1 - p to the first at which the upper is. Where S falls to 0 the band is read one
        event earlier. None where the upper side never comes so far down: there is no upper bound then.

        Raises:
            ValueError: p is not above 0 and at most 1.
        """
        _refuse_share(p)
        lower = np.flatnonzero(_side(self.survival, self.variance_term, z) <= 1 - p + _ROUNDING)
        upper = np.flatnonzero(self._upper_side(z) <= 1 - p + _ROUNDING)
        if not len(lower) or not len(upper):
            return None
        return Interval(float(self.times[lower[0]]), float(self.times[upper[0]]))

    def _upper_side(self, z: float) -> Floats:
        """Return the upper side of the band up to the age at which S falls to 0, there one event earlier."""
        gone = np.flatnonzero(self.survival == 0)
        known = int(gone[0]) + 1 if len(gone) else len(self.survival)
        survival, term = self.survival[:known].copy(), self.variance_term[:known].copy()
        if len(gone):
            survival[-1], term[-1] = self._one_event_before(known - 1)
        return _side(survival, term, -z)

    def _one_event_before(self, index: int) -> tuple[float, float]:
        """Return S and its variance term before the last of the events at an age."""
        before, term = (1.0, 0.0) if index == 0 else (self.survival[index - 1], self.variance_term[index - 1])
        n, others = self.at_risk[index], self.events[index] - 1
        return float(before * (n - others) / n), float(term + others / (n * (n - others)))

    def _index(self, t: float) -> int | None:
        index = int(np.searchsorted(self.times, t, side="right")) - 1
        return index if index >= 0 else None


def quantile_ranks(n: int, p: float, z: float = Z) -> tuple[int, int] | None:
    """Return the ranks, from 1, between which a quantile of n durations lies when all are known.

    Those of `Curve.quantile_interval` without censoring, where after k of n events S is (n - k) / n and its
    variance term k / (n (n - k)); a duration that never ended counts as longer than all others. None where
    n is too small to bound the quantile from above.

    Raises:
        ValueError: p is not above 0 and at most 1, or n is negative.
    """
    _refuse_share(p)
    if n < 0:
        raise ValueError(f"{n} durations")
    lower = _first_rank(n, n, p, z)
    upper = _first_rank(n, n - 1, p, -z)
    return None if lower is None or upper is None else (lower, upper)


def _first_rank(n: int, last: int, p: float, z: float) -> int | None:
    """Return the first rank up to `last` at which one side of the band is at most 1 - p: it only falls."""
    ranks = range(1, last + 1)
    found = bisect_left(ranks, True, key=lambda k: _side_after(k, n, z) <= 1 - p + _ROUNDING)
    return found + 1 if found < len(ranks) else None


def _side_after(k: int, n: int, z: float) -> float:
    """Return a side of the band after k of n events: 0 after the last."""
    if k == n:
        return 0.0
    survival = (n - k) / n
    return float(survival ** exp(z * sqrt(k / (n * (n - k))) / -log(survival)))


def _side(survival: Floats, term: Floats, z: float) -> Floats:
    """Return a side of the log-log Greenwood band, the lower for a positive z; S itself where it is 0 or 1."""
    side, inside = survival.copy(), (survival > 0) & (survival < 1)
    share = survival[inside]
    side[inside] = share ** np.exp(z * np.sqrt(term[inside]) / -np.log(share))
    return side


def _refuse_share(p: float) -> None:
    if not 0 < p <= 1:
        raise ValueError(f"quantile {p} is not above 0 and at most 1")


def kaplan_meier(
    times: ArrayLike, events: ArrayLike, censored: ArrayLike, entered: ArrayLike | None = None
) -> Curve:
    """Return the Kaplan-Meier curve of counts by age: arrays of one length, ages in any order.

    Kaplan & Meier (1958). At each age, `events` had the event and `censored` were last seen without it;
    events come first, so those censored at an age are still at risk there. An entity that completed its
    window without the event is censored at infinity. `entered` counts those who came under observation
    at each age (late entry) and are at risk only after it; None: all are at risk from the start.

    Raises:
        ValueError: no entity, arrays of unequal length, an age that is not a number, a negative count,
            an event at infinity, or more entities leaving an age than are at risk at it.
    """
    ages, index = np.unique(_numbers(times), return_inverse=True)
    died, left = _counted(events, index, len(ages)), _counted(censored, index, len(ages))
    came = None if entered is None else _counted(entered, index, len(ages))
    _refuse_bad_ages(ages, died, left)
    gone = died + left
    total = float(gone.sum())
    arrived: Floats | float = total if came is None else came.cumsum() - came
    at_risk = arrived - (gone.cumsum() - gone)
    if came is not None and came.sum() != total:
        raise ValueError(f"{came.sum():g} entities entered and {total:g} left")
    if np.any(gone > at_risk):
        age = ages[np.argmax(gone > at_risk)]
        raise ValueError(f"more entities leave at age {age:g} than are at risk there")
    seen = gone > 0
    return _curve(ages[seen], at_risk[seen], died[seen])


def _curve(ages: Floats, at_risk: Floats, died: Floats) -> Curve:
    remaining = at_risk - died
    term = np.full(len(ages), np.inf)
    np.divide(died, at_risk * remaining, out=term, where=remaining > 0)
    survival = np.cumprod(remaining / at_risk, dtype=np.float64)
    return Curve(ages, survival, np.cumsum(term), at_risk, died)


def _refuse_bad_ages(ages: Floats, died: Floats, left: Floats) -> None:
    if np.isnan(ages).any():
        raise ValueError("an age is not a number")
    if died.sum() + left.sum() == 0:
        raise ValueError("a survival curve needs at least one entity")
    if np.any(died[np.isinf(ages)] > 0):
        raise ValueError("an event has an infinite age")


def _numbers(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _counted(counts: ArrayLike, index: NDArray[np.intp], length: int) -> Floats:
    """Add up counts by age."""
    numbers = _numbers(counts)
    if numbers.shape != index.shape:
        raise ValueError("ages and counts are not arrays of one length")
    if not np.all(numbers >= 0):
        raise ValueError("a count is negative or not a number")
    return np.bincount(index, weights=numbers, minlength=length).astype(np.float64)


def kaplan_meier_individuals(
    durations: ArrayLike,
    observed: ArrayLike,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Curve:
    """Return the Kaplan-Meier curve of individuals: arrays of one length, one element each.

    `observed` says whether the duration ended with the event (else it is censored). `weights` says how
    many alike each element stands for. At risk at t are those with entry < t <= duration: who enters
    at t is at risk after t, and an element whose entry is not before its duration never is and is left
    out. Without `entry` all are at risk from the start, at age 0 too.

    Raises:
        ValueError: as `kaplan_meier`.
    """
    ages = _numbers(durations)
    ended = np.asarray(observed, dtype=bool)
    many = np.ones(ages.shape) if weights is None else _numbers(weights)
    starts = None if entry is None else _numbers(entry)
    if any(other.shape != ages.shape for other in (ended, many) + (() if starts is None else (starts,))):
        raise ValueError("durations, observed, entry and weights are not arrays of one length")
    if starts is None:
        return kaplan_meier(ages, many * ended, many * ~ended)
    at_risk = starts < ages
    ages, ended, many, starts = ages[at_risk], ended[at_risk], many[at_risk], starts[at_risk]
    none = np.zeros(ages.shape)
    return kaplan_meier(
        np.concatenate([ages, starts]),
        np.concatenate([many * ended, none]),
        np.concatenate([many * ~ended, none]),
        np.concatenate([none, many]),
    )


def conversion_by(curve: Curve, t: float) -> tuple[float, Interval | None]:
    """Return the share that had the event by age t, 1 - S(t), and its interval where there is one.

    With those who completed their window censored at infinity, t is infinity.
    """
    interval = curve.interval_at(t)
    bounds = None if interval is None else Interval(1 - interval.upper, 1 - interval.lower)
    return 1 - curve.at(t), bounds
