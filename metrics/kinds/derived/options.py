"""The key of a derived metric: its formula."""

from __future__ import annotations

from dataclasses import dataclass, field

from metrics.catalog.options import KindOptions
from metrics.expressions.nodes import Expression


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys; the formula's names are metrics."""

    formula: Expression = field(metadata={"refers": "metric"})
