"""A metric's dimensions are dimensions of every dataset that gives them, or a ratio allocates them."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding, suggest
from metrics.kind import kind_of
from metrics.loading.loader import Places

CODE = "unknown-dimension"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each dimension that a dataset of the metric does not have."""
    for name, metric in catalog.metrics.items():
        for dataset in dict.fromkeys(use.dataset for use in kind_of(metric).dimension_uses(metric)):
            if dataset not in catalog.datasets:
                continue
            known = catalog.datasets[dataset].dimensions
            for index, dimension in enumerate(metric.dimensions):
                if dimension not in known:
                    message = f"dataset {dataset!r} has no dimension {dimension!r}{suggest(dimension, known)}"
                    yield Finding(at("metric", name, "dimensions", index), CODE, message)
