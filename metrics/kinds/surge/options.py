"""The keys of a surge: what is counted, and what is usual."""

from __future__ import annotations

from dataclasses import dataclass, field

from metrics.catalog.options import KindOptions
from metrics.expressions.nodes import Expression


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys; `baseline` is a number of periods, `false_alarm` a share of them."""

    dataset: str = field(metadata={"refers": "dataset"})
    where: Expression | None = None
    time: Expression | None = None
    baseline: int = 8
    false_alarm: float = 0.01
