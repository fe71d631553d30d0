"""The keys of an aggregate."""

from __future__ import annotations

from dataclasses import dataclass, field

from metrics.catalog.options import At, KindOptions, Over
from metrics.expressions.nodes import Expression, Measure


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys."""

    dataset: str = field(metadata={"refers": "dataset"})
    measure: Measure
    where: Expression | None = None
    time: Expression | None = None
    at: At | None = None
    over: Over = Over()
