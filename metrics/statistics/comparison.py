"""Differences of two estimates and what they say: better, worse, or nothing that can be told."""

from __future__ import annotations

from enum import StrEnum
from math import hypot

import numpy as np

from metrics.statistics.intervals import Floats, Interval, percentile_interval, wilson

# The draws of two periods may come from one seed: shuffling one side makes their pairing independent.
_SHUFFLE_SEED = 20_061_115


class Verdict(StrEnum):
    """What the interval of a difference says about a metric that has a good direction."""

    BETTER = "better"
    WORSE = "worse"
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


def verdict(interval: Interval | None, direction: str) -> Verdict | None:
    """Judge the interval of new - old for a direction: only an interval that excludes 0 is a change.

    `up` and `down` say which side is better. `band` and `none` have no better side: None.

    Raises:
        ValueError: the direction is not up, down, band or none.
    """
    if direction not in ("up", "down", "band", "none"):
        raise ValueError(f"{direction!r} is not a direction: up, down, band or none")
    if direction in ("band", "none"):
        return None
    if interval is None:
        return Verdict.NOT_ENOUGH_DATA
    if interval.lower <= 0 <= interval.upper:
        return Verdict.NO_CLEAR_CHANGE
    rose = interval.lower > 0
    return Verdict.BETTER if rose == (direction == "up") else Verdict.WORSE
