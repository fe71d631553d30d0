"""A metric of volume has a counter-metric, so that nobody gains by doing more of worse."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Direction, Metric
from metrics.errors import Finding, Level
from metrics.kind import kind_of
from metrics.loading.loader import Places

CODE = "guard-missing"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice for each scored count or sum without one; an error where company.yml is strict."""
    level = Level.ERROR if catalog.company.strict else Level.ADVICE
    for name, metric in catalog.metrics.items():
        if is_volume(metric) and not metric.guards:
            message = "a metric of volume has no counter-metric: write guards"
            yield Finding(at("metric", name), CODE, message, level)


def is_volume(metric: Metric) -> bool:
    """Tell whether a metric counts or sums, and more or less of it is called better."""
    measure = kind_of(metric).measured(metric)
    scored = metric.direction in (Direction.UP, Direction.DOWN)
    return scored and measure is not None and measure.additive
