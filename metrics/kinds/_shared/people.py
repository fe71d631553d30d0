"""Count the people behind a value of rows, for a metric that is private by an entity of its dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from metrics.catalog.dataset import Dataset
from metrics.catalog.metric import Metric
from metrics.expressions.nodes import PEOPLE, Measure, Name, Node, Operation
from metrics.sql.scan import Aggregate

_COUNTS = ("count", "count_distinct", "count_new")
OF_PEOPLE = ("count_distinct", "count_new")
"""The measures that count an entity's different ones and not its rows."""


def is_count(measure: Measure | None) -> bool:
    """Tell whether a measure counts; a side that names none counts its rows."""
    return measure is None or measure.function in _COUNTS


def least_counted(sides: Iterable[tuple[Measure | None, float | None]]) -> int | None:
    """Return the least of what measures count, None where one does not count or has no value."""
    numbers = [number if is_count(measure) else None for measure, number in sides]
    known = [int(number) for number in numbers if number is not None]
    return min(known) if known and len(known) == len(numbers) else None


def asked(metric: Metric, dataset: Dataset, item: Aggregate) -> tuple[Aggregate, ...]:
    """Return what counts the people of the rows that make an item; nothing where nobody is named."""
    name = metric.private_entity
    if name is None or item.measure.function == "count_new":
        return ()
    return (
        Aggregate("people", Measure(PEOPLE, PEOPLE, Name((name,))), (*item.where, *_measured(dataset, item))),
    )


def counted(
    metric: Metric, dataset: Dataset, item: Aggregate, row: Mapping[Aggregate, Any] | None
) -> int | None:
    """Return how many people stand behind a cell, 0 where it has no row, None where that is not known."""
    if item.measure.function == "count_new":
        # Behind those who are new stand they themselves, and nobody knows how many others.
        same = item.measure.argument == Name((metric.private_entity or "",))
        return int(row[item] or 0 if row else 0) if same else None
    found = [int(row[each] or 0) if row else 0 for each in asked(metric, dataset, item)]
    return found[0] if found else None


def _measured(dataset: Dataset, item: Aggregate) -> tuple[Node, ...]:
    """Return the condition that a row has what is measured; one without it adds nothing."""
    node = item.measure.argument
    if node is None:
        return ()
    if (
        item.measure.function == "count_distinct"
        and isinstance(node, Name)
        and node.parts[0] in dataset.entities
    ):
        node = dataset.entities[node.parts[0]].id.node
    return (Operation("not", (Operation("is_null", (node,)),)),)
