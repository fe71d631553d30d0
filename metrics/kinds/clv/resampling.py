"""Means over customers drawn anew: Poisson weights on counted rows, and parameters that may as well hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from metrics.statistics.intervals import DRAWS, Counts, Floats

Model = TypeVar("Model")

LINES_LIMIT = 1_000
"""Up to so many rows each gets Poisson weights; of more, the sums are drawn from their joint normal."""

STEP = 1e-4
"""The logarithm of a parameter is moved by this for the slope of what it expects."""

# A spread as small as this share of the mean is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Lines:
    """Counted rows: customers, the sum of what each is worth, and the sum of its squares."""

    count: Counts
    total: Floats
    squares: Floats

    @property
    def customers(self) -> int:
        """Return how many customers there are."""
        return int(self.count.sum())

    @property
    def mean(self) -> float:
        """Return the mean over customers, of whom there must be one."""
        return float(self.total.sum()) / self.customers


def resampled(lines: Lines, seed: int, draws: int = DRAWS) -> Floats:
    """Return bootstrap draws of the mean: every customer carries an independent Poisson(1) weight.

    The customers of one row are drawn together: how many by Poisson, the sum of what they are worth by
    the normal of that many with the row's mean and variance, which is exact for a row of one customer.
    Draws without a customer are dropped; without two customers nothing can vary and none come back.
    """
    if lines.customers < 2:
        return np.empty(0)
    generator = np.random.default_rng(seed)
    if len(lines.count) > LINES_LIMIT:
        weight, worth = _normal(lines, generator, draws)
    else:
        mean = lines.total / lines.count
        variance = lines.squares / lines.count - mean**2
        variance[variance < _ROUNDING * mean**2] = 0.0
        weights = generator.poisson(lines.count, size=(draws, len(lines.count)))
        spread = np.sqrt(weights @ variance) * generator.standard_normal(draws)
        weight, worth = weights.sum(axis=1).astype(np.float64), weights @ mean + spread
    kept = weight > 0
    found: Floats = worth[kept] / weight[kept]
    return found


def _normal(lines: Lines, generator: np.random.Generator, draws: int) -> tuple[Floats, Floats]:
    """Draw the weight of all customers and what they are worth, which go together."""
    n, total, squares = float(lines.customers), float(lines.total.sum()), float(lines.squares.sum())
    one, other = generator.standard_normal((2, draws))
    weight = n + np.sqrt(n) * one
    rest = max(0.0, squares - total**2 / n)
    return weight, total + total / np.sqrt(n) * one + np.sqrt(rest) * other


def moved_by(model: Model, name: str, step: float) -> Model:
    """Return a fitted model with one parameter's logarithm moved by a step."""
    value = float(getattr(model, name) * np.exp(step))
    return replace(model, **{name: value})  # type: ignore[type-var]


def shifts(covariances: list[Floats], seed: int, draws: int = DRAWS) -> Floats:
    """Return draws of how far the logarithms of parameters may lie from the fitted ones: (draws, parameters).

    The models of `covariances` are independent of each other.
    """
    generator = np.random.default_rng(seed)
    parts = [
        generator.standard_normal((draws, len(covariance))) @ np.linalg.cholesky(covariance).T
        for covariance in covariances
    ]
    return np.hstack(parts)


def with_parameters(lines: Lines, expected: float, slopes: Floats, moved: Floats) -> Callable[[int], Floats]:
    """Return what draws a mean anew over customers and over parameters.

    `expected` is the part of the mean that a model expects, `slopes` its derivatives by the logarithms of
    the parameters and `moved` draws of these: the part grows by exp(slopes / expected @ moved).
    """

    def drawn(seed: int) -> Floats:
        means = resampled(lines, seed, len(moved))
        if not len(means) or expected == 0:
            return means
        grown = expected * np.expm1(np.clip(moved @ (slopes / expected), -30, 30))
        return means + grown[: len(means)]

    return drawn
