"""What one query reads lives in one source."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.dependencies import is_converted
from metrics.catalog.metric import Metric
from metrics.catalog.walk import DatasetUse, Path, entities, uses
from metrics.errors import Finding
from metrics.kind import kind_of
from metrics.loading.loader import Places

CODE = "sources-differ"


ADVICE = "land them in one warehouse or Parquet folder"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each lookup, union, rate and entity-level metric that spans two sources."""
    for name in catalog.datasets:
        for path, other in _joined(catalog, name):
            if message := _apart(catalog, name, other):
                yield Finding(at("dataset", name, *path), CODE, message)
    for metric in catalog.metrics.values():
        found = _together(catalog, metric)
        for use in found[1:]:
            if message := _apart(catalog, found[0].dataset, use.dataset):
                yield Finding(at("metric", metric.metric, *use.path, "dataset"), CODE, message)


def _together(catalog: Catalog, metric: Metric) -> tuple[DatasetUse, ...]:
    """Return the uses that one query reads: of a ratio, the sides that know its entity."""
    if not kind_of(metric).crosses_sources:
        return uses(metric)
    followed = entities(metric)
    datasets = catalog.datasets
    return tuple(
        use
        for use in uses(metric)
        if use.dataset in datasets and any(name in datasets[use.dataset].entities for name in followed)
    )


def _joined(catalog: Catalog, name: str) -> Iterator[tuple[Path, str]]:
    """Yield the datasets that one query reads together with this one, and where it says so."""
    dataset, rates = catalog.datasets[name], catalog.company.currency.rates
    for key, lookup in dataset.lookups.items():
        yield ("lookups", key, "dataset"), lookup.dataset
    for index, part in enumerate(dataset.union):
        yield ("union", index, "dataset"), part.dataset
    for key, column in dataset.columns.items():
        if rates is not None and is_converted(catalog, column):
            yield ("columns", key, "currency"), rates.dataset
    for key, entity in dataset.entities.items():
        if entity.system is not None and key in catalog.identities:
            yield ("entities", key), catalog.identities[key].crosswalk.dataset


def _apart(catalog: Catalog, name: str, other: str) -> str:
    home, there = source_of(catalog, name), source_of(catalog, other)
    if home is None or there is None or home == there:
        return ""
    return f"{other!r} is in source {there!r}, but {name!r} is in {home!r}: {ADVICE}"


def source_of(catalog: Catalog, dataset: str) -> str | None:
    """Return the source of a dataset, a union's from its first dataset; None where it is not known."""
    seen: set[str] = set()
    while dataset in catalog.datasets and dataset not in seen:
        seen.add(dataset)
        found = catalog.datasets[dataset]
        if found.source is not None or not found.union:
            return found.source
        dataset = found.union[0].dataset
    return None
