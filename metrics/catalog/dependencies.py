"""What depends on what: columns, conditions, lookups, entities and dimensions, dataset by dataset.

A metric's value depends on the items that it reaches and on nothing else, so that a new column in a
dataset changes no other metric's definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Column, Dataset, Lookup, UnionPart
from metrics.catalog.metric import Metric
from metrics.catalog.walk import DatasetUse, Field, dimension_uses, entities, uses
from metrics.expressions.measures import measures_in
from metrics.expressions.nodes import Expression, Literal, Measure, Name, Node, names


@dataclass(frozen=True, order=True)
class Dependency:
    """One thing that others depend on.

    `kind` is dataset, column, condition, raw (a column of the table itself), lookup, entity, dimension,
    identity or rates; `name` is empty for a dataset.
    """

    dataset: str
    kind: str
    name: str = ""

    def __str__(self) -> str:
        return ".".join(part for part in (self.dataset, self.name) if part)


RATES = Dependency("", "rates")


def needs(catalog: Catalog, item: Dependency) -> tuple[Dependency, ...]:
    """Return what an item depends on directly; what does not exist is left out."""
    return tuple(dict.fromkeys(_needs(catalog, item)))


def _needs(catalog: Catalog, item: Dependency) -> Iterator[Dependency]:
    if item.kind == "rates":
        yield from _rates(catalog)
    elif item.kind == "identity":
        yield from _identity(catalog, item.name)
    elif item.dataset in catalog.datasets:
        yield from _NEEDS[item.kind](catalog, catalog.datasets[item.dataset], item.name)


def _read(
    catalog: Catalog, dataset: str, nodes: Iterable[Node | None], own: str = ""
) -> Iterator[Dependency]:
    """Yield what expressions over a dataset's rows name; `own` is the column that they define."""
    for node in nodes:
        for name in names(node) if node is not None else ():
            yield from items_of(catalog, dataset, name.parts, own)


def items_of(catalog: Catalog, dataset: str, path: tuple[str, ...], own: str = "") -> Iterator[Dependency]:
    """Yield what a name reads: the lookups that it goes through, and the column at its end."""
    for lookup in path[:-1]:
        yield Dependency(dataset, "lookup", lookup)
        found = catalog.datasets.get(dataset)
        if found is None or lookup not in found.lookups:
            return
        dataset = found.lookups[lookup].dataset
    found = catalog.datasets.get(dataset)
    if found is None:
        return
    name = path[-1]
    # A computed column may refine the table's own column of its name.
    if len(path) == 1 and name == own:
        yield Dependency(dataset, "raw", name)
    elif name in found.columns:
        yield Dependency(dataset, "column", name)
    else:
        yield Dependency(dataset, "condition" if name in found.conditions else "raw", name)


def _dataset(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Dependency]:
    valid, complete = dataset.valid, dataset.complete_through
    written = [dataset.where, dataset.time, dataset.loaded_at, *dataset.exclude.values()]
    written += [valid.from_, valid.to, valid.snapshot] if valid else []
    written += [complete.time] if complete and complete.dataset is None else []
    yield from _read(catalog, dataset.dataset, [each.node for each in written if each])
    for key in dataset.key:
        yield from items_of(catalog, dataset.dataset, (key,))
    if complete and complete.dataset is not None:
        yield Dependency(complete.dataset, "dataset")
        yield from _read(catalog, complete.dataset, [complete.time.node if complete.time else None])
    yield from (Dependency(part.dataset, "dataset") for part in dataset.union)


def _column(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Dependency]:
    column = dataset.columns[name]
    currency = column.currency.node if column.currency else None
    yield from _read(catalog, dataset.dataset, [column.expression.node, currency], own=name)
    if is_converted(catalog, column):
        yield RATES


def is_converted(catalog: Catalog, column: Column) -> bool:
    """Tell whether a column is money that may be in another currency than the report's."""
    node = column.currency.node if column.currency else None
    literal = isinstance(node, Literal) and node.value == catalog.company.currency.report
    return node is not None and not literal


def _condition(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Dependency]:
    condition = dataset.conditions[name]
    if isinstance(condition, Expression):
        yield from _read(catalog, dataset.dataset, [condition.node], own=name)
        return
    # Which of them holds is told by the event's day.
    time = [dataset.time.node] if dataset.time else []
    yield from _read(catalog, dataset.dataset, [*(each.where.node for each in condition), *time], own=name)


def _raw(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Dependency]:
    for part in dataset.union:
        yield from _read(catalog, part.dataset, [union_column(part, name)])


def union_column(part: UnionPart, name: str) -> Node:
    """Return what a union's column is in one of its datasets."""
    return part.columns[name].node if name in part.columns else Name((name,))


