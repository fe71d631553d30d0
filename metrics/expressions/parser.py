"""The expression language: a closed list of SQL, parsed into a small frozen tree.

A real SQL parser reads the text; every node that it finds is allow-listed here and rebuilt as one of
ours. What is not on the list is an `ExpressionError` with its offset in the text. `metrics.sql.translator` turns
the tree into SQLAlchemy with bound values.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlglot import exp

from metrics.errors import ExpressionError, suggest
from metrics.expressions.measures import measure_of, measures_in
from metrics.expressions.nodes import (
    AGGREGATES,
    CAST_TYPES,
    FUNCTIONS,
    MAX_LEVELS,
    Call,
    Case,
    Cast,
    Expression,
    Literal,
    Measure,
    Name,
    Node,
    Operation,
    SpanLiteral,
    children,
)
from metrics.expressions.syntax import syntax_tree
from metrics.expressions.unsupported import unknown_function
from metrics.grain import Span, unit_named


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Parse an expression of the closed list; raise ExpressionError with an offset."""
    return Expression(text, _whole(syntax_tree(text), aggregates=False))


@lru_cache(maxsize=1024)
def parse_measures(text: str) -> Expression:
    """Parse an expression that may also call aggregates, such as `count_distinct(topic) > 1`."""
    node = _whole(syntax_tree(text), aggregates=True)
    for call in measures_in(node):
        measure_of(call)
    return Expression(text, node)


@lru_cache(maxsize=1024)
def parse_measure(text: str) -> Measure:
    """Parse a measure, one aggregate over an expression; raise ExpressionError with an offset."""
    if text.strip() == "count":
        return Measure(text, "count")
    node = _whole(syntax_tree(text), aggregates=True)
    if not isinstance(node, Call) or node.function not in AGGREGATES:
        raise ExpressionError(f"a measure is one of {', '.join(AGGREGATES)} over an expression", node.offset)
    return measure_of(node, text)


_BINARY: dict[type[exp.Expression], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<",
    exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=", exp.And: "and", exp.Or: "or", exp.Like: "like",
}  # fmt: skip


def _place(tree: exp.Expression) -> int:
    starts = [part.meta["start"] for part in tree.walk() if "start" in part.meta]
    return min(starts, default=0)


