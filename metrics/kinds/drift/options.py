"""The keys of a drift: an attribute and what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from metrics.catalog.options import KindOptions, Over
from metrics.expressions.nodes import Expression
from metrics.kinds.proportion.options import LatestPer


class Statistic(StrEnum):
    """How the distance is measured."""

    TOTAL_VARIATION = "total_variation"
    STABILITY_INDEX = "stability_index"


@dataclass(frozen=True)
class Expected:
    """One value of the attribute and the share that is expected of it, 0 to 1."""

    value: str
    share: float


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys: an attribute (a text) and what is expected of it."""

    dataset: str = field(metadata={"refers": "dataset"})
    attribute: Expression
    expected: tuple[Expected, ...]
    statistic: Statistic = Statistic.TOTAL_VARIATION
    where: Expression | None = None
    time: Expression | None = None
    latest_per: LatestPer | None = None
    over: Over = Over()
    # A row without an answer says nothing of the distribution.
    of: Expression | None = None
