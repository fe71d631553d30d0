"""MetricFlow's conditions, SQL with templates in it, as expressions of ours."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence

from api.interchange.report import Left
from metrics.errors import ExpressionError
from metrics.expressions.parser import parse

GRAINS = ("day", "week", "month", "quarter", "year", "hour", "minute", "second", "millisecond")
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)

Resolve = Callable[[str, bool], str]
"""Return the expression of a path such as `order__status`; told whether it names a time."""


def condition(filters: Sequence[str], resolve: Resolve) -> str | None:
    """Return conditions that hold together as one expression, None without any; raise Left."""
    written = [expression(_resolved(each, resolve)) for each in dict.fromkeys(filters)]
    if len(written) < 2:
        return written[0] if written else None
    return " and ".join(f"({each})" for each in written)


def expression(text: str) -> str:
    """Return a text that is an expression of ours too; raise Left with what it has that is not."""
    plain = " ".join(text.split())
    try:
        if not plain.isprintable():
            raise Left(f"{plain!r} has signs that no definition may have")
        parse(plain)
    except ExpressionError as error:
        raise Left(f"{plain!r} is no expression here: {error.message}") from error
    return plain


def _resolved(text: str, resolve: Resolve) -> str:
    found = _TEMPLATE.sub(lambda match: _reference(match[1].strip(), resolve), text)
    if "{{" in found or "{%" in found:
        raise Left(f"{text!r} has a template that is not known here")
    return found


def _reference(template: str, resolve: Resolve) -> str:
    """Return the expression of `Dimension('order__status')` and its like."""
    unknown = Left(f"{template!r} is not known here")
    try:
        call = ast.parse(template, mode="eval").body
    except SyntaxError:
        raise unknown from None
    grain = None
    while isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        if call.func.attr != "grain" or len(call.args) != 1:
            raise Left(f"{template!r} asks for a part of a date")
        grain, call = _text(call.args[0], unknown), call.func.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
        raise unknown
    if call.func.id not in ("Dimension", "TimeDimension", "Entity"):
        raise Left(f"{template!r} compares with another metric's values")
    if call.keywords and {each.arg for each in call.keywords} != {"time_granularity_name"}:
        raise Left(f"{template!r} names its way to the entity besides")
    name, path = call.func.id, _text(call.args[0], unknown)
    rest = [_text(each, unknown) for each in (*call.args[1:], *(each.value for each in call.keywords))]
    first, _, last = path.rpartition("__")
    if name == "TimeDimension" and last in GRAINS and first:
        path, rest = first, [*rest, last]
    grain = next(iter(rest), grain)
    if grain is not None and grain.lower() != "day":
        raise Left(f"{template!r} is cut to the {grain.lower()}, which no expression does here")
    found = resolve(path, name == "TimeDimension")
    return f"date({found})" if grain is not None or name == "TimeDimension" else found


def _text(node: ast.expr, unknown: Left) -> str:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise unknown
    return node.value
