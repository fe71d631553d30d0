"""A metric that looks for the latest row of an entity reads a dataset with a key, which breaks ties."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.walk import uses
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "latest-per-key"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each latest_per, and each `per` with dimensions, over a dataset without a key."""
    for name, metric in catalog.metrics.items():
        for use in uses(metric):
            dataset = catalog.datasets.get(use.dataset)
            if dataset is None or dataset.key:
                continue
            # Under `per`, the latest row of an entity says its dimensions.
            keys = ("latest_per", *(("per",) if metric.dimensions else ()))
            for key in (each for each in keys if getattr(use.record, each, None)):
                message = f"dataset {use.dataset!r} has no key, so rows of one instant have no order"
                yield Finding(at("metric", name, *use.path, key, key=True), CODE, message)
