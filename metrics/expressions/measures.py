"""Which measure a call of an aggregate is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from metrics.errors import ExpressionError
from metrics.expressions.nodes import (
    AGGREGATES,
    Call,
    Literal,
    Measure,
    Node,
    walk,
)


def measures_in(node: Node) -> Iterator[Call]:
    """Yield the calls of aggregates in an expression, one inside another too."""
    return (part for part in walk(node) if isinstance(part, Call) and part.function in AGGREGATES)


def measure_of(node: Call, text: str = "") -> Measure:
    """Return the measure that a call of an aggregate is; raise ExpressionError where it takes something else."""
    for inner in (part for argument in node.arguments for part in measures_in(argument)):
        raise ExpressionError(f"{inner.function} cannot stand inside {node.function}", inner.offset)
    if node.function == "percentile":
        if len(node.arguments) != 2 or not isinstance(node.arguments[1], Literal):
            raise ExpressionError("percentile takes an expression and a share, as in percentile(hours, 0.9)",
                                  node.offset)  # fmt: skip
        share = node.arguments[1].value
        if not isinstance(share, Decimal) or not 0 < share < 1:
            raise ExpressionError("the share of a percentile lies between 0 and 1", node.arguments[1].offset)
        return Measure(text, "percentile", node.arguments[0], float(share))
    if node.function == "median":
        return Measure(text, "percentile", _one(node), 0.5)
    if node.function == "count" and not node.arguments:
        return Measure(text, "count")
    return Measure(text, node.function, _one(node))


def _one(node: Call) -> Node:
    if len(node.arguments) != 1:
        raise ExpressionError(f"{node.function} takes one argument, got {len(node.arguments)}", node.offset)
    return node.arguments[0]
