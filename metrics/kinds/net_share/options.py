"""The keys of a net share."""

from __future__ import annotations

from dataclasses import dataclass, field

from metrics.catalog.options import KindOptions, Over
from metrics.expressions.nodes import Expression
from metrics.kinds.proportion.options import LatestPer


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys."""

    dataset: str = field(metadata={"refers": "dataset"})
    positive: Expression
    negative: Expression
    of: Expression | None = None
    where: Expression | None = None
    time: Expression | None = None
    latest_per: LatestPer | None = None
    over: Over = Over()
