"""Read definitions: nodes of a document become the frozen dataclasses, problems become findings.

The readers are marshmallow schemas built from the dataclasses themselves; `metrics.catalog.fields` says what a
field's type and metadata mean; beside it, `identifier` marks a text that is a name, `free` a mapping whose
keys are not, and `measures` an expression that may call aggregates. Unknown keys are refused, everything
wrong is reported at once, each at its own line and column.
"""
# ruff: noqa: D102 - NodeField says what accepts, read and describe do

from __future__ import annotations

import dataclasses
from collections import abc
from collections.abc import Callable, Collection
from datetime import date
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from marshmallow import EXCLUDE, Schema, ValidationError, validates_schema

from metrics.catalog.company import MONTHS, WEEKDAYS, BusinessCalendar, Company
from metrics.catalog.dataset import ColumnType, Dataset, Lookup
from metrics.catalog.metric import Metric
from metrics.catalog.walk import yaml_key
from metrics.errors import suggest
from metrics.expressions.nodes import Expression, Measure
from metrics.expressions.parser import parse, parse_measure, parse_measures
from metrics.loading.containers import Either, Items, Named, Pair
from metrics.loading.fields import (
    PATTERNS,
    Day,
    Formula,
    Identifier,
    NodeField,
    Number,
    Parsed,
    Problem,
    Shape,
    Text,
    Truth,
    Whole,
    Word,
    refused,
    shown,
)
from metrics.loading.nodes import Entry, MappingNode, Node

T = TypeVar("T")

# Texts of the model that are one of a few words.
WORDS: dict[tuple[type, str], tuple[str, ...]] = {
    (Company, "week_starts"): WEEKDAYS,
    (Company, "fiscal_year_starts"): MONTHS,
    (ColumnType, "type"): ("text", "integer", "decimal", "float", "boolean", "date", "timestamp"),
    (Lookup, "pick"): ("first", "last"),
    (Dataset, "changes"): ("append", "upsert"),
}
# Mappings whose keys are not names of ours: raw columns, weekdays.
FREE_KEYS = frozenset({(Dataset, "types"), (BusinessCalendar, "hours")})
# Texts that name the definition itself.
NAMES = frozenset({(Dataset, "dataset"), (Metric, "metric")})
_LISTED = 12
_PLAIN: dict[Any, Callable[..., NodeField]] = {bool: Truth, int: Whole, float: Number, date: Day}


class RecordSchema(Schema):
    """A schema that names every unknown key, with the nearest known one."""

    ignored: frozenset[str] = frozenset()

    class Meta:
        """Leave unknown keys to the check below."""

        unknown = EXCLUDE
        register = False

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_unknown_keys(self, data: Any, original: Any, **kwargs: Any) -> None:
        known = {field.data_key for field in self.fields.values() if field.data_key}
        known |= self.ignored
        unknown = {
            key: [Problem(f"unknown key {key!r}{_known(key, known)}", "unknown-key", key=True)]
            for key in original
            if key not in known
        }
        if unknown:
            raise ValidationError(unknown)


def _known(key: str, known: Collection[str]) -> str:
    """Return what follows an unknown key: the nearest one, or all of a few."""
    listed = f"; known: {', '.join(sorted(known))}" if len(known) <= _LISTED else ""
    return suggest(key, known) or listed


