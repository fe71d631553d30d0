"""What depends on what: columns, conditions, lookups, entities and dimensions, dataset by dataset.

A metric's value depends on the items that it reaches and on nothing else, so that a new column in a
dataset changes no other metric's definition.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from metrics.catalog.model import Catalog, Column, Dataset, Lookup, Metric, UnionPart
from metrics.catalog.walk import Part, Use, dimension_uses, entities, uses
from metrics.expressions.parser import Expression, Literal, Measure, Name, Node, measures_in, names

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, order=True)
class Item:
    """One thing that others depend on.

    `kind` is dataset, column, condition, raw (a column of the table itself), lookup, entity, dimension,
    identity or rates; `name` is empty for a dataset.
    """

    dataset: str
    kind: str
    name: str = ""

    def __str__(self) -> str:
        return ".".join(part for part in (self.dataset, self.name) if part)


RATES = Item("", "rates")


def needs(catalog: Catalog, item: Item) -> tuple[Item, ...]:
    """Return what an item depends on directly; what does not exist is left out."""
    return tuple(dict.fromkeys(_needs(catalog, item)))


def _needs(catalog: Catalog, item: Item) -> Iterator[Item]:
    if item.kind == "rates":
        yield from _rates(catalog)
    elif item.kind == "identity":
        yield from _identity(catalog, item.name)
    elif item.dataset in catalog.datasets:
        yield from _NEEDS[item.kind](catalog, catalog.datasets[item.dataset], item.name)


def _read(catalog: Catalog, dataset: str, nodes: Iterable[Node | None], own: str = "") -> Iterator[Item]:
    """Yield what expressions over a dataset's rows name; `own` is the column that they define."""
    for node in nodes:
        for name in names(node) if node is not None else ():
            yield from items_of(catalog, dataset, name.parts, own)


def items_of(catalog: Catalog, dataset: str, path: tuple[str, ...], own: str = "") -> Iterator[Item]:
    """Yield what a name reads: the lookups that it goes through, and the column at its end."""
    for lookup in path[:-1]:
        yield Item(dataset, "lookup", lookup)
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
        yield Item(dataset, "raw", name)
    elif name in found.columns:
        yield Item(dataset, "column", name)
    else:
        yield Item(dataset, "condition" if name in found.conditions else "raw", name)


def _dataset(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Item]:
    valid, complete = dataset.valid, dataset.complete_through
    written = [dataset.where, dataset.time, dataset.loaded_at, *dataset.exclude.values()]
    written += [valid.from_, valid.to, valid.snapshot] if valid else []
    written += [complete.time] if complete and complete.dataset is None else []
    yield from _read(catalog, dataset.dataset, [each.node for each in written if each])
    for key in dataset.key:
        yield from items_of(catalog, dataset.dataset, (key,))
    if complete and complete.dataset is not None:
        yield Item(complete.dataset, "dataset")
        yield from _read(catalog, complete.dataset, [complete.time.node if complete.time else None])
    yield from (Item(part.dataset, "dataset") for part in dataset.union)


def _column(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Item]:
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


def _condition(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Item]:
    return _read(catalog, dataset.dataset, [dataset.conditions[name].node], own=name)


def _raw(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Item]:
    for part in dataset.union:
        yield from _read(catalog, part.dataset, [union_column(part, name)])


def union_column(part: UnionPart, name: str) -> Node:
    """Return what a union's column is in one of its datasets."""
    return part.columns[name].node if name in part.columns else Name((name,))


def _lookup(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Item]:
    if name not in dataset.lookups:
        return
    lookup: Lookup = dataset.lookups[name]
    written = [*lookup.on, lookup.valid_at, lookup.before, lookup.after]
    yield from _read(catalog, dataset.dataset, [each.node for each in written if each])
    yield Item(lookup.dataset, "dataset")
    if lookup.by is not None:
        yield Item(dataset.dataset, "entity", lookup.by)
        yield Item(lookup.dataset, "entity", lookup.by)


def _entity(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Item]:
    if name in dataset.entities:
        entity = dataset.entities[name]
        yield from _read(catalog, dataset.dataset, [entity.id.node])
        if entity.system is not None and name in catalog.identities:
            yield Item("", "identity", name)


