"""The small frozen tree that an expression is parsed into, and the closed list of its functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from metrics.grain import Span

# name -> least and greatest number of arguments
FUNCTIONS: dict[str, tuple[int, int]] = {
    "coalesce": (2, 20), "nullif": (2, 2), "abs": (1, 1), "round": (1, 2), "floor": (1, 1),
    "least": (2, 20), "greatest": (2, 20), "lower": (1, 1), "upper": (1, 1), "trim": (1, 1),
    "concat": (2, 20), "substr": (2, 3), "split_part": (3, 3), "replace": (3, 3), "date": (1, 1),
    "hours_between": (2, 2), "days_between": (2, 2), "months_between": (2, 2), "json_text": (2, 2),
    "period_start": (0, 0), "period_end": (0, 0), "as_of": (0, 0),
}  # fmt: skip
AGGREGATES = ("count", "count_distinct", "count_new", "sum", "avg", "min", "max", "median", "percentile")
CAST_TYPES = {
    "INT": "integer", "BIGINT": "integer", "SMALLINT": "integer", "DECIMAL": "decimal", "DOUBLE": "float",
    "FLOAT": "float", "TEXT": "text", "VARCHAR": "text", "CHAR": "text", "BOOLEAN": "boolean",
    "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamp",
}  # fmt: skip
MAX_LENGTH = 8_192
MAX_DEPTH = 60
MAX_LEVELS = 200


@dataclass(frozen=True)
class Node:
    """One node of an expression; `offset` is where its text starts (0-based)."""

    offset: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class Literal(Node):
    """A constant: None, a truth value, an integer, a Decimal or a text."""

    value: bool | int | Decimal | str | None


@dataclass(frozen=True)
class SpanLiteral(Node):
    """A constant length of time such as `14 days`."""

    span: Span


@dataclass(frozen=True)
class Name(Node):
    """A column, or a path through lookups to one: `accounts.segment`."""

    parts: tuple[str, ...]


@dataclass(frozen=True)
class Operation(Node):
    """An operator with its operands: + - * / neg, = <> < <= > >=, and or not, in between like is_null."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Call(Node):
    """A call of one of `FUNCTIONS`, or of one of `AGGREGATES` inside a measure."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Case(Node):
    """`case when a then b ... else c end`; no else is null."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True)
class Cast(Node):
    """`cast(x as type)`; type is one of the values of `CAST_TYPES`."""

    operand: Node
    type: str


@dataclass(frozen=True)
class Expression:
    """A parsed expression and the text that it was written as. Equal trees are equal expressions."""

    text: str = field(compare=False)
    node: Node


PEOPLE = "people"
"""The measure that counts an entity's different ones, whatever columns there are; no definition can write it."""


@dataclass(frozen=True)
class Measure:
    """An aggregate function over rows: `count`, `sum(amount)`, `percentile(hours, 0.9)`."""

    text: str = field(compare=False)
    function: str
    argument: Node | None = None
    parameter: float | None = None

    @property
    def additive(self) -> bool:
        """Tell whether an empty, covered period is 0 and parts may be summed per entity."""
        return self.function in ("count", "count_distinct", "count_new", "sum")


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below a node."""
    if isinstance(node, Operation):
        return node.operands
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Case):
        return (*(part for branch in node.branches for part in branch), node.otherwise)
    if isinstance(node, Cast):
        return (node.operand,)
    return ()


def names(node: Node) -> Iterator[Name]:
    """Yield every column or lookup path that an expression reads."""
    return (part for part in walk(node) if isinstance(part, Name))


def demands(node: Node) -> Iterator[Node]:
    """Yield what a condition demands, each by itself: what `and` joins."""
    if isinstance(node, Operation) and node.operator == "and":
        for operand in node.operands:
            yield from demands(operand)
    else:
        yield node
