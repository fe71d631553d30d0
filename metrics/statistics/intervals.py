"""Intervals of proportions, ratios and means, from aggregates that a source's engine has counted."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

Z = 1.959964
DRAWS = 2_000
PAIRS_LIMIT = 100_000

# One block of weights: 32 MB as integers and 32 MB as floats, whatever the number of pairs.
_BLOCK = 4_000_000
_SHARED = 3


@dataclass(frozen=True)
class Interval:
    """Lower and upper bound of an estimate, both included, in the estimate's unit."""

    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class Pairs:
    """Unique (numerator, denominator) pairs and how many entities have each: three arrays of one length."""

    numerator: Floats
    denominator: Floats
    count: Counts


@dataclass(frozen=True)
class Moments:
    """Number of entities and the sums of n, d, n*n, n*d and d*d over them, n / d being their ratio."""

    n: int
    sum_n: float
    sum_d: float
    sum_nn: float
    sum_nd: float
    sum_dd: float


def wilson(successes: int, n: int, z: float = Z) -> Interval | None:
    """Return the score interval of the share successes / n, or None where n is 0.

    Wilson (1927), without continuity correction: always within [0, 1], and it contains the share.
    No success has lower bound exactly 0, no failure upper bound exactly 1.

    Raises:
        ValueError: successes are not within 0 and n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes are not within 0 and n = {n}")
    if n == 0:
        return None
    failures = n - successes
    middle = 2 * successes + z * z
    reach = z * sqrt(z * z + 4 * successes * failures / n)
    scale = 2 * (n + z * z)
    lower = 0.0 if successes == 0 else (middle - reach) / scale
    upper = 1.0 if failures == 0 else (middle + reach) / scale
    return Interval(lower, upper)


def bootstrap_ratio(
    pairs: Pairs,
    fixed_numerator: float | None,
    fixed_denominator: float | None,
    seed: int,
    draws: int = DRAWS,
) -> Floats:
    """Return Poisson bootstrap draws of sum(n) / sum(d) over entities: an array of at most `draws`.

    Every entity carries an independent Poisson(1) weight, so the entities that share a pair carry
    Poisson(count) together (Hanley & MacGibbon 2006). A fixed side is a constant and its array is not
    read: spend over new customers fixes the spend. Draws whose denominator is 0 are dropped. The draws
    depend on the seed and on what the pairs say, not on their order or on how they are split.

    No draws come back where nothing can vary: without entities, and from one entity without a fixed
    side, whose weight cancels out.

    Raises:
        ValueError: both sides are fixed, or the pairs are not three finite arrays of one length with
            counts of 0 or more.
    """
    if fixed_numerator is not None and fixed_denominator is not None:
        raise ValueError("a ratio with both sides fixed has nothing to resample")
    merged = _merged(pairs, fixed_numerator is not None, fixed_denominator is not None)
    no_fixed_side = fixed_numerator is None and fixed_denominator is None
    if merged.count.sum() < (2 if no_fixed_side else 1):
        return np.empty(0)
    numerator, denominator = _weighted_sums(merged, seed, draws)
    if fixed_numerator is not None:
        numerator = np.full(draws, float(fixed_numerator))
    if fixed_denominator is not None:
        denominator = np.full(draws, float(fixed_denominator))
    drawn = denominator != 0
    ratios: Floats = numerator[drawn] / denominator[drawn]
    return ratios


def _weighted_sums(pairs: Pairs, seed: int, draws: int) -> tuple[Floats, Floats]:
    """Draw Poisson(count) weights and sum both sides under them, a block of draws at a time."""
    generator = np.random.default_rng(seed)
    sides = np.column_stack([pairs.numerator, pairs.denominator])
    entities = int(pairs.count.sum())
    sums = np.empty((draws, 2))
    if entities <= _SHARED * len(pairs.count):
        # Where few entities share a pair, drawing entities is quicker than a weight for every pair.
        each = np.repeat(sides, pairs.count, axis=0)
        sizes = generator.poisson(entities, size=draws)
        rows = max(1, _BLOCK // (4 * max(1, entities)))
        for start in range(0, draws, rows):
            sums[start : start + rows] = _thrown(generator, each, sizes[start : start + rows])
        return sums[:, 0], sums[:, 1]
    rows = max(1, _BLOCK // len(pairs.count))
    for start in range(0, draws, rows):
        stop = min(start + rows, draws)
        weights = generator.poisson(pairs.count, size=(stop - start, len(pairs.count)))
        sums[start:stop] = weights @ sides
    return sums[:, 0], sums[:, 1]


def _thrown(generator: np.random.Generator, sides: Floats, sizes: NDArray[np.int64]) -> Floats:
    """Sum `sizes` entities thrown uniformly: for Poisson sizes the same as a Poisson(1) weight for each."""
    picked = generator.integers(0, len(sides), size=int(sizes.sum()))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    sums = np.zeros((len(sizes), 2))
    for side in range(2):
        if sides[:, side].any():
            # One more value, as the last draw may be of nobody and its start must lie within.
            values = np.append(sides[picked, side], 0.0)
            sums[:, side] = np.where(sizes > 0, np.add.reduceat(values, starts), 0.0)
    return sums


def _merged(pairs: Pairs, numerator_fixed: bool, denominator_fixed: bool) -> Pairs:
    """Sort the pairs, add up the counts of equal ones and leave out those that cannot change a sum."""
    count = np.asarray(pairs.count)
    numerator = np.zeros(count.shape) if numerator_fixed else np.asarray(pairs.numerator, dtype=np.float64)
    denominator = np.zeros(count.shape) if denominator_fixed else np.asarray(pairs.denominator, np.float64)
    if not (count.ndim == 1 and count.shape == numerator.shape == denominator.shape):
        raise ValueError("numerator, denominator and count are not three arrays of one length")
    if np.any(count < 0):
        raise ValueError("a pair has a negative count")
    if not (np.isfinite(numerator).all() and np.isfinite(denominator).all()):
        raise ValueError("a pair has a side that is not a finite number")
    kept = (count > 0) & ((numerator != 0) | (denominator != 0))
    numerator, denominator, count = numerator[kept], denominator[kept], count[kept].astype(np.int64)
    order = np.lexsort((denominator, numerator))
    numerator, denominator, count = numerator[order], denominator[order], count[order]
    differs = (np.diff(numerator) != 0) | (np.diff(denominator) != 0)
    first = np.flatnonzero(np.concatenate([np.ones(min(1, len(count)), dtype=bool), differs]))
    if len(first) == 0:
        return Pairs(numerator, denominator, count)
    return Pairs(numerator[first], denominator[first], np.add.reduceat(count, first))


def percentile_interval(draws: Floats, level: float = 0.95) -> Interval | None:
    """Return the interval between the outer percentiles of bootstrap draws, or None without draws.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1")
    if len(draws) == 0:
        return None
    lower, upper = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(lower), float(upper))


