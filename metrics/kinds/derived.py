"""Derived: a formula over other metrics at the same grain and segment; null propagates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from metrics.errors import ExpressionError
from metrics.expression import Call, Expression, Literal, Name, Node, Operation
from metrics.kind import Frame, Request
from metrics.model import Metric, Reference
from metrics.observation import Estimate, State
from metrics.parts import inputs

CODE_VERSION = 1


@dataclass(frozen=True)
class Options:
    """The kind's own keys; the formula's names are metrics."""

    formula: Expression = field(metadata={"refers": "metric"})


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return nothing: the inputs bound the metric."""
    return ()


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask nothing of sources."""
    return {}


def finish(metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
    """Return one estimate for each period and segment that every input has."""
    read = [frame.inputs.get(name, {}) for name in inputs(metric)]
    wanted = {tuple(sorted(cut)) for cut in frame.cuts}
    shared = [
        key
        for key in (read[0] if read else {})
        if key[0].grain in frame.grains
        and tuple(name for name, _ in key[1]) in wanted
        and all(key in each for each in read)
    ]
    found = []
    for period, segment in shared:
        parts = {name: frame.inputs[name][period, segment] for name in inputs(metric)}
        values = {name: part.value for name, part in parts.items()}
        value = evaluate(metric.options.formula.node, values)
        found.append(
            Estimate(
                period,
                segment,
                joint_state(tuple(parts.values()), value),
                value=value,
                maturity=least_mature(tuple(parts.values())),
            )
        )
    return found


_ORDER = tuple(State)


def joint_state(parts: tuple[Estimate, ...], value: float | None) -> State:
    """Return the state of a value made of others: the first that applies to any of them."""
    state = min((part.state for part in parts), key=_ORDER.index)
    if value is None and state in (State.SMALL_SAMPLE, State.FINAL):
        return State.NO_DATA
    return state


def least_mature(parts: tuple[Estimate, ...]) -> float | None:
    """Return the least maturity, None where any has none."""
    known = [part.maturity for part in parts if part.maturity is not None]
    return min(known) if len(known) == len(parts) else None


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
        "a formula takes metrics, numbers, + - * /, abs, coalesce, least and greatest", node.offset
    )


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
}
