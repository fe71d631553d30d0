"""What engines write differently, and the types that expressions have in SQL.

Instants are `timestamp with time zone` in SQL, days are DATE, money is DECIMAL. `Dialect` is of no engine: what
standard SQL says, and SQLAlchemy writes for all alike, stands where it is used; everything else is a method
here, named by what it means, that each engine must have.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
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


class Dialect(ABC):
    """How an engine writes what engines write differently.

    All engines give the same result: where one would guess at a text, round or order otherwise, its dialect
    writes what keeps it from that.
    """

    # -- types ------------------------------------------------------------------------------------

    @abstractmethod
    def cast(self, value: Value, type_: Type) -> ColumnElement[Any]:
        """Return a value as another type; a text becomes a DATE where it is ISO."""

    @abstractmethod
    def is_finite(self, value: Value) -> ColumnElement[bool] | None:
        """Tell whether a number is neither NaN nor infinite, null where it is null.

        None where the engine has nothing of the kind in the value's type, so that nothing need be asked.
        """

    @abstractmethod
    def read_naive(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read an ISO text into a naive timestamp."""

    @abstractmethod
    def parse_time(self, text: ColumnElement[Any], form: str, *, strict: bool) -> ColumnElement[Any]:
        """Read a text by a strptime format into a naive timestamp; not strict: null where it fails."""

    def matches(self, text: ColumnElement[Any], pattern: str) -> ColumnElement[Any]:
        """Tell whether a text fits a regular expression that all engines read alike."""
        return text.regexp_match(pattern)

    # -- time -------------------------------------------------------------------------------------

    @abstractmethod
    def instant_of(self, naive: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
        """Turn a naive local timestamp into an instant (ambiguous: the later; in a gap: forward)."""

    @abstractmethod
    def local(self, instant: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
        """Turn an instant into the naive local timestamp of a zone."""

    @abstractmethod
    def plus(self, moment: ColumnElement[Any], span: Span, sign: int, type_: Any) -> ColumnElement[Any]:
        """Add a constant interval to (sign -1: take it from) a naive timestamp, instant or day.

        `type_` is what comes out: NAIVE, or INSTANT. A month is added to a month's end by clamping.
        """

    @abstractmethod
    def epoch(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return seconds since 1970 of an instant, with fractions, as a double."""

    @abstractmethod
    def days(self, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the whole days between two DATEs."""

    @abstractmethod
    def iso_weekday(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the weekday of a DATE, 1 for Monday to 7 for Sunday."""

    @abstractmethod
    def start_of(self, moment: ColumnElement[Any], grain: Grain) -> ColumnElement[Any]:
        """Return the naive timestamp at which the week (from Monday), month, quarter or year of a day begins."""

    @abstractmethod
    def series_of_days(
        self, rows: sa.FromClause, first: ColumnElement[Any], last: ColumnElement[Any]
    ) -> tuple[sa.FromClause, ColumnElement[Any]]:
        """Join to each row every DATE from a first to a last one; return the joined rows and the day of each."""

    def months(self, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the full months between two DATEs, the earlier given as such.

        A month is full at the same day of the month, or at the month's last day where that is missing.
        """
        months = (sa.extract("year", later) * 12 + sa.extract("month", later)) - (
            sa.extract("year", earlier) * 12 + sa.extract("month", earlier)
        )
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
            start = self.start_of(shifted, Grain.WEEK)
            return sa.cast(self.plus(start, Span(week, Unit.DAY), 1, NAIVE) if week else start, sa.Date())
        plain = {Grain.FISCAL_QUARTER: Grain.QUARTER, Grain.FISCAL_YEAR: Grain.YEAR}.get(grain, grain)
        moved = Span((fiscal - 1) % (3 if plain is Grain.QUARTER else 12), Unit.MONTH)
        if grain not in (Grain.FISCAL_QUARTER, Grain.FISCAL_YEAR) or not moved.count:
            return sa.cast(self.start_of(day, plain), sa.Date())
        # Months are moved from the month's first day, so that no month end is clamped.
        first = self.start_of(day, Grain.MONTH)
        start = self.start_of(self.plus(first, moved, -1, NAIVE), plain)
        return sa.cast(self.plus(start, moved, 1, NAIVE), sa.Date())

    # -- aggregates -------------------------------------------------------------------------------

    @abstractmethod
    def percentile(self, argument: ColumnElement[Any], share: float) -> Any:
        """Return the aggregate of the interpolated percentile."""

    @abstractmethod
    def percentile_discrete(self, argument: ColumnElement[Any], share: float) -> Any:
        """Return the aggregate of the least value at or below which lies at least a share of all."""

    @abstractmethod
    def ordered_values(self, argument: ColumnElement[Any], first: ColumnElement[Any],
                       last: ColumnElement[Any]) -> ColumnElement[Any]:  # fmt: skip
        """Return the aggregate of the values from a first to a last rank (from 1), in order, as a list.

        No value is null. Ranks are whole numbers of at least 1; one past the number of values ends the list.
        """

    # -- texts ------------------------------------------------------------------------------------

    @abstractmethod
    def json_text(self, document: ColumnElement[Any], path: str) -> ColumnElement[Any]:
        """Return the text at a dotted path of a JSON document."""

    @abstractmethod
    def binary_order(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Make a text compare in binary order."""

    @abstractmethod
    def like(self, text: ColumnElement[Any], pattern: ColumnElement[Any]) -> ColumnElement[Any]:
        """Tell whether a text fits a pattern of % and _, which nothing escapes."""

    def lower(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text in lower case, whatever its alphabet."""
        return sa.func.lower(text)

    def upper(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text in upper case, whatever its alphabet."""
        return sa.func.upper(text)

    def digest(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return 32 hexadecimal digits that a text has on every engine."""
        return sa.func.md5(text, type_=sa.Text())

    @abstractmethod
    def trim(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text without the spaces around it, those of Unicode included."""

    @abstractmethod
    def concat(self, texts: list[ColumnElement[Any]]) -> ColumnElement[Any]:
        """Return texts one after the other; one that is null is left out."""

    @abstractmethod
    def substr(self, text: ColumnElement[Any], start: ColumnElement[Any],
               length: ColumnElement[Any] | None) -> ColumnElement[Any]:  # fmt: skip
        """Return a part of a text; a negative start counts from the end, a negative length goes backwards."""

    @abstractmethod
    def split_part(self, text: ColumnElement[Any], by: ColumnElement[Any],
                   number: ColumnElement[Any]) -> ColumnElement[Any]:  # fmt: skip
        """Return the nth part of a split text, from the end where negative; an empty text if there is none."""
