"""How far a distribution stands from the one that was expected."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, log

import numpy as np

from metrics.statistics.intervals import DRAWS, Floats, Interval, percentile_interval

FLOOR = 1e-4
"""What an empty category counts as in the stability index, which has no value at 0."""


def total_variation(counts: Sequence[int], expected: Sequence[float]) -> float | None:
    """Return half the sum of |actual - expected| over categories: the share that would have to move.

    `expected` are shares that add up to 1. Between 0 and 1; None without a count.
    """
    n = sum(counts)
    if n == 0:
        return None
    return fsum(abs(count / n - share) for count, share in zip(counts, expected, strict=True)) / 2


def stability_index(counts: Sequence[int], expected: Sequence[float]) -> float | None:
    """Return the population stability index: sum of (actual - expected) ln(actual / expected).

    Siddiqi (2006); Jeffreys' divergence (1946). Shares below 0.0001 count as 0.0001. None without a count.
    """
    n = sum(counts)
    if n == 0:
        return None
    pairs = [
        (max(count / n, FLOOR), max(share, FLOOR)) for count, share in zip(counts, expected, strict=True)
    ]
    return fsum((actual - share) * log(actual / share) for actual, share in pairs)


def drift_draws(counts: Sequence[int], seed: int, draws: int = DRAWS) -> Floats:
    """Return counts as they might have been: multinomial draws, an array of draws x categories."""
    n = sum(counts)
    shares = np.asarray(counts, dtype=np.float64) / n
    return np.random.default_rng(seed).multinomial(n, shares, size=draws).astype(np.float64)


def drift_interval(
    counts: Sequence[int], expected: Sequence[float], *, index: bool, seed: int
) -> Interval | None:
    """Return the basic bootstrap interval of the distance, None without a count.

    A distance is never negative, so that noise lifts the draws above what was seen: the interval is turned
    around the value (Davison & Hinkley 1997, 5.2.1) and does not go below 0.
    """
    measure = stability_index if index else total_variation
    value = measure(counts, expected)
    if value is None:
        return None
    drawn = drift_draws(counts, seed)
    distances = _distances(drawn, np.asarray(expected, dtype=np.float64), index=index)
    found = percentile_interval(distances)
    if found is None:
        return None
    return Interval(max(0.0, 2 * value - found.upper), max(value, 2 * value - found.lower))


def _distances(drawn: Floats, expected: Floats, *, index: bool) -> Floats:
    shares = drawn / drawn.sum(axis=1, keepdims=True)
    if not index:
        halves: Floats = np.abs(shares - expected).sum(axis=1) / 2
        return halves
    actual, wanted = np.maximum(shares, FLOOR), np.maximum(expected, FLOOR)
    sums: Floats = ((actual - wanted) * np.log(actual / wanted)).sum(axis=1)
    return sums
