"""Expressions become SQLAlchemy: typed, with bound values, the same result on every engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import INSTANT, NAIVE, SA_TYPES, Dialect, Type, Value, common, wider
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Call, Case, Cast, Literal, Name, Node, Operation, SpanLiteral
from metrics.grain import Span
from metrics.sql.operands import Narrowed, check_comparable, constant, read_moment, typed

Resolve = Callable[[Name], Value]


class Translator:
    """Translate expressions of one scope; `resolve` says what a name is there.

    `now` is what as_of() stands for; `period` holds period_start() and period_end(), where there are any.
    """

    def __init__(self, dialect: Dialect, zone: str, resolve: Resolve, now: datetime,
                 period: tuple[Value, Value] | None = None) -> None:  # fmt: skip
        self.dialect = dialect
        self.zone = zone
        self.resolve = resolve
        self.now = now
        self.period = period
        self.narrowed = Narrowed()

    # -- entry points ---------------------------------------------------------------------------

    def value(self, node: Node) -> Value:
        """Translate an expression; raise ExpressionError where types do not fit."""
        value = self._value(node)
        # What is nothing for every row is a bare NULL, which fits wherever it stands.
        return Value(sa.null(), Type.NULL) if value.type is Type.NULL else value

    def _value(self, node: Node) -> Value:
        if isinstance(node, Literal):
            return constant(node.value)
        if isinstance(node, SpanLiteral):
            raise ExpressionError("a span is added to or taken from a date or time", node.offset)
        if isinstance(node, Name):
            return self.resolve(node)
        if isinstance(node, Operation):
            return self._operation(node)
        if isinstance(node, Case):
            with self.narrowed.aside():
                return self._case(node)
        if isinstance(node, Cast):
            return self._cast(node)
        assert isinstance(node, Call)
        function = getattr(self, f"_call_{node.function}", None)
        if function is None:
            raise ExpressionError(f"{node.function} cannot be used here", node.offset)
        result: Value = function(node)
        return result

    def condition(self, node: Node) -> ColumnElement[Any]:
        """Translate a condition; null is false."""
        return sa.func.coalesce(self.boolean(node), sa.false())

    def boolean(self, node: Node) -> ColumnElement[Any]:
        """Translate an expression that must be a truth value."""
        value = self.value(node)
        if value.type not in (Type.BOOLEAN, Type.NULL, Type.UNKNOWN):
            raise ExpressionError(f"a condition is wanted here, got {value.type}", node.offset)
        return value.sql

    def day(self, value: Value, offset: int = 0) -> ColumnElement[Any]:
        """Return the local calendar day of an instant, a DATE or a text."""
        if value.type is Type.INSTANT:
            return sa.cast(self.dialect.local(value.sql, self.zone), sa.Date())
        if value.type in (Type.DATE, Type.NULL, Type.TEXT):
            return self.dialect.cast(value, Type.DATE)
        raise ExpressionError(f"a date or time is wanted here, got {value.type}", offset)

    def instant(self, value: Value, offset: int = 0) -> ColumnElement[Any]:
        """Return an instant: a DATE is the instant at which the local day begins."""
        if value.type is Type.INSTANT:
            return value.sql
        return self.dialect.instant_of(sa.cast(self.day(value, offset), NAIVE), self.zone)

    def shift(self, value: Value, span: Span, sign: int = 1, offset: int = 0) -> Value:
        """Return a moment moved by a span, by the calendar of the company's zone."""
        if value.type is Type.DATE and not span.unit.elapsed:
            moved = self.dialect.plus(value.sql, span, sign, NAIVE)
            return Value(sa.cast(moved, sa.Date()), Type.DATE)
        instant = self.instant(value, offset)
        if span.unit.elapsed:
            return Value(self.dialect.plus(instant, span, sign, INSTANT), Type.INSTANT)
        local = self.dialect.plus(self.dialect.local(instant, self.zone), span, sign, NAIVE)
        return Value(self.dialect.instant_of(local, self.zone), Type.INSTANT)

    # -- operators ------------------------------------------------------------------------------

    def _operation(self, node: Operation) -> Value:
        operator, operands = node.operator, node.operands
        if operator in ("and", "or"):
            joined = (sa.and_ if operator == "and" else sa.or_)(*(self.boolean(part) for part in operands))
            return Value(joined, Type.BOOLEAN)
        if operator == "not":
            return Value(sa.not_(self.boolean(operands[0])), Type.BOOLEAN)
        if operator == "is_null":
            return Value(self.value(operands[0]).sql.is_(None), Type.BOOLEAN)
        if operator in ("=", "<>", "<", "<=", ">", ">="):
            return self.compare(operator, self.value(operands[0]), self.value(operands[1]), node.offset)
        if operator == "between":
            low = self.compare(">=", self.value(operands[0]), self.value(operands[1]), node.offset)
            high = self.compare("<=", self.value(operands[0]), self.value(operands[2]), node.offset)
            return Value(sa.and_(low.sql, high.sql), Type.BOOLEAN)
        if operator == "in":
            first = self.value(operands[0])
            parts = [self.compare("=", first, self.value(part), part.offset).sql for part in operands[1:]]
            return Value(sa.or_(*parts), Type.BOOLEAN)
        if operator == "like":
            matched = self.dialect.like(self._text(operands[0]), self._text(operands[1]))
            return Value(matched, Type.BOOLEAN)
        return self._arithmetic(node)

    def compare(self, operator: str, left: Value, right: Value, offset: int = 0) -> Value:
        """Compare two values; where either is a DATE, both are compared as local days."""
        if Type.NULL in (left.type, right.type):
            # Left alone, `= NULL` would be written as `IS NULL`; a comparison with nothing is nothing.
            return Value(sa.cast(sa.null(), sa.Boolean()), Type.BOOLEAN)
        if operator not in ("=", "<>") and Type.BOOLEAN in (left.type, right.type):
            raise ExpressionError(f"{operator} does not work on truth values", offset)
        left, right = (
            read_moment(left, right, self.zone, offset),
            read_moment(right, left, self.zone, offset),
        )
        moments = (Type.DATE, Type.INSTANT)
        if left.type in moments or right.type in moments:
            if Type.DATE in (left.type, right.type):
                one, other = self.day(left, offset), self.day(right, offset)
            else:
                one, other = self.instant(left, offset), self.instant(right, offset)
        else:
            check_comparable(left, right, offset)
            one, other = left.sql, right.sql
            if operator not in ("=", "<>") and left.type is Type.TEXT:
                one, other = self.dialect.binary_order(one), self.dialect.binary_order(other)
        symbol = {"=": "__eq__", "<>": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
        return Value(getattr(one, symbol[operator])(other), Type.BOOLEAN)

    def _arithmetic(self, node: Operation) -> Value:
        if node.operator == "neg":
            operand = self._number(node.operands[0])
            return Value(-typed(operand).sql, operand.type)
        first, second = node.operands
        if isinstance(second, SpanLiteral) and node.operator in ("+", "-"):
            return self.shift(self.value(first), second.span, 1 if node.operator == "+" else -1, first.offset)
        if isinstance(first, SpanLiteral) and node.operator == "+":
            return self.shift(self.value(second), first.span, 1, second.offset)
        left, right = self.value(first), self.value(second)
        for value, part in zip((left, right), node.operands, strict=True):
            if not value.type.number and value.type is not Type.NULL:
                raise ExpressionError(f"{node.operator} works on numbers, got {value.type}", part.offset)
        if node.operator == "/":
            # True division, and null on zero, on every engine.
            divisor = sa.func.nullif(sa.cast(right.sql, sa.Double()), sa.literal_column("0.0"))
            return Value(sa.cast(left.sql, sa.Double()) / divisor, Type.FLOAT)
        type_ = wider(left.type, right.type)
        one, other = (sa.type_coerce(typed(value).sql, SA_TYPES[type_]) for value in (left, right))
        result = {"+": one + other, "-": one - other, "*": one * other}[node.operator]
        return Value(sa.type_coerce(result, SA_TYPES[type_]), type_)

    def _number(self, node: Node) -> Value:
        value = self.value(node)
        if not value.type.number and value.type is not Type.NULL:
            raise ExpressionError(f"a number is wanted here, got {value.type}", node.offset)
        return value

    def _text(self, node: Node) -> ColumnElement[Any]:
        value = self.value(node)
        if value.type not in (Type.TEXT, Type.NULL, Type.UNKNOWN):
            raise ExpressionError(f"a text is wanted here, got {value.type}", node.offset)
        return sa.cast(value.sql, sa.Text()) if value.type is Type.UNKNOWN else value.sql

    def _case(self, node: Case) -> Value:
        branches = [(self.condition(when), self.value(then)) for when, then in node.branches]
        otherwise = self.value(node.otherwise)
        type_ = common([value for _, value in branches] + [otherwise], node.offset)
        if type_ is Type.INSTANT:
            # A day among instants is the instant at which it begins locally.
            branches = [(when, self._as_instant(value, node.offset)) for when, value in branches]
            otherwise = self._as_instant(otherwise, node.offset)
        return Value(sa.case(*((when, value.sql) for when, value in branches), else_=otherwise.sql), type_)

    def _as_instant(self, value: Value, offset: int) -> Value:
        return Value(self.instant(value, offset), Type.INSTANT)

    def _cast(self, node: Cast) -> Value:
        value, type_ = self.value(node.operand), Type(node.type)
        if type_ is Type.DATE:
            return Value(self.day(value, node.offset), Type.DATE)
        if type_ is Type.INSTANT:
            if value.type is Type.TEXT:
                naive = self.dialect.read_naive(value.sql)
                return Value(self.dialect.instant_of(naive, self.zone), Type.INSTANT)
            return Value(self.instant(value, node.offset), Type.INSTANT)
        self.narrowed.to(type_, value)
        return Value(self.dialect.cast(value, type_), type_)

    # -- functions ------------------------------------------------------------------------------

    def _many(self, node: Call) -> tuple[list[ColumnElement[Any]], Type]:
        values = [self.value(part) for part in node.arguments]
        type_ = common(values, node.offset)
        if type_ is Type.INSTANT:
            return [self.instant(value, node.offset) for value in values], type_
        if type_ is Type.TEXT:
            return [self.dialect.binary_order(value.sql) for value in values], type_
        return [value.sql for value in values], type_

    def _call_coalesce(self, node: Call) -> Value:
        with self.narrowed.aside():
            parts, type_ = self._many(node)
        return Value(sa.func.coalesce(*parts), type_)

    def _call_least(self, node: Call) -> Value:
        parts, type_ = self._many(node)
        return Value(sa.func.least(*parts, type_=SA_TYPES.get(type_)), type_)

    def _call_greatest(self, node: Call) -> Value:
        parts, type_ = self._many(node)
        return Value(sa.func.greatest(*parts, type_=SA_TYPES.get(type_)), type_)

    def _call_nullif(self, node: Call) -> Value:
        left, right = (self.value(part) for part in node.arguments)
        same = self.compare("=", left, right, node.offset).sql
        return Value(sa.case((sa.func.coalesce(same, sa.false()), sa.null()), else_=left.sql), left.type)

    def _call_abs(self, node: Call) -> Value:
        value = self._number(node.arguments[0])
        return Value(sa.func.abs(value.sql, type_=SA_TYPES.get(value.type)), value.type)

    def _call_floor(self, node: Call) -> Value:
        value = self._number(node.arguments[0])
        if value.type is Type.INTEGER:
            return value
        return Value(sa.func.floor(value.sql, type_=SA_TYPES.get(value.type)), value.type)

    def _call_round(self, node: Call) -> Value:
        value = self._number(node.arguments[0])
        places = getattr(node.arguments[1], "value", None) if len(node.arguments) > 1 else 0
        if not isinstance(places, int) or isinstance(places, bool):
            raise ExpressionError("round takes a whole number of places", node.offset)
        # Doubles round half to even on some engines; decimals round half away from zero on all.
        exact = sa.func.round(sa.cast(value.sql, sa.Numeric(38, 10)), places, type_=sa.Numeric())
        self.narrowed.to(Type.DECIMAL, value)
        return Value(exact, Type.DECIMAL)

    def _call_lower(self, node: Call) -> Value:
        return Value(self.dialect.lower(self._text(node.arguments[0])), Type.TEXT)

    def _call_upper(self, node: Call) -> Value:
        return Value(self.dialect.upper(self._text(node.arguments[0])), Type.TEXT)

    def _call_trim(self, node: Call) -> Value:
        return Value(self.dialect.trim(self._text(node.arguments[0])), Type.TEXT)

    def _call_concat(self, node: Call) -> Value:
        parts = [self.dialect.cast(self.value(part), Type.TEXT) for part in node.arguments]
        return Value(self.dialect.concat(parts), Type.TEXT)

    def _call_substr(self, node: Call) -> Value:
        text = self._text(node.arguments[0])
        start, length = (*(self._number(part).sql for part in node.arguments[1:]), None)[:2]
        assert start is not None
        return Value(self.dialect.substr(text, start, length), Type.TEXT)

    def _call_split_part(self, node: Call) -> Value:
        text, by = (self._text(part) for part in node.arguments[:2])
        return Value(self.dialect.split_part(text, by, self._number(node.arguments[2]).sql), Type.TEXT)

    def _call_replace(self, node: Call) -> Value:
        parts = [self._text(part) for part in node.arguments]
        return Value(sa.func.replace(*parts, type_=sa.Text()), Type.TEXT)

    def _call_json_text(self, node: Call) -> Value:
        path = node.arguments[1]
        if not isinstance(path, Literal) or not isinstance(path.value, str):
            raise ExpressionError("json_text takes a column and a path such as 'a.b'", node.offset)
        document = self.value(node.arguments[0])
        if document.type not in (Type.TEXT, Type.NULL, Type.UNKNOWN):
            raise ExpressionError(f"a JSON column is wanted here, got {document.type}", node.offset)
        try:
            return Value(self.dialect.json_text(document.sql, path.value), Type.TEXT)
        except ExpressionError as error:
            raise ExpressionError(error.message, path.offset) from None

    def _call_date(self, node: Call) -> Value:
        return Value(self.day(self.value(node.arguments[0]), node.offset), Type.DATE)

    def _moments(self, node: Call) -> tuple[Value, Value]:
        first, second = (self.value(part) for part in node.arguments)
        return (read_moment(first, second, self.zone, node.offset),
                read_moment(second, first, self.zone, node.offset))  # fmt: skip

    def _call_hours_between(self, node: Call) -> Value:
        first, second = self._moments(node)
        if Type.DATE in (first.type, second.type):
            days = self.dialect.days(self.day(second, node.offset), self.day(first, node.offset))
            return Value(sa.cast(days * sa.literal_column("24"), sa.Double()), Type.FLOAT)
        seconds = self.dialect.epoch(self.instant(second)) - self.dialect.epoch(self.instant(first))
        return Value(seconds / sa.literal_column("3600.0"), Type.FLOAT)

    def _call_days_between(self, node: Call) -> Value:
        first, second = self._moments(node)
        return Value(
            self.dialect.days(self.day(second, node.offset), self.day(first, node.offset)), Type.INTEGER
        )

    def _call_months_between(self, node: Call) -> Value:
        first, second = (self.day(value, node.offset) for value in self._moments(node))
        early, late = (
            sa.func.least(first, second, type_=sa.Date()),
            sa.func.greatest(first, second, type_=sa.Date()),
        )
        whole = self.dialect.months(late, early)
        signed = sa.case(
            (first.is_(None) | second.is_(None), sa.null()), (second < first, -whole), else_=whole
        )
        return Value(signed, Type.INTEGER)

    def _call_as_of(self, node: Call) -> Value:
        return Value(sa.literal(self.now, INSTANT), Type.INSTANT)

    def _call_period_start(self, node: Call) -> Value:
        return self._period(node)[0]

    def _call_period_end(self, node: Call) -> Value:
        return self._period(node)[1]

    def _period(self, node: Call) -> tuple[Value, Value]:
        if self.period is None:
            raise ExpressionError(f"{node.function}() has no meaning here: no period is known", node.offset)
        return self.period
