"""A metric that is cut into periods reads rows that have a time."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.catalog.walk import uses
from metrics.errors import Finding
from metrics.grain import Grain
from metrics.kind import kind_of
from metrics.loading.loader import Places

CODE = "time-missing"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each use of a dataset without a time, but for grain `all` alone."""
    for name, metric in catalog.metrics.items():
        if set(metric.grains) == {Grain.ALL} and not kind_of(metric).follows:
            continue
        for use in uses(metric):
            if use.path in (("margin",), ("allocate",)):
                # Read over the orders, or over the numerator's rows, by their time.
                continue
            dataset = catalog.datasets.get(use.dataset)
            if dataset is not None and getattr(use.record, "time", None) is None and not has_time(dataset):
                message = f"dataset {use.dataset!r} has no time: write one there or here"
                yield Finding(at("metric", name, *use.path, "dataset"), CODE, message)


def has_time(dataset: Dataset) -> bool:
    """Tell whether a dataset has an event time: its own, or the start of its validity."""
    return dataset.time is not None or dataset.valid is not None
