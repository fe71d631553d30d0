"""Compute a formula over values, and over draws of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from metrics.errors import ExpressionError
from metrics.expressions.nodes import Call, Literal, Name, Node, Operation
from metrics.observation import Estimate
from metrics.statistics.intervals import Floats

Drawn = Callable[[int], Floats]


def drawn(node: Node, parts: Mapping[str, Estimate]) -> Drawn | None:
    """Return what draws a formula anew from draws of its inputs; None where an input has none.

    Inputs are drawn apart from each other, one that stands twice in the formula once. Draws without a
    value, such as a division by zero, are dropped.
    """
    given = {name: part.draws for name, part in parts.items() if part.draws is not None}
    if not parts or len(given) < len(parts):
        return None

    def draws(seed: int) -> Floats:
        values = {name: draw(zlib.crc32(f"{seed} {name}".encode())) for name, draw in given.items()}
        size = min(len(each) for each in values.values())
        lined = {name: each[:size] for name, each in values.items()}
        with np.errstate(all="ignore"):
            found = np.broadcast_to(np.asarray(_many(node, lined), dtype=np.float64), (size,))
        return found[np.isfinite(found)]

    return draws


_BINARY: dict[str, Callable[[float, float], float | None]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else None,
}


def evaluate(node: Node, values: Mapping[str, float | None]) -> float | None:
    """Compute a formula; None in, None out, and None for a division by zero.

    Raises ExpressionError for what has no meaning between metrics.
    """
    if isinstance(node, Literal) and not isinstance(node.value, str | bool):
        return None if node.value is None else float(node.value)
    if isinstance(node, Name) and len(node.parts) == 1:
        return values[node.parts[0]]
    if isinstance(node, Operation) and (node.operator in _BINARY or node.operator == "neg"):
        operands = [evaluate(part, values) for part in node.operands]
        known = [operand for operand in operands if operand is not None]
        if len(known) < len(operands):
            return None
        return -known[0] if node.operator == "neg" else _BINARY[node.operator](known[0], known[1])
    if isinstance(node, Call) and node.function in _FUNCTIONS:
        return _FUNCTIONS[node.function]([evaluate(part, values) for part in node.arguments])
    raise ExpressionError(
        "a formula takes metrics, numbers, + - * /, abs, coalesce, nullif, least and greatest", node.offset
    )


def _many(node: Node, values: Mapping[str, Floats]) -> Any:
    """Compute a formula over draws as `evaluate` does over values; nothing is not a number."""
    if isinstance(node, Literal):
        return np.nan if node.value is None else float(node.value)
    if isinstance(node, Name):
        return values[node.parts[0]]
    assert isinstance(node, Operation | Call)
    if isinstance(node, Operation):
        operands = [_many(part, values) for part in node.operands]
        if node.operator == "neg":
            return -operands[0]
        if node.operator == "/":
            return np.where(operands[1] == 0, np.nan, np.divide(*operands))
        return _BINARY[node.operator](*operands)
    return _FUNCTIONS_OF_DRAWS[node.function]([_many(part, values) for part in node.arguments])


def _first_known(operands: list[Any]) -> Any:
    found = operands[-1]
    for operand in reversed(operands[:-1]):
        found = np.where(np.isnan(operand), found, operand)
    return found


_FUNCTIONS_OF_DRAWS: dict[str, Callable[[list[Any]], Any]] = {
    "abs": lambda operands: np.abs(operands[0]),
    "least": lambda operands: np.minimum.reduce(np.broadcast_arrays(*operands)),
    "greatest": lambda operands: np.maximum.reduce(np.broadcast_arrays(*operands)),
    "coalesce": _first_known,
    "nullif": lambda operands: np.where(operands[0] == operands[1], np.nan, operands[0]),
}


def _strict(function: Callable[[list[float]], float]) -> Callable[[list[float | None]], float | None]:
    def call(operands: list[float | None]) -> float | None:
        known = [operand for operand in operands if operand is not None]
        return function(known) if len(known) == len(operands) else None

    return call


_FUNCTIONS: dict[str, Callable[[list[float | None]], float | None]] = {
    "abs": _strict(lambda operands: abs(operands[0])),
    "least": _strict(min),
    "greatest": _strict(max),
    "coalesce": lambda operands: next((operand for operand in operands if operand is not None), None),
    "nullif": lambda operands: None if operands[0] == operands[1] else operands[0],
}
