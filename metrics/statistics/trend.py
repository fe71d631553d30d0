"""Whether a value is out of the ordinary: against what a trend of the values before it would give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from metrics.statistics.intervals import Floats

FEWEST_FREEDOM = 8
# Rounding leaves as much of a series that a trend fits exactly.
_ROUNDING = 1e-9


class Level(StrEnum):
    """What can be said of a value beside the trend of those before it."""

    OUT_OF_THE_ORDINARY = "out_of_the_ordinary"
    WITHIN_TREND = "within_trend"
    TOO_LITTLE_PAST = "too_little_past"


@dataclass(frozen=True)
class Expected:
    """The 95% prediction interval of one more value, and the two-sided p of the value that came."""

    lower: float
    upper: float
    p: float

    @property
    def level(self) -> Level:
        """Say whether the value that came lies within."""
        return Level.OUT_OF_THE_ORDINARY if self.p < 0.05 else Level.WITHIN_TREND


@dataclass(frozen=True)
class _Fit:
    """A fitted trend: what it gives for the next value, its error there, its freedom, and Akaike's AICc."""

    value: float
    error: float
    freedom: int
    criterion: float


def expected(past: Sequence[float], found: float, cycle: int | None = None) -> Expected | None:
    """Return what the trend of a series gives for the value `found`, which comes next and is not fitted.

    `past` is the oldest first, one value a period, nan where there is none; `cycle` is how many periods a season
    comes back after. Ordinary least squares on a line, on the log scale where all values are positive. From two
    whole cycles on a wave over the cycle or an effect of each place in it is added, where AICc prefers it (Hurvich
    & Tsai 1989); having chosen costs one degree of freedom. None with fewer than 8 degrees of freedom.
    """
    values = np.asarray([*past, found], dtype=np.float64)
    logs = bool(np.nanmin(values) > 0)
    scaled = np.log(values) if logs else values
    known = ~np.isnan(scaled[:-1])
    fits = [
        fit
        for columns in _designs(len(values), known, cycle)
        if (fit := _fitted(columns, scaled, known)) is not None
    ]
    if not fits:
        return None
    best = min(fits, key=lambda fit: fit.criterion)
    freedom = best.freedom - (len(fits) > 1)
    # The floor keeps what differs by rounding alone from being out of the ordinary.
    error = max(best.error * (best.freedom / freedom) ** 0.5, _ROUNDING * max(1.0, abs(best.value)))
    half = float(stdtrit(freedom, 0.975)) * error
    back = exp if logs else float
    p = 2 * float(stdtr(freedom, -abs(scaled[-1] - best.value) / error))
    return Expected(back(best.value - half), back(best.value + half), p)


def _designs(periods: int, known: NDArray[np.bool_], cycle: int | None) -> Iterator[Floats]:
    """Yield the columns of a line alone, and of one with a season where two whole cycles are known."""
    index = np.arange(periods, dtype=np.float64)
    line = np.column_stack([np.ones(periods), index - index[-1]])
    yield line
    if cycle is None or known.sum() < 2 * cycle:
        return
    turn = 2 * np.pi * index / cycle
    yield np.column_stack([line, np.cos(turn), np.sin(turn)])
    places = index[:, None] % cycle == np.arange(1, cycle)
    yield np.column_stack([line, places.astype(np.float64)])


def _fitted(columns: Floats, scaled: Floats, known: NDArray[np.bool_]) -> _Fit | None:
    """Fit the known values before the last; None where the freedom is too little or a column is not known."""
    inside, values, ahead = columns[:-1][known], scaled[:-1][known], columns[-1]
    number, terms = inside.shape
    # A season is chosen, which costs one.
    if number - terms < FEWEST_FREEDOM + (terms > 2) or np.linalg.matrix_rank(inside) < terms:
        return None
    solved = np.linalg.pinv(inside)
    effects = solved @ values
    left = float(((values - inside @ effects) ** 2).sum())
    # The variance of what is predicted: of one value, and of the line at that place.
    ahead_variance = 1 + float(((ahead @ solved) ** 2).sum())
    freedom, counted = number - terms, terms + 1
    tiny = (_ROUNDING * max(1.0, float(np.abs(values).max()))) ** 2
    criterion = number * np.log(max(left / number, tiny)) + 2 * counted * number / (number - counted - 1)
    return _Fit(float(ahead @ effects), (left / freedom * ahead_variance) ** 0.5, freedom, float(criterion))
