"""A dataset is stale before it is too old."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "freshness-order"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each freshness whose warn does not lie before its fail."""
    for name, dataset in catalog.datasets.items():
        freshness = dataset.freshness
        if freshness is None or freshness.warn is None or freshness.fail is None:
            continue
        if freshness.warn.approximate_seconds >= freshness.fail.approximate_seconds:
            message = f"warn {freshness.warn} is not shorter than fail {freshness.fail}"
            yield Finding(at("dataset", name, "freshness", "warn"), CODE, message)
