"""A history has a start and may have an end; a snapshot has its date."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "validity-shape"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each `valid` that is both, neither, or an end alone."""
    for name, dataset in catalog.datasets.items():
        valid = dataset.valid
        if valid is not None and (valid.from_ is None) == (valid.snapshot is None):
            yield Finding(at("dataset", name, "valid"), CODE, "valid has either from (and to), or snapshot")
        elif valid is not None and valid.snapshot is not None and valid.to is not None:
            yield Finding(at("dataset", name, "valid", "to"), CODE, "a snapshot has no to")
