"""What engines write differently, and the types that expressions have in SQL.

Instants are `timestamp with time zone` in SQL, days are DATE, money is DECIMAL. `Dialect` suits DuckDB and
PostgreSQL; a source overrides what its engine needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.errors import ExpressionError
from metrics.grain import Grain, Span, Unit

MONEY = sa.Numeric(18, 6)
INSTANT = sa.TIMESTAMP(timezone=True)
NAIVE = sa.TIMESTAMP(timezone=False)


class Type(StrEnum):
    """What an expression yields."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "timestamp"
    NULL = "null"
    UNKNOWN = "unknown"

    @property
    def number(self) -> bool:
        """Tell whether arithmetic is defined on it."""
        return self in (Type.INTEGER, Type.DECIMAL, Type.FLOAT)


SA_TYPES: dict[Type, Any] = {
    Type.INTEGER: sa.BigInteger(), Type.DECIMAL: sa.Numeric(), Type.FLOAT: sa.Double(), Type.TEXT: sa.Text(),
    Type.BOOLEAN: sa.Boolean(), Type.DATE: sa.Date(), Type.INSTANT: INSTANT,
}  # fmt: skip
_WIDTH = (Type.INTEGER, Type.DECIMAL, Type.FLOAT)
CASTS = {**SA_TYPES, Type.DECIMAL: sa.Numeric(38, 10)}

_KEY = r"""[^.\[\]"'*#$?]+"""
_PATH = re.compile(rf"{_KEY}(\[\d+\])*(\.{_KEY}(\[\d+\])*)*")


@dataclass(frozen=True)
class Value:
    """A compiled expression and its type."""

    sql: ColumnElement[Any]
    type: Type


def json_path(path: str) -> tuple[str | int, ...]:
    """Return the keys and positions of a path such as `items[0].name`; raise ExpressionError."""
    if not _PATH.fullmatch(path):
        raise ExpressionError(f"{path!r} is not a path such as 'a.b' or 'items[0].name'", 0)
    steps = re.findall(rf"({_KEY})|\[(\d+)\]", path)
    return tuple(key if key else int(index) for key, index in steps)


def wider(left: Type, right: Type) -> Type:
    """Return the type of a calculation with two numbers."""
    known = [type_ for type_ in (left, right) if type_ in _WIDTH]
    return max(known, key=_WIDTH.index, default=Type.INTEGER)


def common(values: list[Value], offset: int) -> Type:
    """Return the type that some values share; raise ExpressionError where there is none."""
    types = {value.type for value in values} - {Type.NULL}
    if not types:
        return Type.NULL
    if len(types) == 1:
        return types.pop()
    if all(type_.number for type_ in types):
        return max(types, key=_WIDTH.index)
    if types == {Type.DATE, Type.INSTANT}:
        return Type.INSTANT
    raise ExpressionError(f"the values are of different types: {', '.join(sorted(types))}", offset)


