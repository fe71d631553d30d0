"""Where a word keeps its old meaning: a condition says more than the column that it is named after."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.dated import stretches
from metrics.catalog.dependencies import Dependency, items_of
from metrics.catalog.diff import MetricDifference, Path
from metrics.catalog.metric import Metric
from metrics.catalog.walk import uses
from metrics.expressions.nodes import Name, Node, demands, names
from scorecard.diff.model import OldMeaning


def old_meanings(found: MetricDifference, base: Catalog, head: Catalog) -> Iterator[OldMeaning]:
    """Yield the words that a metric reads in a narrower sense by now, each with the metrics that read it as before."""
    for dataset, condition, before, after in _narrowed(found, base, head):
        for name in _named_after(condition, before, after):
            item = _read(head, dataset, name)
            keep = [
                metric.metric
                for metric in head.metrics.values()
                if metric is not found.after and item in _items(head, metric)
            ]
            stays = item == _read(base, dataset, name) and _path(item) not in found.through
            if keep and stays:
                yield OldMeaning(condition, ".".join(name.parts), tuple(keep))


def _narrowed(found: MetricDifference, base: Catalog, head: Catalog) -> Iterator[tuple[str, str, Node, Node]]:
    """Yield the conditions that are others by now: the dataset, what they are called, and both trees."""
    for path in found.through:
        if len(path) == 4 and (path[0], path[2]) == ("datasets", "conditions"):
            _, dataset, _, condition = path
            before, after = (each.datasets[dataset].conditions.get(condition) for each in (base, head))
            if before is not None and after is not None:
                # Where a condition turns on a day, what it says of today's events counts.
                yield dataset, condition, stretches(before)[-1].where.node, stretches(after)[-1].where.node
    if found.before is not None and found.after is not None:
        old = {(use.dataset, part.path): part.node for use in uses(found.before) for part in use.fields()}
        for use in uses(found.after):
            for part in use.fields():
                was = old.get((use.dataset, part.path))
                if was is not None and part.node is not None:
                    yield use.dataset, found.after.metric, was, part.node


def _named_after(owner: str, before: Node, after: Node) -> Iterator[Name]:
    """Yield the columns that a condition demands as before, with something more by now, and that it is named after."""
    old, new = tuple(demands(before)), tuple(demands(after))
    if len(new) > len(old) and all(each in new for each in old):
        for part in old:
            if isinstance(part, Name) and f"_{part.parts[-1]}_" in f"_{owner}_":
                yield part


def _items(catalog: Catalog, metric: Metric) -> set[Dependency]:
    """Return what a metric's own expressions read, each at the end of its lookups."""
    return {
        item
        for use in uses(metric)
        for part in use.fields()
        if part.node is not None
        for name in names(part.node)
        if (item := _read(catalog, use.dataset, name)) is not None
    }


def _read(catalog: Catalog, dataset: str, name: Name) -> Dependency | None:
    return next(reversed([*items_of(catalog, dataset, name.parts)]), None)


def _path(item: Dependency | None) -> Path:
    kinds = {"column": "columns", "condition": "conditions", "raw": "types"}
    return () if item is None else ("datasets", item.dataset, kinds.get(item.kind, item.kind), item.name)