# The arguments of the parser's nodes that are read here. Any other that is set would be lost in silence.
_READ: dict[type[exp.Expression], frozenset[str]] = {
    exp.Column: frozenset({"this", "table", "db", "catalog"}),
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Interval: frozenset({"this", "unit"}),
    exp.In: frozenset({"this", "expressions", "query", "unnest"}),
    exp.Between: frozenset({"this", "low", "high", "symmetric"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.Cast: frozenset({"this", "to"}),
    exp.Anonymous: frozenset({"this", "expressions"}),
    exp.Like: frozenset({"this", "expression", "negate"}),
}


MOST_DIGITS = 38
"""What the decimals of every engine hold."""


_PLAIN = frozenset({"this", "expression"})


def _whole(tree: exp.Expression, *, aggregates: bool) -> Node:
    """Rebuild a whole expression; one that is nested too deeply for that is refused."""
    try:
        node = _rebuild(tree, aggregates=aggregates)
        deep = _levels(node) > MAX_LEVELS
    except RecursionError:
        deep = True
    if deep:
        raise ExpressionError("the expression is nested too deeply", 0)
    return node


def _levels(node: Node) -> int:
    return 1 + max((_levels(child) for child in children(node)), default=0)


def _refuse_unread(tree: exp.Expression) -> None:
    read = _READ.get(type(tree), _PLAIN)
    if any(value for name, value in tree.args.items() if name not in read):
        raise ExpressionError(f"{tree.sql()[:40]!r} is not in the expression language", _place(tree))


def _rebuild(tree: exp.Expression, *, aggregates: bool) -> Node:
    _refuse_unread(tree)
    builder = _BUILDERS.get(type(tree))
    if builder is not None:
        return builder(tree, lambda part: _rebuild(part, aggregates=aggregates))
    if isinstance(tree, exp.Anonymous):
        return _call(tree, aggregates)
    if type(tree) in _BINARY:
        parts = (tree.this, tree.expression)
        rebuilt = Operation(
            _BINARY[type(tree)],
            tuple(_rebuild(part, aggregates=aggregates) for part in parts),
            offset=_place(tree),
        )
        # `not like` comes as a flag of `like`.
        return Operation("not", (rebuilt,), offset=rebuilt.offset) if tree.args.get("negate") else rebuilt
    what = tree.sql()[:40]
    raise ExpressionError(f"{what!r} is not in the expression language", _place(tree))


def _call(tree: exp.Anonymous, aggregates: bool) -> Node:
    name = str(tree.this).lower()
    arguments = tuple(_rebuild(part, aggregates=aggregates) for part in tree.expressions)
    if name in AGGREGATES:
        if not aggregates:
            raise ExpressionError(f"{name} is a measure and cannot be used here", _place(tree))
        return Call(name, arguments, offset=_place(tree))
    if name not in FUNCTIONS:
        known = (*FUNCTIONS, *AGGREGATES) if aggregates else tuple(FUNCTIONS)
        words = unknown_function(name) or f"unknown function {name}{suggest(name, known)}"
        raise ExpressionError(words, _place(tree))
    least, most = FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise ExpressionError(f"{name} takes {wanted} arguments, got {len(arguments)}", _place(tree))
    return Call(name, arguments, offset=_place(tree))


_Rebuild = Callable[[exp.Expression], Node]


def _column(tree: Any, rebuild: _Rebuild) -> Node:
    if isinstance(tree, exp.Dot):
        left, right = rebuild(tree.this), tree.expression
        if not isinstance(left, Name) or not isinstance(right, exp.Identifier):
            raise ExpressionError(f"{tree.sql()!r} is not a column or a lookup's column", _place(tree))
        return Name((*left.parts, right.name), offset=_place(tree))
    if any(isinstance(part, exp.Star) for part in tree.walk()):
        raise ExpressionError("'*' is not in the expression language", _place(tree))
    return Name(tuple(part.name for part in tree.parts), offset=_place(tree))


def _literal(tree: Any, rebuild: _Rebuild) -> Node:
    if tree.is_string:
        return Literal(tree.this, offset=_place(tree))
    text = str(tree.this)
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise ExpressionError(f"{text!r} is not a number", _place(tree)) from None
    if len(number.as_tuple().digits) > MOST_DIGITS or abs(number.adjusted()) >= MOST_DIGITS:
        raise ExpressionError(f"a number has at most {MOST_DIGITS} digits", _place(tree))
    return Literal(int(text) if text.isdigit() else number, offset=_place(tree))


def _interval(tree: Any, rebuild: _Rebuild) -> Node:
    unit = unit_named(str(tree.args["unit"].name)) if tree.args.get("unit") is not None else None
    if unit is None or not tree.this.is_string or not str(tree.this.this).isdigit():
        raise ExpressionError("write a span as in: created_at + 14 days", _place(tree))
    try:
        span = Span.parse(f"{tree.this.this} {unit}")
    except ValueError as error:
        raise ExpressionError(str(error), _place(tree)) from None
    return SpanLiteral(span, offset=_place(tree))


def _in(tree: Any, rebuild: _Rebuild) -> Node:
    if not tree.expressions or tree.args.get("query") or tree.args.get("unnest"):
        raise ExpressionError("`in` takes a list of values, as in: stage in ('won', 'lost')", _place(tree))
    parts = (tree.this, *tree.expressions)
    return Operation("in", tuple(rebuild(part) for part in parts), offset=_place(tree))


def _between(tree: Any, rebuild: _Rebuild) -> Node:
    if tree.args.get("symmetric"):
        raise ExpressionError("'symmetric' is not in the expression language", _place(tree))
    parts = (tree.this, tree.args["low"], tree.args["high"])
    return Operation("between", tuple(rebuild(part) for part in parts), offset=_place(tree))


def _is(tree: Any, rebuild: _Rebuild) -> Node:
    if isinstance(tree.expression, exp.Null):
        return Operation("is_null", (rebuild(tree.this),), offset=_place(tree))
    if isinstance(tree.expression, exp.Boolean):
        wanted = Literal(bool(tree.expression.this), offset=_place(tree))
        return Call("coalesce", (Operation("=", (rebuild(tree.this), wanted)), Literal(False)),
                    offset=_place(tree))  # fmt: skip
    raise ExpressionError("`is` goes with null, true or false", _place(tree))


def _case(tree: Any, rebuild: _Rebuild) -> Node:
    branches = []
    for branch in tree.args["ifs"]:
        when = rebuild(branch.this)
        if tree.this is not None:
            when = Operation("=", (rebuild(tree.this), when), offset=when.offset)
        branches.append((when, rebuild(branch.args["true"])))
    default = tree.args.get("default")
    otherwise = rebuild(default) if default is not None else Literal(None)
    return Case(tuple(branches), otherwise, offset=_place(tree))


def _cast(tree: Any, rebuild: _Rebuild) -> Node:
    name = tree.args["to"].this.name
    if tree.args["to"].expressions:
        raise ExpressionError("a cast names a type without a length", _place(tree))
    if name not in CAST_TYPES:
        known = sorted(set(CAST_TYPES.values()))
        raise ExpressionError(f"cast to {name.lower()} is not known: use {', '.join(known)}", _place(tree))
    return Cast(rebuild(tree.this), CAST_TYPES[name], offset=_place(tree))


def _negative(tree: Any, rebuild: _Rebuild) -> Node:
    operand = rebuild(tree.this)
    if isinstance(operand, Literal) and isinstance(operand.value, int | Decimal):
        return Literal(-operand.value, offset=operand.offset)
    return Operation("neg", (operand,), offset=operand.offset)


_BUILDERS: dict[type[exp.Expression], Callable[[Any, _Rebuild], Node]] = {
    exp.Column: _column, exp.Dot: _column, exp.Literal: _literal, exp.Interval: _interval, exp.In: _in,
    exp.Between: _between, exp.Is: _is, exp.Case: _case, exp.Cast: _cast, exp.Neg: _negative,
    exp.Paren: lambda tree, rebuild: rebuild(tree.this),
    exp.Not: lambda tree, rebuild: Operation("not", (rebuild(tree.this),), offset=_place(tree)),
    exp.Null: lambda tree, rebuild: Literal(None, offset=_place(tree)),
    exp.Boolean: lambda tree, rebuild: Literal(bool(tree.this), offset=_place(tree)),
}  # fmt: skip
