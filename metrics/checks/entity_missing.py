"""The entity of a metric is an entity of every dataset that it counts, of a ratio of one side at least."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import uses, walk_fields
from metrics.errors import Finding, suggest
from metrics.expressions.nodes import Measure, Name, Node
from metrics.kind import kind_of
from metrics.loading.loader import Places

CODE = "entity-missing"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each entity that a dataset of the metric does not have."""
    for metric in catalog.metrics.values():
        yield from _followed(catalog, at, metric)
        yield from _counted(catalog, at, metric)


def _followed(catalog: Catalog, at: Places, metric: Metric) -> Iterator[Finding]:
    for part in walk_fields(metric.options):
        if part.refers == "entity":
            # What customers cost is spent on nobody in particular.
            counted = (use.dataset for use in uses(metric) if use.path != ("cost",))
            datasets = tuple(dict.fromkeys(counted))
            messages = [found for each in datasets if (found := _missing(catalog, each, part.value))]
            if kind_of(metric).one_side and len(messages) < len(datasets):
                # The other side, such as spend, is fixed.
                continue
            for message in messages:
                yield Finding(at("metric", metric.metric, *part.path), CODE, message)


def _counted(catalog: Catalog, at: Places, metric: Metric) -> Iterator[Finding]:
    for use in uses(metric):
        for part in use.fields():
            measure = part.value
            if not isinstance(measure, Measure) or measure.function != "count_new":
                continue
            if measure.argument is None:
                continue
            if message := _miscounted(catalog, use.dataset, measure.argument):
                place = at("metric", metric.metric, *part.path, offset=measure.argument.offset)
                yield Finding(place, CODE, message)


def _miscounted(catalog: Catalog, dataset: str, node: Node) -> str:
    if not isinstance(node, Name) or len(node.parts) > 1:
        return "count_new takes the name of an entity"
    return _missing(catalog, dataset, node.parts[0])


def _missing(catalog: Catalog, dataset: str, entity: str) -> str:
    found = catalog.datasets.get(dataset)
    if found is None or entity in found.entities:
        return ""
    return f"dataset {dataset!r} has no entity {entity!r}{suggest(entity, found.entities)}"