def is_planned(catalog: Catalog, dataset: str, node: Node) -> bool:
    """Tell whether an expression reads a column that is declared `planned`: a time that is known beforehand."""
    waiting, seen = list(_read(catalog, dataset, [node])), set[Dependency]()
    while waiting:
        item = waiting.pop()
        # What a lookup is joined on is no part of the value.
        if (
            item in seen
            or item.kind not in ("column", "condition", "raw")
            or item.dataset not in catalog.datasets
        ):
            continue
        seen.add(item)
        declared = catalog.datasets[item.dataset].types.get(item.name) if item.kind == "raw" else None
        if declared is not None and declared.planned:
            return True
        waiting.extend(needs(catalog, item))
    return False


def _lookup(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Dependency]:
    if name not in dataset.lookups:
        return
    lookup: Lookup = dataset.lookups[name]
    written = [*lookup.on, lookup.valid_at, lookup.before, lookup.after]
    yield from _read(catalog, dataset.dataset, [each.node for each in written if each])
    yield Dependency(lookup.dataset, "dataset")
    if lookup.by is not None:
        yield Dependency(dataset.dataset, "entity", lookup.by)
        yield Dependency(lookup.dataset, "entity", lookup.by)


def _entity(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Dependency]:
    if name in dataset.entities:
        entity = dataset.entities[name]
        yield from _read(catalog, dataset.dataset, [entity.id.node])
        if entity.system is not None and name in catalog.identities:
            yield Dependency("", "identity", name)


def _dimension(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Dependency]:
    if name in dataset.dimensions:
        yield from _read(catalog, dataset.dataset, [dataset.dimensions[name].node])


def _identity(catalog: Catalog, name: str) -> Iterator[Dependency]:
    crosswalk = catalog.identities[name].crosswalk
    yield Dependency(crosswalk.dataset, "dataset")
    for column in (crosswalk.system, crosswalk.id, crosswalk.entity):
        yield from items_of(catalog, crosswalk.dataset, (column,))


def _rates(catalog: Catalog) -> Iterator[Dependency]:
    rates = catalog.company.currency.rates
    if rates is not None:
        yield Dependency(rates.dataset, "dataset")
        written = (rates.base, rates.quote, rates.date, rates.rate)
        yield from _read(catalog, rates.dataset, [each.node for each in written])


_NEEDS: dict[str, Callable[[Catalog, Dataset, str], Iterator[Dependency]]] = {
    "dataset": _dataset,
    "column": _column,
    "condition": _condition,
    "raw": _raw,
    "lookup": _lookup,
    "entity": _entity,
    "dimension": _dimension,
}


def starts(catalog: Catalog, metric: Metric) -> Iterator[Dependency]:
    """Yield what a metric names itself, dataset by dataset."""
    for use in uses(metric):
        yield Dependency(use.dataset, "dataset")
        yield from _use_items(catalog, use)
        behind = (metric.private_entity,) if metric.private_entity is not None else ()
        yield from (Dependency(use.dataset, "entity", name) for name in (*entities(metric), *behind))
    for use in dimension_uses(metric):
        yield from (Dependency(use.dataset, "dimension", name) for name in metric.dimensions)


def _use_items(catalog: Catalog, use: DatasetUse) -> Iterator[Dependency]:
    for part in use.fields():
        if isinstance(part.value, Measure) and part.value.function == "count_new":
            if isinstance(part.node, Name):
                yield Dependency(use.dataset, "entity", part.node.parts[-1])
        else:
            yield from _read(catalog, use.dataset, [part.node])
            yield from (Dependency(use.dataset, "entity", name) for name in _distinct(part))


def _distinct(part: Field) -> Iterator[str]:
    """Yield what distinct ones are counted of: the name of a column, or of an entity."""
    nodes = [part.node] if isinstance(part.value, Measure) and part.value.function == "count_distinct" else []
    if isinstance(part.value, Expression):
        calls = (call for call in measures_in(part.value.node) if call.function == "count_distinct")
        nodes += [call.arguments[0] for call in calls]
    yield from (node.parts[0] for node in nodes if isinstance(node, Name) and len(node.parts) == 1)


def reached(catalog: Catalog, metrics: Iterable[Metric]) -> frozenset[Dependency]:
    """Return everything that metrics depend on, the rows of every dataset on the way included."""
    return below(catalog, (item for metric in metrics for item in starts(catalog, metric)))


def below(catalog: Catalog, items: Iterable[Dependency]) -> frozenset[Dependency]:
    """Return items and all that they depend on, the rows of every dataset on the way included."""
    found: set[Dependency] = set()
    waiting = list(items)
    while waiting:
        item = waiting.pop()
        if item not in found:
            found.add(item)
            waiting.extend(needs(catalog, item))
            if item.dataset:
                waiting.append(Dependency(item.dataset, "dataset"))
    return frozenset(item for item in found if not item.dataset or item.dataset in catalog.datasets)
