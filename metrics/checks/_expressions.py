"""List every expression of a catalog with the dataset whose rows it is over."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset, Lookup
from metrics.catalog.walk import DatasetUse, Field, uses, walk_fields
from metrics.expressions.nodes import Measure


@dataclass(frozen=True)
class Written:
    """An expression or measure: the definition that it stands in, and the dataset that it reads.

    `in_use` tells that a metric says what it counts with it, so that it has a period.
    """

    kind: str
    name: str
    part: Field
    dataset: str
    in_use: bool = False


def expressions(catalog: Catalog) -> Iterator[Written]:
    """Yield every expression, file by file."""
    for part in walk_fields(catalog.company):
        if part.node is not None and (read := _read_by(part.owner)):
            yield Written("company", "", part, read)
    for dataset in catalog.datasets.values():
        for part in walk_fields(dataset):
            if part.node is not None:
                yield Written("dataset", dataset.dataset, part, _dataset_of(dataset, part.owner))
    for name, metric in catalog.metrics.items():
        for use in uses(metric):
            yield from (Written("metric", name, part, use.dataset, True) for part in _counted(use))
        for part in walk_fields(metric):
            if part.path[0] == "targets" and part.node is not None and (read := _read_by(part.owner)):
                yield Written("metric", name, part, read)


def _counted(use: DatasetUse) -> Iterator[Field]:
    """Yield the expressions of a use; count_new names an entity, not a column."""
    for part in use.fields():
        entity = isinstance(part.value, Measure) and part.value.function == "count_new"
        if part.node is not None and not entity:
            yield part


def _dataset_of(dataset: Dataset, owner: Any) -> str:
    # A lookup's expressions are over the rows that it starts from.
    return dataset.dataset if isinstance(owner, Lookup) else _read_by(owner) or dataset.dataset


def _read_by(record: Any) -> str | None:
    for member in dataclasses.fields(record):
        if member.metadata.get("refers") == "dataset":
            named: str | None = getattr(record, member.name)
            return named
    return None
