"""What a metric is computed from: metrics, datasets and sources, each read by the next, and fitted models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.project.project import Project
from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.catalog.lineage import upstream
from metrics.catalog.walk import inputs, uses
from metrics.describe.units import unit_of
from metrics.kind import kind_of

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


@dataclass(frozen=True)
class Fitted:
    """A fitted model that values come from, as the last good run of its metric stored it."""

    metric: str
    definition_hash: str
    computed_at: datetime
    fitted_at: datetime | None
    models: Mapping[str, Any]


def currency(catalog: Catalog, metric: str) -> str | None:
    """Return the currency of a metric's or its inputs' money; None where there is no money; raise UnknownMetric."""
    report = catalog.company.currency.report
    chain = (metric, *upstream(catalog, metric).metrics)
    money = any(unit_of(catalog.metrics[name], catalog) == report.lower() for name in chain)
    paid_back = any(kind_of(catalog.metrics[name]).rests_on_money for name in chain)
    return report if money or paid_back else None


def fits(seen: Project, metric: str) -> Iterator[Fitted]:
    """Yield the models behind a metric, its own first; nothing of a private metric; raise UnknownMetric."""
    for name in (metric, *reversed(upstream(seen.catalog, metric).metrics)):
        run = None if seen.catalog.metric(name).private else seen.store.last_success(name)
        if run is not None and run.diagnostics.get("fit"):
            said, mark = run.diagnostics, run.diagnostics.get("fitted_at")
            fitted_at = datetime.fromisoformat(mark) if mark else None
            yield Fitted(name, run.definition_hash, run.finished_at, fitted_at, said["fit"])
