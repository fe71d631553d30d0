"""A metric's dimensions are dimensions of every dataset that gives them, or a ratio allocates them."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import DatasetUse, dimension_uses
from metrics.errors import Finding, suggest
from metrics.kinds.ratio import kind as ratio
from metrics.kinds.ratio.allocation import By
from metrics.loading.loader import Places

CODE = "unknown-dimension"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each dimension that a dataset of the metric does not have."""
    for name, metric in catalog.metrics.items():
        for dataset in dict.fromkeys(use.dataset for use in _needed(metric)):
            if dataset not in catalog.datasets:
                continue
            known = catalog.datasets[dataset].dimensions
            for index, dimension in enumerate(metric.dimensions):
                if dimension not in known:
                    message = f"dataset {dataset!r} has no dimension {dimension!r}{suggest(dimension, known)}"
                    yield Finding(at("metric", name, "dimensions", index), CODE, message)


def _needed(metric: Metric) -> Iterator[DatasetUse]:
    """Yield the uses that must have every dimension: not what a ratio spreads by its denominator."""
    allocate = metric.options.allocate if isinstance(metric.options, ratio.Options) else None
    spread = allocate is not None and allocate.by is By.NEW_CUSTOMERS
    sides = (use for use in dimension_uses(metric) if use.path != ("allocate",))
    return (use for use in sides if not (spread and use.path == ("numerator",)))
