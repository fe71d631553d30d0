"""Describe frozen dataclasses as marshmallow schemas, so that the OpenAPI document follows the report."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any

from marshmallow import Schema, fields, validate

from scorecard.score import Level

_HIDDEN = "position"
_LEVEL = frozenset(typing.get_args(Level))
_PLAIN: Mapping[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    bool: fields.Boolean,
    int: fields.Integer,
    float: fields.Float,
    date: fields.Date,
    datetime: fields.AwareDateTime,
}


@cache
def schema_of(record: type) -> type[Schema]:
    """Return the schema of a dataclass as `scorecard.report.to_dict` writes it.

    Raises:
        TypeError: a field's type has no place in JSON.
    """
    hints = typing.get_type_hints(record)
    named = {
        one.name: _field(hints[one.name], required=True) for one in fields_of(record) if one.name != _HIDDEN
    }
    return Schema.from_dict(named, name=record.__name__)


def _field(hint: Any, **options: Any) -> fields.Field[Any]:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return _union(arguments, options)
    if typing.get_origin(hint) is tuple:
        return fields.List(_field(arguments[0]), **options)
    if is_dataclass(hint):
        return fields.Nested(schema_of(hint), **options)  # type: ignore[arg-type]
    if hint is timedelta:
        return fields.Float(metadata={"description": "Seconds"}, **options)
    if isinstance(hint, type) and issubclass(hint, Enum):
        known = [member.value for member in hint]
        return fields.String(validate=validate.OneOf(known), **options)
    if hint in _PLAIN:
        return _PLAIN[hint](**options)
    raise TypeError(f"{hint!r} cannot be written as JSON")


def _union(arguments: tuple[Any, ...], options: dict[str, Any]) -> fields.Field[Any]:
    some = [argument for argument in arguments if argument is not type(None)]
    more = options | {"allow_none": True} if len(some) < len(arguments) else options
    if len(some) == 1:
        return _field(some[0], **more)
    if frozenset(some) == _LEVEL:
        number: dict[str, Any] = {"type": "number"}
        pair = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
        nothing = [{"type": "null"}] if more.get("allow_none") else []
        return fields.Raw(metadata={"anyOf": [number, pair, *nothing]}, **options)
    raise TypeError(f"{arguments!r} cannot be written as JSON")