class Record(NodeField):
    """A mapping that becomes a dataclass; a bare value stands for its `SHORTHAND` field."""

    wanted = "a mapping"

    def __init__(self, record: type, **settings: Any) -> None:
        super().__init__(**settings)
        self.record = record
        self.shorthand: str | None = getattr(record, "SHORTHAND", None)

    def accepts(self, node: Node) -> bool:
        return isinstance(node, MappingNode) or self.shorthand is not None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        record = super()._deserialize(value, attr, data, **kwargs)
        # A record in a mapping of names bears the name that it stands under.
        return dataclasses.replace(record, name=attr) if "name" in internal_fields(self.record) else record

    def read(self, node: Node) -> Any:
        mapping = self.mapping(node)
        schema = record_schema((self.record,))
        loaded = schema.load({entry.key: entry.value for entry in mapping.entries})
        inner = internal_fields(self.record)
        if "name" in inner:
            loaded["name"] = ""
        if "position" in inner:
            loaded["position"] = node.position
        return self.record(**loaded)

    def unlike(self, node: Node) -> ValidationError:
        fields = record_schema((self.record,)).fields.values()
        keys = [str(each.data_key) for each in fields if each.required or not any(f.required for f in fields)]
        return refused(f"expected a mapping with {', '.join(keys)}, got {shown(node)}")

    def mapping(self, node: Node) -> MappingNode:
        if isinstance(node, MappingNode):
            return node
        if self.shorthand is None:
            raise self.unlike(node)
        return MappingNode((Entry(self.shorthand, node.position, node),), node.position)

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        shape = refer(self.record)
        if self.shorthand is None:
            return shape
        bare = record_schema((self.record,)).fields[self.shorthand]
        assert isinstance(bare, NodeField)
        return {"anyOf": [bare.describe(refer), shape]}


@cache
def record_schema(records: tuple[type, ...], ignored: frozenset[str] = frozenset()) -> RecordSchema:
    """Return the schema that reads the fields of one dataclass, or of several in one mapping."""
    members: dict[str, Any] = {}
    for record in records:
        members |= _members(record)
    schema = RecordSchema.from_dict(members, name=records[0].__name__)()
    assert isinstance(schema, RecordSchema)
    schema.ignored = ignored
    return schema


def _members(record: type) -> dict[str, NodeField]:
    hints = get_type_hints(record)
    return {
        member.name: _member(record, member, hints[member.name])
        for member in dataclasses.fields(record)
        if not member.metadata.get("internal")
    }


def _member(record: type, member: dataclasses.Field[Any], hint: Any) -> NodeField:
    key = yaml_key(member)
    settings: dict[str, Any] = {"data_key": key}
    if member.default is dataclasses.MISSING and member.default_factory is dataclasses.MISSING:
        missing = Problem(f"missing key {key!r}", "missing-key")
        settings |= {"required": True, "error_messages": {"required": [missing]}}
    place = (record, member.name)
    if place in WORDS:
        return Text(WORDS[place], **settings)
    if place in NAMES or member.metadata.get("identifier"):
        return Identifier(**settings)
    if member.metadata.get("measures"):
        return Formula(parse_measures, **settings)
    single, free = (bool(member.metadata.get(flag)) for flag in ("single", "free"))
    return field_for(hint, single, free or place in FREE_KEYS, **settings)


def internal_fields(record: type) -> set[str]:
    """Return the names of the fields that are not in YAML."""
    return {member.name for member in dataclasses.fields(record) if member.metadata.get("internal")}


def field_for(hint: Any, single: bool = False, free: bool = False, **settings: Any) -> NodeField:
    """Return the field that reads a type; raise TypeError for a type that no YAML value can have."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _union(tuple(part for part in arguments if part is not NoneType), single, free, settings)
    if origin is tuple:
        if arguments[1:] == (Ellipsis,):
            return Items(field_for(arguments[0]), single, **settings)
        return Pair(field_for(arguments[0]), len(arguments), **settings)
    if origin is abc.Mapping:
        return Named(field_for(arguments[1]), free, **settings)
    if hint is str:
        return Text(**settings)
    if hint in _PLAIN:
        return _PLAIN[hint](**settings)
    if hint is Expression or hint is Measure:
        return Formula(parse if hint is Expression else parse_measure, **settings)
    return _class_field(hint, settings)


def _union(choices: tuple[Any, ...], single: bool, free: bool, settings: dict[str, Any]) -> NodeField:
    if len(choices) == 1:
        return field_for(choices[0], single, free, **settings)
    return Either(tuple(field_for(choice) for choice in choices), **settings)


def _class_field(hint: Any, settings: dict[str, Any]) -> NodeField:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Word(hint, **settings)
    if hasattr(hint, "parse"):
        return Parsed(hint.parse, PATTERNS.get(hint, ""), **settings)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return Record(hint, **settings)
    raise TypeError(f"no YAML value can be read as {hint!r}")
