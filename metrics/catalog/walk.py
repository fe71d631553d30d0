"""Walk through a definition: every value in it, with its path in YAML and what it refers to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from metrics.catalog.metric import Metric
from metrics.catalog.options import KindOptions
from metrics.expressions.nodes import Expression, Measure, Node, names

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Field:
    """One value inside a definition; `owner` is the record that it is a field of."""

    path: Path
    value: Any
    refers: str | None
    owner: Any

    @property
    def node(self) -> Node | None:
        """Return the expression tree of an expression or of a measure's argument."""
        if isinstance(self.value, Expression):
            return self.value.node
        return self.value.argument if isinstance(self.value, Measure) else None


@dataclass(frozen=True)
class DatasetUse:
    """Rows of a dataset as a metric uses them; `record` is the options or the reference in them."""

    path: Path
    dataset: str
    record: Any

    def fields(self) -> Iterator[Field]:
        """Yield the values that belong to this use and to no reference inside it."""
        return (part for part in walk_fields(self.record, self.path) if _nearest(self.record, part))


def yaml_key(member: dataclasses.Field[Any]) -> str:
    """Return the name in YAML of a dataclass's field."""
    return str(member.metadata.get("key", member.name))


def walk_fields(record: Any, path: Path = ()) -> Iterator[Field]:
    """Yield every value in a record that YAML holds; a metric's options stand beside its own keys."""
    for name, key, refers in _written(record.__class__):
        value = getattr(record, name)
        if isinstance(record, Metric) and name == "options":
            yield from walk_fields(value, path)
        else:
            yield from _values(value, (*path, key), refers, record)


@cache
def _written(record: type) -> tuple[tuple[str, str, str | None], ...]:
    """Return the fields of a record that YAML holds, and a metric's options: name, key, what each refers to."""
    return tuple(
        (member.name, yaml_key(member), member.metadata.get("refers"))
        for member in dataclasses.fields(record)
        if not member.metadata.get("internal") or (record is Metric and member.name == "options")
    )


def _values(value: Any, path: Path, refers: str | None, owner: Any) -> Iterator[Field]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _values(each, (*path, key), refers, owner)
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _values(each, (*path, index), refers, owner)
    elif is_record(value):
        yield from walk_fields(value, path)
    elif value is not None:
        yield Field(path, value, refers, owner)


def is_record(value: Any) -> bool:
    """Tell whether a value is written as a mapping of its fields."""
    return _is_record(value.__class__)


@cache
def _is_record(type_: type) -> bool:
    written = issubclass(type_, Expression | Measure) or hasattr(type_, "parse")
    return dataclasses.is_dataclass(type_) and not written


def uses(metric: Metric) -> tuple[DatasetUse, ...]:
    """Return every use of a dataset that a metric's value depends on, in the order of its keys."""
    found = [
        DatasetUse(part.path[:-1], part.value, part.owner)
        for part in walk_fields(metric.options)
        if part.refers == "dataset"
    ]
    options: KindOptions = metric.options
    found += [DatasetUse(path, dataset, record) for path, dataset, record in options.reads_besides]
    return tuple(found)


def _nearest(record: Any, part: Field) -> bool:
    """Tell whether a value belongs to a use, not to a further reference inside it."""
    return part.owner is record or not any(
        member.metadata.get("refers") == "dataset" for member in dataclasses.fields(part.owner)
    )


def dimension_uses(metric: Metric) -> tuple[DatasetUse, ...]:
    """Return the uses whose rows give a metric's dimensions: `from`, the activity or orders where there are any."""
    found = uses(metric)
    told = (("from",), ("activity",), ("subscription",), ("orders",), ("cost",))
    return tuple(use for use in found if use.path in told) or found


def inputs(metric: Metric) -> tuple[str, ...]:
    """Return the metrics that a metric is computed from, each once."""
    found: dict[str, None] = {}
    for part in walk_fields(metric.options):
        if part.refers == "metric":
            listed = names(part.value.node) if isinstance(part.value, Expression) else ()
            found |= dict.fromkeys(".".join(name.parts) for name in listed)
            if isinstance(part.value, str):
                found[part.value] = None
    return tuple(found)


def calendars(metric: Metric) -> tuple[str, ...]:
    """Return the business calendars that a metric counts time by, each once."""
    listed = [part.value for part in walk_fields(metric.options) if part.refers == "calendar"]
    return tuple(dict.fromkeys(listed))


def entities(metric: Metric) -> tuple[str, ...]:
    """Return the entities that a metric counts or follows, each once."""
    listed = [part.value for part in walk_fields(metric.options) if part.refers == "entity"]
    return tuple(dict.fromkeys(listed))
