"""A list names each thing once."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "repeated-item"


LISTS = ("supports", "dimensions", "cuts", "grains", "guards")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each item of a metric's lists, or of a dataset's key, that stands there before."""
    for name, metric in catalog.metrics.items():
        for key in LISTS:
            for index in _repeated(_items(metric, key)):
                yield Finding(at("metric", name, key, index), CODE, f"the same item stands in {key} already")
    for name, dataset in catalog.datasets.items():
        for index in _repeated(dataset.key):
            yield Finding(at("dataset", name, "key", index), CODE, "the same item stands in key already")


def _items(metric: Metric, key: str) -> tuple[object, ...]:
    items: tuple[object, ...] = getattr(metric, key)
    # A cut is a set of dimensions: their order says nothing.
    return tuple(tuple(sorted(each)) if isinstance(each, tuple) else each for each in items)


def _repeated(items: tuple[object, ...]) -> Iterator[int]:
    return (index for index, item in enumerate(items) if item in items[:index])
