"""Where a metric's numbers come from: the datasets, metrics and sources below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from metrics.catalog.catalog import Catalog
from metrics.catalog.dependencies import needs, reached
from metrics.catalog.walk import inputs
from metrics.errors import UnknownMetric


@dataclass(frozen=True)
class Upstream:
    """What a metric is computed from, each after what it depends on itself."""

    datasets: tuple[str, ...]
    metrics: tuple[str, ...]
    sources: tuple[str, ...]


def upstream(catalog: Catalog, metric: str) -> Upstream:
    """Return the datasets, metrics and sources that a metric is computed from; raise UnknownMetric."""
    known = catalog.worked_out
    if (upstream, metric) not in known:
        known[upstream, metric] = _upstream(catalog, metric)
    found: Upstream = known[upstream, metric]
    return found


def _upstream(catalog: Catalog, metric: str) -> Upstream:
    names = chain_of(catalog, metric)
    chain = [catalog.metrics[name] for name in names if name in catalog.metrics]
    items = reached(catalog, chain)
    below: dict[str, set[str]] = {item.dataset: set() for item in sorted(items) if item.dataset}
    for item in items:
        for each in needs(catalog, item):
            # Rates and identities stand in no dataset: what they need is needed by the item itself.
            direct = (each,) if each.dataset else needs(catalog, each)
            for part in direct:
                if item.dataset and part.dataset in below and part.dataset != item.dataset:
                    below[item.dataset].add(part.dataset)
    datasets = _ordered(below)
    sources = {source: None for name in datasets if (source := catalog.datasets[name].source)}
    return Upstream(datasets, tuple(name for name in names if name != metric), tuple(sources))


def chain_of(catalog: Catalog, metric: str) -> tuple[str, ...]:
    """Return a metric's inputs and the metric, each after its own inputs; unknown ones are left out."""
    if metric not in catalog.metrics:
        raise UnknownMetric(metric, catalog.metrics)
    below: dict[str, set[str]] = {}
    waiting = [metric]
    while waiting:
        name = waiting.pop()
        if name not in below:
            below[name] = {each for each in inputs(catalog.metrics[name]) if each in catalog.metrics}
            waiting.extend(below[name])
    return _ordered(dict(sorted(below.items())))


def _ordered(below: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return names so that each stands after those below it; in a circle, by name."""
    sorter = TopologicalSorter({name: sorted(each) for name, each in below.items()})
    try:
        return tuple(sorter.static_order())
    except ValueError:
        return tuple(sorted(below))