class Dialect:
    """How an engine writes what engines write differently; this one suits DuckDB."""

    def cast(self, value: Value, type_: Type) -> ColumnElement[Any]:
        """Return a value as another type; a text becomes a DATE where it is ISO."""
        return sa.cast(value.sql, CASTS[type_])

    def read_naive(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read an ISO text into a naive timestamp."""
        return sa.cast(text, NAIVE)

    def instant_of(self, naive: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
        """Turn a naive local timestamp into an instant (ambiguous: the later; in a gap: forward)."""
        return sa.func.timezone(zone, naive, type_=INSTANT)

    def local(self, instant: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
        """Turn an instant into the naive local timestamp of a zone."""
        return sa.func.timezone(zone, instant, type_=NAIVE)

    def interval(self, span: Span) -> ColumnElement[Any]:
        """Write a constant interval."""
        return sa.cast(sa.literal(f"{span.count} {span.unit}"), sa.Interval())

    def plus(self, moment: ColumnElement[Any], span: Span, sign: int, type_: Any) -> ColumnElement[Any]:
        """Add a constant interval to (sign -1: take it from) a naive timestamp, instant or day."""
        interval = self.interval(span)
        return sa.type_coerce(moment + interval if sign > 0 else moment - interval, type_)

    def epoch(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return seconds since 1970 of an instant, with fractions."""
        return sa.cast(sa.extract("epoch", instant), sa.Double())

    def days(self, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the whole days between two DATEs."""
        return sa.type_coerce(later - earlier, sa.BigInteger())

    def months(self, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the full months between two DATEs, the earlier given as such."""
        months = (sa.extract("year", later) * 12 + sa.extract("month", later)) - (
            sa.extract("year", earlier) * 12 + sa.extract("month", earlier)
        )
        # A month is full at the same day of the month, or at the month's last day where that is missing.
        tomorrow = self.plus(later, Span(1, Unit.DAY), 1, NAIVE)
        short = sa.and_(
            sa.extract("day", later) < sa.extract("day", earlier), sa.extract("day", tomorrow) != 1
        )
        return sa.cast(months - sa.case((short, 1), else_=0), sa.BigInteger())

    def truncate(self, day: ColumnElement[Any], grain: Grain, week: int, fiscal: int) -> ColumnElement[Any]:
        """Return the first DATE of the period of a grain in which a DATE lies."""
        if grain is Grain.DAY:
            return day
        if grain is Grain.WEEK:
            shifted = self.plus(day, Span(week, Unit.DAY), -1, NAIVE) if week else day
            start = sa.func.date_trunc(sa.literal_column("'week'"), shifted, type_=NAIVE)
            return sa.cast(self.plus(start, Span(week, Unit.DAY), 1, NAIVE) if week else start, sa.Date())
        unit = {Grain.FISCAL_QUARTER: "quarter", Grain.FISCAL_YEAR: "year"}.get(grain, str(grain))
        moved = Span((fiscal - 1) % (3 if unit == "quarter" else 12), Unit.MONTH)
        if grain not in (Grain.FISCAL_QUARTER, Grain.FISCAL_YEAR) or not moved.count:
            return sa.cast(sa.func.date_trunc(sa.literal_column(f"'{unit}'"), day), sa.Date())
        # Months are moved from the month's first day, so that no month end is clamped.
        first = sa.func.date_trunc(sa.literal_column("'month'"), day, type_=NAIVE)
        start = sa.func.date_trunc(
            sa.literal_column(f"'{unit}'"), self.plus(first, moved, -1, NAIVE), type_=NAIVE
        )
        return sa.cast(self.plus(start, moved, 1, NAIVE), sa.Date())

    def json_text(self, document: ColumnElement[Any], path: str) -> ColumnElement[Any]:
        """Return the text at a dotted path of a JSON document."""
        json_path(path)
        return sa.func.json_extract_string(document, "$." + path, type_=sa.Text())

    def parse_time(self, text: ColumnElement[Any], form: str, *, strict: bool) -> ColumnElement[Any]:
        """Read a text by a strptime format into a naive timestamp; not strict: null where it fails."""
        function = sa.func.strptime if strict else sa.func.try_strptime
        return function(text, form, type_=NAIVE)

    def percentile(self, argument: ColumnElement[Any], share: float) -> Any:
        """Return the interpolated percentile aggregate."""
        return sa.func.percentile_cont(sa.literal_column(repr(share))).within_group(argument.asc())

    def binary_order(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Make a text compare in binary order."""
        return text

    def like(self, text: ColumnElement[Any], pattern: ColumnElement[Any]) -> ColumnElement[Any]:
        """Tell whether a text fits a pattern of % and _, which nothing escapes."""
        return text.like(pattern)

    def lower(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text in lower case, whatever its alphabet."""
        return sa.func.lower(text)

    def upper(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text in upper case, whatever its alphabet."""
        return sa.func.upper(text)

    def trim(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text without the spaces around it, those of Unicode included."""
        return sa.func.trim(text, type_=sa.Text())

    def substr(self, text: ColumnElement[Any], start: ColumnElement[Any],
               length: ColumnElement[Any] | None) -> ColumnElement[Any]:  # fmt: skip
        """Return a part of a text; a negative start counts from the end, a negative length goes backwards."""
        rest = [start] if length is None else [start, length]
        return sa.func.substr(text, *rest, type_=sa.Text())

    def split_part(self, text: ColumnElement[Any], by: ColumnElement[Any],
                   number: ColumnElement[Any]) -> ColumnElement[Any]:  # fmt: skip
        """Return the nth part of a split text, from the end where negative; an empty text if there is none."""
        return sa.func.split_part(text, by, number, type_=sa.Text())
