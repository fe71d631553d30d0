"""What is asked of a session, and in which order: inputs first, and what may be waited for in vain last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.grain import Grain

AT_ONCE = 1.0
"""A metric that failed within so many seconds was not waited for."""
NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class MetricRequest:
    """One metric with the grains and cuts that are wanted of it."""

    metric: str
    grains: tuple[Grain, ...]
    cuts: tuple[tuple[str, ...], ...]


def request_for(metric: Metric) -> MetricRequest:
    """Return what a refresh asks of a metric: its grains and its stored cuts."""
    return MetricRequest(metric.metric, metric.grains, metric.cut_sets)


def with_inputs(catalog: Catalog, asks: Iterable[MetricRequest]) -> tuple[MetricRequest, ...]:
    """Return the asks and all that they are made of, inputs first, each metric once."""
    found: dict[str, MetricRequest] = {}

    def visit(ask: MetricRequest) -> None:
        metric = catalog.metric(ask.metric)
        for name in inputs(metric):
            visit(replace(ask, metric=name))
        known = found.pop(ask.metric, ask)
        found[ask.metric] = MetricRequest(
            ask.metric,
            tuple(dict.fromkeys((*known.grains, *ask.grains))),
            tuple(dict.fromkeys((*known.cuts, *ask.cuts))),
        )

    for ask in asks:
        visit(ask)
    # Re-insertion may have moved an input behind what reads it: order once more, inputs first.
    ordered: dict[str, MetricRequest] = {}

    def place(name: str) -> None:
        for each in inputs(catalog.metric(name)):
            place(each)
        ordered.setdefault(name, found[name])

    for name in list(found):
        place(name)
    return tuple(ordered.values())


def stored_requests(catalog: Catalog, metrics: Iterable[str]) -> tuple[MetricRequest, ...]:
    """Return what a refresh of metrics asks, inputs and what is stored of them included; raise UnknownMetric."""
    needed = with_inputs(catalog, [request_for(catalog.metric(name)) for name in metrics])
    # What is stored of an input is its own, whatever the formula over it needs besides.
    return (*(request_for(catalog.metric(ask.metric)) for ask in needed), *needed)


def batches(
    catalog: Catalog, metrics: Iterable[str], doubtful: Mapping[str, float]
) -> tuple[tuple[str, ...], ...]:
    """Return metrics, which come inputs first, in groups that are computed one after the other.

    The first group is of those that nothing is known against, the second of those that failed at once: after
    an outage they share scans again. Each metric for which its run waited, and what is computed from it, is a
    group of its own, the longest last: what failed only because another was waited for shall not again.
    """
    sure: list[str] = []
    waited: dict[str, float] = {}
    for name in metrics:
        found = [waited[each] for each in inputs(catalog.metric(name)) if each in waited]
        found += [doubtful[name]] if name in doubtful else []
        if found:
            waited[name] = max(found)
        else:
            sure.append(name)
    # Inputs were waited for no longer than what is computed from them: they stay before it.
    late = sorted(waited, key=lambda name: waited[name])
    soon = [name for name in late if waited[name] < AT_ONCE]
    return (tuple(sure), *([tuple(soon)] if soon else []), *((name,) for name in late[len(soon) :]))
