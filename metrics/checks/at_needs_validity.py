"""A stock is read at an instant only where rows say when they hold."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.walk import uses
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "at-needs-validity"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each `at` over a dataset without `valid`."""
    for name, metric in catalog.metrics.items():
        for use in uses(metric):
            dataset = catalog.datasets.get(use.dataset)
            if getattr(use.record, "at", None) and dataset is not None and dataset.valid is None:
                message = f"dataset {use.dataset!r} has no valid, so it has no state at an instant"
                yield Finding(at("metric", name, *use.path, "at"), CODE, message)
