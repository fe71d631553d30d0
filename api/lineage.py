"""What a metric is computed from, as pairs: metrics, datasets and sources, each read by the next."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.lineage import upstream
from metrics.model import Catalog, Dataset
from metrics.parts import inputs, uses

Node = tuple[str, str]
"""(metric | dataset | source, name)"""


def nodes(catalog: Catalog, metric: str) -> tuple[Node, ...]:
    """Return everything that a metric is computed from, the nearest first; raise UnknownMetric."""
    found = upstream(catalog, metric)
    return (
        *(("metric", name) for name in reversed(found.metrics)),
        *(("dataset", name) for name in reversed(found.datasets)),
        *(("source", name) for name in found.sources),
    )


def edges(catalog: Catalog, metric: str) -> tuple[tuple[Node, Node], ...]:
    """Return (what is read, what reads it) pairs, sorted; raise UnknownMetric."""
    found = upstream(catalog, metric)
    pairs = {pair for name in (*found.metrics, metric) for pair in _of_metric(catalog, name)}
    for name in found.datasets:
        pairs |= {
            pair
            for pair in _of_dataset(catalog.datasets[name])
            if pair[0][1] in (*found.datasets, *found.sources)
        }
    return tuple(sorted(pairs))


def _of_metric(catalog: Catalog, name: str) -> Iterator[tuple[Node, Node]]:
    metric = catalog.metrics[name]
    for each in inputs(metric):
        if each in catalog.metrics:
            yield ("metric", each), ("metric", name)
    for use in uses(metric):
        yield ("dataset", use.dataset), ("metric", name)


def _of_dataset(dataset: Dataset) -> Iterator[tuple[Node, Node]]:
    own = ("dataset", dataset.dataset)
    if dataset.source:
        yield ("source", dataset.source), own
    for lookup in dataset.lookups.values():
        yield ("dataset", lookup.dataset), own
    for part in dataset.union:
        yield ("dataset", part.dataset), own
