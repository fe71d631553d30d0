"""The keys of an agreement: two conditions on the same rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from metrics.catalog.options import KindOptions, Over
from metrics.expressions.nodes import Expression
from metrics.kinds.proportion.options import LatestPer


class Statistic(StrEnum):
    """What is said of the agreement."""

    KAPPA = "kappa"
    SHARE = "share"


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys: two conditions on the same rows."""

    dataset: str = field(metadata={"refers": "dataset"})
    first: Expression
    second: Expression
    statistic: Statistic = Statistic.KAPPA
    of: Expression | None = None
    where: Expression | None = None
    time: Expression | None = None
    latest_per: LatestPer | None = None
    over: Over = Over()
