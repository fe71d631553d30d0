"""Fields of the API's JSON with the words that the OpenAPI document has for them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from api.v1.dataclass_schema import schema_of
from scorecard.cause_model import ComputedBy
from scorecard.report_model import ToDateReport

UNIT = "ratio, a currency code, a unit such as days, or empty for a count"


def words(text: str, **options: Any) -> fields.String:
    """Return a field of text."""
    return fields.String(metadata={"description": text}, **options)


def number(text: str) -> fields.Float:
    """Return a field of a number that may be unknown."""
    return fields.Float(allow_none=True, metadata={"description": text})


def instant(text: str) -> fields.AwareDateTime:
    """Return a field of an instant that may be unknown."""
    return fields.AwareDateTime(allow_none=True, metadata={"description": text})


def earlier_definition() -> fields.Nested:
    """Return a field of the definition that values follow where another one runs by now."""
    said = "The definition that the values follow, where another one runs by now and was not refreshed"
    return fields.Nested(schema_of(ComputedBy), allow_none=True, metadata={"description": said})


def set_against(text: str) -> fields.Nested:
    """Return a field of what a provisional total is set against."""
    return fields.Nested(schema_of(ToDateReport), allow_none=True, metadata={"description": text})