def delta_ratio(
    moments: Moments, fixed_numerator: float | None = None, fixed_denominator: float | None = None
) -> Interval | None:
    """Return the normal interval of sum(n) / sum(d) by the delta method, for pairs above PAIRS_LIMIT.

    The limit of the Poisson bootstrap: Var R = sum((n_i - R d_i)^2) / sum(d)^2, where the terms of a
    fixed side vanish from the sum. None with fewer than two entities or a denominator of 0.

    Raises:
        ValueError: both sides are fixed.
    """
    if fixed_numerator is not None and fixed_denominator is not None:
        raise ValueError("a ratio with both sides fixed has nothing to resample")
    numerator = moments.sum_n if fixed_numerator is None else fixed_numerator
    denominator = moments.sum_d if fixed_denominator is None else fixed_denominator
    if moments.n < 2 or denominator == 0:
        return None
    ratio = numerator / denominator
    squares = 0.0
    if fixed_numerator is None:
        squares += moments.sum_nn
    if fixed_denominator is None:
        squares += ratio * ratio * moments.sum_dd
    if fixed_numerator is None and fixed_denominator is None:
        squares -= 2 * ratio * moments.sum_nd
    # Rounding can leave a sum of squares slightly below zero.
    return _normal(ratio, sqrt(max(squares, 0.0)) / abs(denominator))


def mean_interval(n: int, total: float, total_of_squares: float) -> Interval | None:
    """Return the normal interval of a mean, SE = s / sqrt(n), or None with fewer than two values.

    s is the sample's standard deviation (n - 1), from the sum and the sum of squares.
    """
    if n < 2:
        return None
    squares = total_of_squares - total * total / n
    return _normal(total / n, sqrt(max(squares, 0.0) / (n - 1) / n))


def _normal(estimate: float, standard_error: float) -> Interval:
    return Interval(float(estimate - Z * standard_error), float(estimate + Z * standard_error))
