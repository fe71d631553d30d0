"""The result object: one value of one metric, with everything that it takes to trust it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter, eq
from typing import TYPE_CHECKING, Any

from metrics.grain import WHOLE, Grain, Period

if TYPE_CHECKING:
    import numpy as np

NONE_VALUE = "(none)"
"""How a dimension's null is written."""

Dimensions = tuple[tuple[str, str], ...]
"""A segment: (dimension, value) pairs sorted by dimension; empty for the total."""


class State(StrEnum):
    """What a value is worth; the first that applies, in this order."""

    NO_DATA = "no_data"
    SUPPRESSED = "suppressed"
    PROVISIONAL = "provisional"
    SMALL_SAMPLE = "small_sample"
    FINAL = "final"


PUBLISHED = frozenset({State.FINAL, State.SMALL_SAMPLE})
"""The states of a value whose period is over and that is shown: a small sample is final too."""


class Offset(StrEnum):
    """Which period is looked at beside one that is not over: itself, the one before, that of a year before."""

    NONE = ""
    PERIOD = "-1"
    YEAR = "-1 year"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The numbers of one value: what it is, what it is made of, and what it is worth; None where there is none.

    Attributes:
        value: In the metric's unit, ratios 0 to 1.
        numerator: What is divided, where the value is a share, a mean or a ratio; what it counts is the kind's to say.
        denominator: What it is divided by.
        lower: The lower bound of the 95% interval, in the value's unit.
        upper: The upper bound.
        sample_size: The rows or entities behind the value.
        maturity: The share, 0 to 1, of what the value waits for that has come: entities whose window has closed,
            or the part of the period that is over.
    """

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    lower: float | None = None
    upper: float | None = None
    sample_size: int | None = None
    maturity: float | None = None

    def figures(self) -> dict[str, Any]:
        """Return the numbers by their names, for another record of them."""
        return {name: getattr(self, name) for name in FIGURES}


FIGURES = tuple(figure.name for figure in fields(Figures))
"""The names of the numbers of a value."""

FLOATS = tuple(name for name in FIGURES if name != "sample_size")
"""Those that are measured and not counted: two that were computed alike may differ in their last digits."""


@dataclass(frozen=True)
class Estimate(Figures):
    """What a kind computes for one period and segment, before it becomes an observation.

    `draws` recomputes the bootstrap draws of the value, for the interval of a difference; None where the kind
    has none. `people` is how many people are behind it, where the kind counts them; it is not stored.
    """

    period: Period
    dimensions: Dimensions
    state: State
    draws: Callable[[int], np.ndarray] | None = field(default=None, compare=False, repr=False)
    people: int | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> tuple[Period, Dimensions]:
        """Return what identifies the estimate within its metric."""
        return self.period, self.dimensions


@dataclass(frozen=True)
class Observation(Figures):
    """One stored or freshly computed value of a metric, for one period and segment."""

    metric: str
    definition_hash: str
    code_version: int
    grain: Grain
    period: Period
    dimensions: Dimensions
    state: State
    watermark: datetime | None
    computed_at: datetime
    run: str | None = None

    @property
    def by(self) -> tuple[str, ...]:
        """Return the names of the dimensions that the value is cut by."""
        return tuple(name for name, _ in self.dimensions)

    @property
    def key(self) -> tuple[Period, Dimensions]:
        """Return what identifies the observation within its metric."""
        return self.period, self.dimensions

    def part_of(self, names: Collection[str]) -> Dimensions:
        """Return the part of the segment that some dimensions make up."""
        return tuple(pair for pair in self.dimensions if pair[0] in names)

    def same_result(self, other: Observation) -> bool:
        """Tell whether two observations say the same."""
        return same_results(result(self), result(other))


_EXACT = ("definition_hash", "code_version", "state", "sample_size")

RESULT = (*_EXACT, *FLOATS)
"""What an observation says, by the names of its fields."""

result = attrgetter(*RESULT)
"""What an observation says, in the order of RESULT."""


def same_results(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Tell whether two results, in the order of RESULT, are the same: floats within 1e-9 relative are."""
    if all(map(eq, one, other)):
        return True
    exact = len(_EXACT)
    return all(map(eq, one[:exact], other)) and all(map(_close, one[exact:], other[exact:]))


@dataclass(frozen=True, kw_only=True)
class ToDate(Figures):
    """What is known of a provisional period by its last whole local day, or of another period at the same age.

    Attributes:
        base: The provisional period.
        offset: Which period the figures are of: the base itself, the one before, or that of a year before.
        period: That period.
        days: How many of its days they are of, from its first.
        state: `no_data` where there is nothing to set the base against.
    """

    base: Period
    offset: Offset
    period: Period
    days: int
    state: State

    @property
    def key(self) -> tuple[Period, Offset]:
        """Return what identifies the figures within their metric."""
        return self.base, self.offset

    def same_result(self, other: ToDate) -> bool:
        """Tell whether two say the same of the same days: floats within 1e-9 relative are the same."""
        exact = ("period", "days", "state", "sample_size")
        return all(getattr(self, name) == getattr(other, name) for name in exact) and all(
            _close(getattr(self, name), getattr(other, name)) for name in FLOATS
        )


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=0.0)


__all__ = [
    "FIGURES",
    "FLOATS",
    "NONE_VALUE",
    "PUBLISHED",
    "WHOLE",
    "Dimensions",
    "Estimate",
    "Figures",
    "Observation",
    "Offset",
    "State",
    "ToDate",
]
