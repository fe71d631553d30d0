"""A dataset is complete through one thing: a time, a lag, or another dataset."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places
from metrics.sql.rows import default_time

CODE = "complete-through-shape"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each complete_through that says several things or none, or a dataset without a time."""
    for name, dataset in catalog.datasets.items():
        complete = dataset.complete_through
        if complete is None:
            continue
        if (complete.lag is None) == (complete.time is None and complete.dataset is None):
            message = "complete_through has a time, or a lag, or a dataset with a time"
            yield Finding(at("dataset", name, "complete_through"), CODE, message)
            continue
        other = catalog.datasets.get(complete.dataset or "")
        if other is not None and complete.time is None and default_time(other) is None:
            message = f"dataset {other.dataset!r} has no time of its own: write time beside it"
            yield Finding(at("dataset", name, "complete_through", "dataset"), CODE, message)