def _dimension(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[Item]:
    if name in dataset.dimensions:
        yield from _read(catalog, dataset.dataset, [dataset.dimensions[name].node])


def _identity(catalog: Catalog, name: str) -> Iterator[Item]:
    crosswalk = catalog.identities[name].crosswalk
    yield Item(crosswalk.dataset, "dataset")
    for column in (crosswalk.system, crosswalk.id, crosswalk.entity):
        yield from items_of(catalog, crosswalk.dataset, (column,))


def _rates(catalog: Catalog) -> Iterator[Item]:
    rates = catalog.company.currency.rates
    if rates is not None:
        yield Item(rates.dataset, "dataset")
        written = (rates.base, rates.quote, rates.date, rates.rate)
        yield from _read(catalog, rates.dataset, [each.node for each in written])


_NEEDS: dict[str, Callable[[Catalog, Dataset, str], Iterator[Item]]] = {
    "dataset": _dataset,
    "column": _column,
    "condition": _condition,
    "raw": _raw,
    "lookup": _lookup,
    "entity": _entity,
    "dimension": _dimension,
}


def starts(catalog: Catalog, metric: Metric) -> Iterator[Item]:
    """Yield what a metric names itself, dataset by dataset."""
    for use in uses(metric):
        yield Item(use.dataset, "dataset")
        yield from _use_items(catalog, use)
        behind = (metric.private_entity,) if metric.private_entity is not None else ()
        yield from (Item(use.dataset, "entity", name) for name in (*entities(metric), *behind))
    for use in dimension_uses(metric):
        yield from (Item(use.dataset, "dimension", name) for name in metric.dimensions)


def _use_items(catalog: Catalog, use: Use) -> Iterator[Item]:
    for part in use.parts():
        if isinstance(part.value, Measure) and part.value.function == "count_new":
            if isinstance(part.node, Name):
                yield Item(use.dataset, "entity", part.node.parts[-1])
        else:
            yield from _read(catalog, use.dataset, [part.node])
            yield from (Item(use.dataset, "entity", name) for name in _distinct(part))


def _distinct(part: Part) -> Iterator[str]:
    """Yield what distinct ones are counted of: the name of a column, or of an entity."""
    nodes = [part.node] if isinstance(part.value, Measure) and part.value.function == "count_distinct" else []
    if isinstance(part.value, Expression):
        calls = (call for call in measures_in(part.value.node) if call.function == "count_distinct")
        nodes += [call.arguments[0] for call in calls]
    yield from (node.parts[0] for node in nodes if isinstance(node, Name) and len(node.parts) == 1)


def reached(catalog: Catalog, metrics: Iterable[Metric]) -> frozenset[Item]:
    """Return everything that metrics depend on, the rows of every dataset on the way included."""
    found: set[Item] = set()
    waiting = [item for metric in metrics for item in starts(catalog, metric)]
    while waiting:
        item = waiting.pop()
        if item not in found:
            found.add(item)
            waiting.extend(needs(catalog, item))
            if item.dataset:
                waiting.append(Item(item.dataset, "dataset"))
    return frozenset(item for item in found if not item.dataset or item.dataset in catalog.datasets)


def circles(items: Iterable[T], following: Callable[[T], Iterable[T]]) -> Iterator[tuple[T, ...]]:
    """Yield each circle once, as its items in order from the least; no item is in two of them."""
    done: set[T] = set()
    for start in items:
        trail: list[T] = []
        at: dict[T, int] = {}
        waiting: list[tuple[T, Iterator[T]]] = [] if start in done else [(start, iter(following(start)))]
        if waiting:
            at[start] = 0
            trail.append(start)
        while waiting:
            item, rest = waiting[-1]
            for each in rest:
                if each in at:
                    circle = trail[at[each] :]
                    if not done.intersection(circle):
                        yield _from_least(circle)
                        done.update(circle)
                elif each not in done:
                    at[each] = len(trail)
                    trail.append(each)
                    waiting.append((each, iter(following(each))))
                    break
            else:
                waiting.pop()
                trail.pop()
                del at[item]
                done.add(item)


def _from_least(circle: list[T]) -> tuple[T, ...]:
    least = min(range(len(circle)), key=lambda index: str(circle[index]))
    return (*circle[least:], *circle[:least])
