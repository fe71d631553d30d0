"""Operands before they are compared or calculated with: constants, texts that are moments, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import INSTANT, MONEY, SA_TYPES, Type, Value
from metrics.errors import ExpressionError
from metrics.grain import to_instant


class Narrowed:
    """The numbers that an expression casts to a type into which no NaN fits, in the order in which it does."""

    def __init__(self) -> None:
        self.values: list[Value] = []

    def to(self, type_: Type, value: Value) -> None:
        """Remember a value that is cast to a type, if it is a number and the type holds only finite ones."""
        if value.type.number and type_ in (Type.INTEGER, Type.DECIMAL):
            self.values.append(value)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Forget what is cast in here: of a branch a row may need nothing."""
        known = len(self.values)
        yield
        del self.values[known:]


def constant(value: bool | int | Decimal | str | None) -> Value:
    """Return a constant as a bound value."""
    if value is None:
        return Value(sa.null(), Type.NULL)
    if isinstance(value, bool):
        return Value(sa.true() if value else sa.false(), Type.BOOLEAN)
    if isinstance(value, int):
        return Value(sa.literal(value, sa.BigInteger()), Type.INTEGER)
    if isinstance(value, Decimal):
        return Value(sa.literal(value, sa.Numeric()), Type.DECIMAL)
    return Value(sa.literal(value, sa.Text()), Type.TEXT)


def read_moment(value: Value, other: Value, zone: str, offset: int) -> Value:
    """Read a text constant that is compared with a date or time as one, in the company's zone."""
    if value.type is not Type.TEXT or other.type not in (Type.DATE, Type.INSTANT):
        return value
    text = getattr(value.sql, "value", None)
    if not isinstance(text, str):
        raise ExpressionError("a text is compared with a date or time: cast it first", offset)
    try:
        if len(text) == 10:
            return Value(sa.literal(date.fromisoformat(text), sa.Date()), Type.DATE)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ExpressionError(f"{text!r} is not a date or time such as 2026-03-01", offset) from None
    aware = moment.astimezone(UTC) if moment.tzinfo else to_instant(moment, ZoneInfo(zone))
    return Value(sa.literal(aware, INSTANT), Type.INSTANT)


def typed(value: Value) -> Value:
    """Return nothing as a number that is null: a bare NULL has no operators on some engines."""
    return Value(sa.cast(sa.null(), sa.BigInteger()), value.type) if value.type is Type.NULL else value


def check_comparable(left: Value, right: Value, offset: int) -> None:
    """Raise ExpressionError where two values cannot be compared."""
    loose = (Type.NULL, Type.UNKNOWN)
    if left.type in loose or right.type in loose or left.type is right.type:
        return
    if not (left.type.number and right.type.number):
        raise ExpressionError(f"{left.type} is compared with {right.type}", offset)


def union_type(name: str, values: list[Value]) -> Type | ExpressionError:
    """Return the type of a union's column, or why its parts do not fit together."""
    types = {value.type for value in values} - {Type.NULL}
    if len(types) > 1 and not all(type_.number for type_ in types):
        listed = ", ".join(sorted(types))
        return ExpressionError(f"the parts of the union give {name!r} different types: {listed}", 0)
    order = [Type.INTEGER, Type.DECIMAL, Type.FLOAT]
    return max(types, key=lambda type_: order.index(type_) if type_ in order else 0, default=Type.TEXT)


def as_type(value: Value, type_: Type) -> ColumnElement[Any]:
    """Return a value as another type that it fits into."""
    if value.type is type_ or type_ not in SA_TYPES:
        return value.sql
    return sa.cast(value.sql, MONEY if type_ is Type.DECIMAL else SA_TYPES[type_])
