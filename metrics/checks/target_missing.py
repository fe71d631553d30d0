"""Every metric with a direction has a target."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Direction
from metrics.errors import Finding, Level
from metrics.loading.loader import Places

CODE = "target-missing"
MESSAGE = "the metric has no target, so it is not scored: write targets, or direction: none"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice for each metric without one, an error where company.yml says `strict: true`."""
    level = Level.ERROR if catalog.company.strict else Level.ADVICE
    for name, metric in catalog.metrics.items():
        # What has a value for each age has none to compare with a target.
        wanted = metric.direction is not Direction.NONE and not metric.own_dimensions
        if wanted and not metric.targets:
            yield Finding(at("metric", name), CODE, MESSAGE, level)
