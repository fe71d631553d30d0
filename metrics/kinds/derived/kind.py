"""Derived: a formula over other metrics at the same grain and segment; null propagates.

Where every input is drawn anew by a bootstrap or a model (a ratio with an entity, revenue retained, a
lifetime value), so is the formula, each input by itself: its interval is the 95% between the outer
percentiles of 2,000 draws. Where one is not, there is no interval.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.catalog.walk import inputs
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Call, Expression, Literal, Name, Node, Operation
from metrics.frame import Frame
from metrics.grain import Period
from metrics.kind import Request, Uncertainty
from metrics.observation import Dimensions, Estimate, State
from metrics.statistics.intervals import Floats, percentile_interval

CODE_VERSION = 3

Drawn = Callable[[int], Floats]


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


def uncertainty(metric: Metric, catalog: Catalog, below: tuple[Uncertainty, ...]) -> Uncertainty:
    """Say that a formula is drawn anew where every input is, and has no interval where one is not."""
    return Uncertainty.DRAWS if below and set(below) == {Uncertainty.DRAWS} else Uncertainty.NONE


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
        draws = drawn(metric.options.formula.node, parts) if value is not None else None
        interval = percentile_interval(draws(_seed(metric, period, segment))) if draws else None
        found.append(
            Estimate(
                period,
                segment,
                joint_state(tuple(parts.values()), value),
                value=value,
                lower=interval.lower if interval else None,
                upper=interval.upper if interval else None,
                maturity=least_mature(tuple(parts.values())),
                draws=draws,
            )
        )
    return found


def _seed(metric: Metric, period: Period, segment: Dimensions) -> int:
    return zlib.crc32(f"{metric.metric}{(period, segment)}".encode())


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
