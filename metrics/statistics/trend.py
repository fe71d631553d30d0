"""Whether a value is out of the ordinary: against what a trend of the values before it would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from math import exp, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from metrics.statistics.intervals import Floats

FEWEST_FREEDOM = 8
# Rounding leaves as much of a series that a trend fits exactly.
_ROUNDING = 1e-9

# What a past may be, before it is seen: a line; one around which values linger; one with a wave over the cycle, with
# one place in the cycle that differs, or with an effect of each place.
_PLAIN, _LINGERING, _WAVE, _ONE_PLACE, _EACH_PLACE = 0.10, 0.02, 0.50, 0.35, 0.05
# How large effects are, in standard deviations of one value, and how often: small ones are the more common.
_EFFECTS = ((1.0, 0.50), (3.0, 0.30), (9.0, 0.15), (27.0, 0.05))
_PEAKS = ((2.0, 0.50), (6.0, 0.35), (18.0, 0.15))
# How often the last one or two known values stand on another level already, which is about this far away.
_RECENT, _STEP = (0.10, 0.05), 3.0
_CORRELATION = 0.9
# What it costs to weigh seasons, in degrees of freedom: simulated, so that 5% are false alarms.
_WEIGHED = 0.5
# One week in 52 is not looked for by itself: it would be as many more readings.
_MOST_PLACES = 12


class Level(StrEnum):
    """What can be said of a value beside the trend of those before it."""

    OUT_OF_THE_ORDINARY = "out_of_the_ordinary"
    WITHIN_TREND = "within_trend"
    TOO_LITTLE_PAST = "too_little_past"


@dataclass(frozen=True)
class Reading:
    """One way to read the past: how likely it is before it is seen, and what it has besides a line.

    `spreads` are the standard deviations of effects, by column, in those of one value; `correlation` is how far a
    value lingers where the one a period before was.
    """

    share: float
    spreads: tuple[tuple[int, float], ...] = ()
    correlation: float = 0.0


@dataclass(frozen=True)
class Expected:
    """What a trend gives for the next value, and the two-sided p of the value that came.

    It is Student's distributions, one a reading, each with its share by now, of the value or of its logarithm.
    """

    p: float
    logs: bool
    centre: Floats
    error: Floats
    share: Floats
    freedom: float

    @property
    def level(self) -> Level:
        """Say whether the value that came lies within the 95% prediction interval."""
        return Level.OUT_OF_THE_ORDINARY if self.p < 0.05 else Level.WITHIN_TREND

    @property
    def lower(self) -> float:
        """Return the lower bound of the 95% prediction interval."""
        return self._bound(-1)

    @property
    def upper(self) -> float:
        """Return the upper bound of the 95% prediction interval."""
        return self._bound(1)

    def beyond(self, value: float, side: int) -> float:
        """Return how much lies above a value (1), or below it (-1), on the scale that was fitted."""
        # Imported where it is asked for: most of what runs never judges a level.
        from scipy.special import stdtr

        return float(self.share @ stdtr(self.freedom, side * (self.centre - value) / self.error))

    def _bound(self, side: int) -> float:
        from scipy.optimize import brentq
        from scipy.special import stdtrit

        ends = self.centre + side * stdtrit(self.freedom, 0.975) * self.error
        low, high = float(ends.min()), float(ends.max())
        slack = _ROUNDING * max(1.0, abs(low), abs(high))
        found = brentq(lambda value: self.beyond(value, side) - 0.025, low - slack, high + slack)
        return exp(found) if self.logs else float(found)


def expected(past: Sequence[float], found: float, cycle: int | None = None) -> Expected | None:
    """Return what the trend of a series gives for the value `found`, which comes next and is not fitted.

    `past` is the oldest first, one value a period, nan where there is none; `cycle` is how many periods a season
    comes back after. The past is read in several ways, each around a line of its own, on the log scale where all
    values are positive: by `readings`. What they give for the next value is averaged, each weighed by how well it
    explains the past (Bayesian model averaging). None with fewer than 8 degrees of freedom.
    """
    values = np.asarray([*past, found], dtype=np.float64)
    logs = bool(np.nanmin(values) > 0)
    scaled = np.log(values) if logs else values
    known = np.append(np.flatnonzero(~np.isnan(scaled[:-1])), len(past))
    if len(known) - 3 < FEWEST_FREEDOM:
        return None
    ahead = Expected(nan, logs, *_ahead(scaled[known], known, cycle))
    return replace(ahead, p=2 * min(ahead.beyond(float(scaled[-1]), side) for side in (-1, 1)))


def seasonal(number: int, cycle: int | None) -> bool:
    """Tell whether so many known values can tell of a season: from two whole cycles on, with freedom enough."""
    return cycle is not None and number >= max(2 * cycle, FEWEST_FREEDOM + 4)


def readings(number: int, cycle: int | None) -> list[Reading]:
    """Return the ways to read so many known values."""
    first = 2 + len(_RECENT)
    seasons: list[Reading] = [Reading(_PLAIN), Reading(_LINGERING, correlation=_CORRELATION)]
    if cycle is not None and seasonal(number, cycle):
        seasons += [Reading(_WAVE * share, ((first, size), (first + 1, size))) for size, share in _EFFECTS]
        places = range(first + 2, first + 2 + cycle)
        if cycle <= _MOST_PLACES:
            seasons += [
                Reading(_ONE_PLACE * share / cycle, ((at, size),)) for size, share in _PEAKS for at in places
            ]
        if number - cycle - 1 >= FEWEST_FREEDOM:
            seasons += [
                Reading(_EACH_PLACE * share, tuple((at, size) for at in places)) for size, share in _EFFECTS
            ]
    recent = [(1 - sum(_RECENT), ()), *((share, ((at, _STEP),)) for at, share in enumerate(_RECENT, 2))]
    return [
        Reading(season.share * share, season.spreads + step, season.correlation)
        for season in seasons
        for share, step in recent
    ]


def columns(known: NDArray[np.int_], cycle: int | None) -> Floats:
    """Return the columns that readings choose from, at the known places and the next one: a line first.

    Then come the last known value and the last two, and of a cycle a wave and each place.
    """
    number, at = len(known) - 1, known.astype(np.float64)
    order = np.arange(number + 1)
    made = [np.ones(number + 1), (at - at[-1]) / number]
    made += [((order >= number - last) & (order < number)) * 1.0 for last in range(1, len(_RECENT) + 1)]
    if cycle is not None:
        turn = 2 * np.pi * at / cycle
        made += [sqrt(2) * np.cos(turn), sqrt(2) * np.sin(turn)]
        made += [(known % cycle == place) * 1.0 for place in range(cycle)]
    return np.column_stack(made)


@dataclass(frozen=True)
class _Design:
    """What readings of one correlation make of any values at the same places: it is the same for all of them.

    `held` is how much of the value before lingers in each, `own` the rest; `fit` gives the fitted effects of values,
    `ahead` those of the next one; `evidence` is what counts for a reading besides the squares that it leaves.
    """

    held: Floats
    own: Floats
    fit: Floats
    ahead: Floats
    evidence: Floats

    def read(self, left: Floats, tiny: float) -> tuple[Floats, Floats, Floats]:
        """Return, by reading, the centre of the next value, its squared error times the freedom, and the evidence."""
        values = left[:-1].copy()
        values[1:] = _less(left[:-1], self.held[:-1], self.own[:-1])
        fitted = self.fit @ values
        squares = np.maximum(values @ values - (fitted**2).sum(axis=1), tiny)
        centre = self.held[-1] * left[-2] + self.own[-1] * (fitted * self.ahead).sum(axis=1)
        variance = self.own[-1] ** 2 * (1 + (self.ahead**2).sum(axis=1)) * squares
        return centre, variance, self.evidence - (len(values) - 2) / 2 * np.log(squares)


def _ahead(
    values: Floats, known: NDArray[np.int_], cycle: int | None
) -> tuple[Floats, Floats, Floats, float]:
    """Return, by reading, centre and error of the next value and the share, and the degrees of freedom."""
    number = len(known) - 1
    line, designs = _designs(tuple(known.tolist()), cycle)
    trend = line @ np.linalg.lstsq(line[:-1], values[:-1], rcond=None)[0]
    tiny = number * (_ROUNDING * max(1.0, float(np.abs(values[:-1]).max()))) ** 2
    read = [design.read(values - trend, tiny) for design in designs]
    centre, variance, evidence = (np.concatenate(each) for each in zip(*read, strict=True))
    share = np.exp(evidence - evidence.max())
    freedom = number - 2 - (_WEIGHED if seasonal(number, cycle) else 0)
    error = np.maximum(np.sqrt(variance / freedom), sqrt(tiny / number))
    return centre + trend[-1], error, share / share.sum(), freedom


@lru_cache(maxsize=32)
def _designs(places: tuple[int, ...], cycle: int | None) -> tuple[Floats, tuple[_Design, ...]]:
    """Return the columns of the line, and a design for each correlation, of values known at all places but the last."""
    known = np.asarray(places)
    made, ways = columns(known, cycle), readings(len(places) - 1, cycle)
    correlations = dict.fromkeys(way.correlation for way in ways)
    return made[:, :2], tuple(
        _design([way for way in ways if way.correlation == each], made, known, each) for each in correlations
    )


def _design(ways: Sequence[Reading], made: Floats, known: NDArray[np.int_], correlation: float) -> _Design:
    """Make the design of readings that share a correlation.

    Effects are normal with their spread times the standard deviation of one value; line and deviation are not
    known at all beforehand.
    """
    held = correlation ** np.diff(known) if correlation else np.zeros(len(known) - 1)
    own = np.sqrt(1 - held**2)
    free = made.copy()
    free[1:] = _less(made, held[:, None], own[:, None])
    inside, ahead = free[:-1], free[-1]
    spreads = np.zeros((len(ways), made.shape[1]))
    spreads[:, :2] = 1
    for row, way in zip(spreads, ways, strict=True):
        for column, size in way.spreads:
            row[column] = size
    random = np.diag([0.0, 0.0, *np.ones(made.shape[1] - 2)])
    root = np.linalg.cholesky(spreads[:, :, None] * (inside.T @ inside) * spreads[:, None, :] + random)
    determinant = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1) + np.log(own[:-1]).sum()
    return _Design(
        held,
        own,
        fit=np.linalg.solve(root, spreads[:, :, None] * inside.T),
        ahead=np.linalg.solve(root, (spreads * ahead)[:, :, None])[:, :, 0],
        evidence=np.log([way.share for way in ways]) - determinant,
    )


def _less(values: Floats, held: Floats, own: Floats) -> Floats:
    """Return each value but the first, less what lingers in it of the one before: these are independent."""
    return (values[1:] - held * values[:-1]) / own
