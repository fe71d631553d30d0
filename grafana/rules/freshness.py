"""How old the data of each dataset may be, as its `freshness` says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.engine.watermarks import has_watermark


@dataclass(frozen=True)
class Limits:
    """The ages in seconds from which on a dataset is to be looked at, and from which it is stale.

    `watched` are the datasets whose watermarks tell: itself, or the parts of a union that has none of its own.
    """

    dataset: Dataset
    watched: tuple[str, ...]
    warn: float | None
    fail: float | None


def limits(catalog: Catalog) -> Iterator[Limits]:
    """Yield the limits of every dataset that declares any."""
    for dataset in catalog.datasets.values():
        if dataset.freshness is None:
            continue
        spans = dataset.freshness.warn, dataset.freshness.fail
        warn, fail = (None if span is None else span.approximate_seconds for span in spans)
        watched = tuple(dict.fromkeys(_watched(catalog, dataset)))
        if watched:
            yield Limits(dataset, watched, warn, fail)


def _watched(catalog: Catalog, dataset: Dataset) -> Iterator[str]:
    if has_watermark(dataset):
        yield dataset.dataset
    else:
        for part in dataset.union:
            yield from _watched(catalog, catalog.datasets[part.dataset])
