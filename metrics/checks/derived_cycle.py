"""No metric is computed from itself."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.cycles import find_cycles
from metrics.catalog.walk import inputs
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "derived-cycle"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each circle of metrics."""

    def following(name: str) -> tuple[str, ...]:
        return tuple(each for each in inputs(catalog.metrics[name]) if each in catalog.metrics)

    for circle in find_cycles(sorted(catalog.metrics), following):
        steps = " -> ".join((*circle, circle[0]))
        yield Finding(at("metric", circle[0]), CODE, f"the metric is computed from itself: {steps}")
