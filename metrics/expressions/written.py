"""An expression as text again, for messages: the same tree gives the same text, whoever wrote it how."""

from __future__ import annotations

from decimal import Decimal

from metrics.expressions.nodes import Call, Case, Cast, Literal, Name, Node, Operation, SpanLiteral


def written(node: Node) -> str:
    """Return an expression as it could have been written."""
    if isinstance(node, Literal):
        return _constant(node.value)
    if isinstance(node, SpanLiteral):
        return str(node.span)
    if isinstance(node, Name):
        return ".".join(node.parts)
    if isinstance(node, Operation):
        return _operation(node)
    if isinstance(node, Call):
        return f"{node.function}({', '.join(map(written, node.arguments))})"
    if isinstance(node, Cast):
        return f"cast({written(node.operand)} as {node.type})"
    assert isinstance(node, Case)
    branches = " ".join(f"when {written(when)} then {written(then)}" for when, then in node.branches)
    return f"case {branches} else {written(node.otherwise)} end"


def _constant(value: bool | int | Decimal | str | None) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "null" if value is None else str(value).lower()


def _operation(node: Operation) -> str:
    parts = [f"({written(part)})" if isinstance(part, Operation) else written(part) for part in node.operands]
    if node.operator in ("neg", "not"):
        return f"{'-' if node.operator == 'neg' else 'not '}{parts[0]}"
    if node.operator == "is_null":
        return f"{parts[0]} is null"
    if node.operator == "between":
        return f"{parts[0]} between {parts[1]} and {parts[2]}"
    if node.operator == "in":
        return f"{parts[0]} in ({', '.join(parts[1:])})"
    return f" {node.operator} ".join(parts)
