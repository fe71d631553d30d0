"""Differences of two estimates and what they say: better, worse, or nothing that can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import erfc, hypot, sqrt

import numpy as np

from metrics.statistics.intervals import Floats, Interval, Z, percentile_interval, wilson
from metrics.statistics.student import stdtr, stdtrit

# The draws of two periods may come from one seed: shuffling one side makes their pairing independent.
_SHUFFLE_SEED = 20_061_115
FEWEST_RANGES = 6


class Verdict(StrEnum):
    """What can be said of a difference; `changed` is a clear change where no side is better.

    `unchanged` is the difference of 0 of what was not sampled.
    """

    BETTER = "better"
    WORSE = "worse"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NO_CLEAR_CHANGE = "no_clear_change"
    NOT_ENOUGH_DATA = "not_enough_data"


def newcombe(k1: int, n1: int, k2: int, n2: int) -> tuple[float, Interval] | None:
    """Return k1/n1 - k2/n2 of two independent shares and its interval, or None where an n is 0.

    Newcombe (1998), hybrid score method 10, without continuity correction: within [-1, 1].

    Raises:
        ValueError: successes are not within 0 and their n.
    """
    first, second = wilson(k1, n1), wilson(k2, n2)
    if first is None or second is None:
        return None
    return hybrid_difference(k1 / n1, first, k2 / n2, second)


def hybrid_difference(
    p1: float, interval1: Interval, p2: float, interval2: Interval
) -> tuple[float, Interval]:
    """Return p1 - p2 of two independent estimates and its interval, from the limits of each.

    Zou & Donner (2008), method of variance estimates recovery (MOVER):
    L = d - sqrt((p1 - l1)^2 + (u2 - p2)^2), U = d + sqrt((u1 - p1)^2 + (p2 - l2)^2).
    """
    difference = p1 - p2
    below = hypot(p1 - interval1.lower, interval2.upper - p2)
    above = hypot(interval1.upper - p1, p2 - interval2.lower)
    return difference, Interval(difference - below, difference + above)


def bootstrap_difference(draws1: Floats, draws2: Floats) -> Interval | None:
    """Return the percentile interval of first - second from draws of each, or None where one has none.

    The two must come from different entities or periods (independent samples); they may share a seed.
    Where one has fewer draws, the surplus of the other is not used.
    """
    shuffled = np.random.default_rng(_SHUFFLE_SEED).permutation(draws2)
    shared = min(len(draws1), len(draws2))
    return percentile_interval(draws1[:shared] - shuffled[:shared])


@dataclass(frozen=True)
class Movement:
    """How far a series usually moves: the standard error of a difference, and how well it is known."""

    error: float
    freedom: float

    def interval(self, difference: float) -> Interval:
        """Return the 95% interval of a difference, by Student's t."""
        half = float(stdtrit(self.freedom, 0.975)) * self.error
        return Interval(difference - half, difference + half)

    def p(self, difference: float) -> float:
        """Return the two-sided p of a difference: 0.05 where its interval just touches 0."""
        if self.error == 0:
            return 0.0 if difference != 0 else 1.0
        return 2 * float(stdtr(self.freedom, -abs(difference) / self.error))


def usual_movement(values: Sequence[float], distance: int = 1) -> Movement | None:
    """Return how far a series usually moves between two values `distance` places apart.

    `values` are the oldest first, nan where there is none. The mean moving range over 1.128 is the standard
    deviation of one value (Shewhart's chart of individual values; Wheeler 1993), and the difference of two has
    sqrt(2) times that. Ranges are taken over the same distance as the difference, so that a series that wanders
    or knows seasons is held to what it does in that time. They overlap, which costs freedom: 0.62 of each range
    (the variance of the mean moving range of a series without change). None with fewer than 6 ranges.
    """
    known = np.asarray(values, dtype=np.float64)
    ranges = np.abs(known[distance:] - known[:-distance])
    ranges = ranges[~np.isnan(ranges)]
    if len(ranges) < FEWEST_RANGES:
        return None
    return Movement(float(sqrt(2) * ranges.mean() / 1.128), 0.62 * len(ranges))


def implied_p(difference: float, interval: Interval) -> float:
    """Return the two-sided p that an interval implies: 0.05 where it just touches 0.

    The bound on the side of 0 lies 1.96 standard errors away from the difference.
    """
    reach = difference - interval.lower if difference > 0 else interval.upper - difference
    if reach <= 0:
        return 0.0 if difference != 0 else 1.0
    return erfc(Z * abs(difference) / reach / sqrt(2))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p: among those below 0.05, any false one has a chance of 5% at most.

    Holm (1979), step-down Bonferroni; whatever the dependence of the comparisons, as far as each p is right.
    """
    total, adjusted, greatest = len(p_values), [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(total), key=p_values.__getitem__)):
        greatest = max(greatest, min(1.0, (total - rank) * p_values[index]))
        adjusted[index] = greatest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return Benjamini and Hochberg's adjusted p: of those below 0.05, 5% are false on average.

    Benjamini & Hochberg (1995), step-up; for comparisons that are independent or rise and fall together.
    """
    total, adjusted, least = len(p_values), [0.0] * len(p_values), 1.0
    for rank, index in reversed(list(enumerate(sorted(range(total), key=p_values.__getitem__), start=1))):
        least = min(least, p_values[index] * total / rank)
        adjusted[index] = least
    return adjusted


def verdict(interval: Interval | None, direction: str) -> Verdict:
    """Judge the interval of new - old for a direction: only an interval that excludes 0 is a change.

    `up` and `down` say which side is better. `band` and `none` have no better side: a clear change is changed.

    Raises:
        ValueError: the direction is not up, down, band or none.
    """
    if direction not in ("up", "down", "band", "none"):
        raise ValueError(f"{direction!r} is not a direction: up, down, band or none")
    if interval is None:
        return Verdict.NOT_ENOUGH_DATA
    if interval.lower <= 0 <= interval.upper:
        return Verdict.NO_CLEAR_CHANGE
    return fact(interval.lower, direction)


def fact(difference: float, direction: str) -> Verdict:
    """Judge a difference that is known as it is, or the near end of an interval that excludes 0."""
    if difference == 0:
        return Verdict.UNCHANGED
    if direction in ("band", "none"):
        return Verdict.CHANGED
    rose = difference > 0
    return Verdict.BETTER if rose == (direction == "up") else Verdict.WORSE
