"""The result object: one value of one metric, with everything that it takes to trust it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

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


@dataclass(frozen=True)
class Estimate:
    """What a kind computes for one period and segment, before it becomes an observation.

    `value` is in the metric's unit, ratios 0 to 1; None where there is no value. `draws` recomputes the
    bootstrap draws of the value, for the interval of a difference; None where the kind has none.
    """

    period: Period
    dimensions: Dimensions
    state: State
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    lower: float | None = None
    upper: float | None = None
    sample_size: int | None = None
    maturity: float | None = None
    draws: Callable[[int], np.ndarray] | None = field(default=None, compare=False, repr=False)
    people: int | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> tuple[Period, Dimensions]:
        """Return what identifies the estimate within its metric."""
        return self.period, self.dimensions


@dataclass(frozen=True)
class Observation:
    """One stored or freshly computed value of a metric, for one period and segment."""

    metric: str
    definition_hash: str
    code_version: int
    grain: Grain
    period: Period
    dimensions: Dimensions
    state: State
    value: float | None
    numerator: float | None
    denominator: float | None
    lower: float | None
    upper: float | None
    sample_size: int | None
    maturity: float | None
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
        """Tell whether two observations say the same: floats within 1e-9 relative are the same."""
        exact = ("definition_hash", "code_version", "state", "sample_size")
        close = ("value", "numerator", "denominator", "lower", "upper", "maturity")
        return all(getattr(self, name) == getattr(other, name) for name in exact) and all(
            _close(getattr(self, name), getattr(other, name)) for name in close
        )


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=0.0)


__all__ = ["NONE_VALUE", "WHOLE", "Dimensions", "Estimate", "Observation", "State"]
