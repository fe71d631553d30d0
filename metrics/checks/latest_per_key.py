"""A metric that keeps the latest row of an entity reads a dataset with a key, which breaks ties."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.definitions import Places
from metrics.errors import Finding
from metrics.model import Catalog
from metrics.parts import uses

CODE = "latest-per-key"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each latest_per over a dataset without a key."""
    for name, metric in catalog.metrics.items():
        for use in uses(metric):
            dataset = catalog.datasets.get(use.dataset)
            if getattr(use.record, "latest_per", None) and dataset is not None and not dataset.key:
                message = f"dataset {use.dataset!r} has no key, so rows of one instant have no order"
                yield Finding(at("metric", name, *use.path, "latest_per", key=True), CODE, message)
