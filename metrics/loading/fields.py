"""Read the values of definitions from YAML nodes: one marshmallow field a type, strict and with positions.

Each field also describes itself as JSON Schema (`describe`), so that editors and the loader agree. A
refused value is a `ValidationError` that carries a `Problem`.
"""
# ruff: noqa: D102 - NodeField says what accepts, read and describe do

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError
from marshmallow import fields as marshmallow_fields

from metrics.catalog.options import Over, Window
from metrics.errors import ExpressionError, Position, suggest
from metrics.grain import Span
from metrics.loading.nodes import MappingNode, Node, ScalarNode, SequenceNode

Shape = dict[str, Any]

_UNITS = "(s|m|min|h|d|((second|minute|hour|day|week|month|year)s?))"
_LENGTH = f"[0-9]{{1,6}} *{_UNITS}"
PATTERNS: dict[type, str] = {
    Span: f"^{_LENGTH}$",
    Window: f"^(ever|{_LENGTH})$",
    Over: f"^(period|to_date|trailing {_LENGTH})$",
}
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a value; `position` where it is inside the value, `key` where it is the key."""

    message: str
    code: str = "bad-value"
    position: Position | None = None
    key: bool = False


def refused(message: str, code: str = "bad-value", position: Position | None = None) -> ValidationError:
    """Return the error that refuses a value."""
    return ValidationError([Problem(message, code, position)])


def shown(node: Node) -> str:
    """Return how a message names a value."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    if isinstance(node.value, str):
        return f"the text {_cut(node.text)!r}"
    return node.text if isinstance(node.value, bool) else f"the number {_cut(node.text)}"


def bad_name(text: str, key: bool = False) -> Problem:
    """Return the problem of a text that cannot be a name in expressions and series."""
    rule = "a name starts with a-z, goes on with a-z, 0-9 and _, and has 60 characters at most"
    return Problem(f"{_cut(text)!r} is not a name: {rule}", "bad-name", key=key)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}..."


class NodeField(marshmallow_fields.Field[Any]):
    """A field whose input is a node of a document; an empty value is refused."""

    wanted = "a value"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, ScalarNode) and value.value is None:
            what = f"{attr!r} is empty" if attr else "the item is empty"
            raise refused(f"{what}: write a value, or delete it", position=value.position)
        return self.read(value)

    @abstractmethod
    def read(self, node: Node) -> Any:
        """Return the value of a node; raise ValidationError with a Problem."""

    @abstractmethod
    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        """Return the field's JSON Schema; `refer` gives that of a record."""

    def accepts(self, node: Node) -> bool:
        """Tell whether the node has the shape of this field, whatever it says."""
        return True

    def unlike(self, node: Node) -> ValidationError:
        """Return the error for a node of another shape."""
        return refused(f"expected {self.wanted}, got {shown(node)}")


class Text(NodeField):
    """A text; with `words`, one of them."""

    wanted = "a text"

    def __init__(self, words: Iterable[str] = (), **settings: Any) -> None:
        super().__init__(**settings)
        self.words = tuple(str(word) for word in words)
        if self.words:
            self.wanted = f"one of {', '.join(self.words)}"

    def accepts(self, node: Node) -> bool:
        return isinstance(node, ScalarNode) and isinstance(node.value, str)

    def read(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            raise self.unlike(node)
        if self.words and node.text not in self.words:
            raise refused(f"{_cut(node.text)!r} is not {self.wanted}{suggest(node.text, self.words)}")
        if not self.accepts(node):
            raise refused(f'expected a text, got {shown(node)}: quote it: "{_cut(node.text)}"')
        if not node.text.strip():
            raise refused("the text is empty: write one, or delete the key")
        return node.text

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        if self.words:
            return {"type": "string", "enum": list(self.words)}
        return {"type": "string", "pattern": r"\S"}


class Identifier(Text):
    """The name of a definition, which expressions and series carry."""

    def read(self, node: Node) -> str:
        text = super().read(node)
        if not NAME.fullmatch(text):
            raise ValidationError([bad_name(text)])
        return text

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        return {"type": "string", "pattern": f"^{NAME.pattern}$"}


class Word(Text):
    """One of the words of a StrEnum."""

    def __init__(self, words: type[StrEnum], **settings: Any) -> None:
        super().__init__(tuple(words), **settings)
        self.enumeration = words

    def read(self, node: Node) -> StrEnum:
        return self.enumeration(super().read(node))


class Parsed(Text):
    """A text that a class reads by its `parse`, such as `90 days`."""

    def __init__(self, parse: Callable[[str], Any], pattern: str = "", **settings: Any) -> None:
        super().__init__(**settings)
        self.parse = parse
        self.pattern = pattern

    def read(self, node: Node) -> Any:
        if not isinstance(node, ScalarNode):
            raise self.unlike(node)
        try:
            return self.parse(node.text)
        except ValueError as error:
            raise refused(str(error)) from error

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        return {"type": "string", "pattern": self.pattern} if self.pattern else {"type": "string"}


class Formula(NodeField):
    """An expression or a measure, parsed by the function given."""

    wanted = "an expression"

    def __init__(self, parse: Callable[[str], Any], **settings: Any) -> None:
        super().__init__(**settings)
        self.parse = parse

    def accepts(self, node: Node) -> bool:
        return isinstance(node, ScalarNode)

    def read(self, node: Node) -> Any:
        if not isinstance(node, ScalarNode):
            raise self.unlike(node)
        try:
            return self.parse(node.text)
        except ExpressionError as error:
            raise refused(error.message, "bad-expression", node.at(error.offset)) from error

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        # A bare 1 or true is the expression of that text.
        return {"type": ["string", "number", "boolean"]}


class Truth(NodeField):
    """true or false, and nothing else."""

    wanted = "true or false"

    def accepts(self, node: Node) -> bool:
        return isinstance(node, ScalarNode) and isinstance(node.value, bool)

    def read(self, node: Node) -> bool:
        if not isinstance(node, ScalarNode) or not isinstance(node.value, bool):
            raise self.unlike(node)
        return node.value

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        return {"type": "boolean"}


class Whole(NodeField):
    """A whole number, 0 or more."""

    wanted = "a whole number"

    def accepts(self, node: Node) -> bool:
        return (
            isinstance(node, ScalarNode) and isinstance(node.value, int) and not isinstance(node.value, bool)
        )

    def read(self, node: Node) -> int:
        if not self.accepts(node):
            raise self.unlike(node)
        assert isinstance(node, ScalarNode)
        assert isinstance(node.value, int)
        if node.value < 0:
            raise refused(f"{node.text} is below 0")
        return node.value

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        return {"type": "integer", "minimum": 0}


class Number(NodeField):
    """A number; whole numbers are read as floats too."""

    wanted = "a number"

    def accepts(self, node: Node) -> bool:
        return (
            isinstance(node, ScalarNode)
            and isinstance(node.value, int | float)
            and not isinstance(node.value, bool)
        )

    def read(self, node: Node) -> float:
        if not self.accepts(node):
            raise self.unlike(node)
        assert isinstance(node, ScalarNode)
        assert isinstance(node.value, int | float)
        return float(node.value)

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        return {"type": "number"}


class Day(NodeField):
    """A date written as 2026-03-01."""

    wanted = "a date such as 2026-03-01"

    def read(self, node: Node) -> date:
        if not isinstance(node, ScalarNode) or not _DAY.fullmatch(node.text):
            raise self.unlike(node)
        try:
            return date.fromisoformat(node.text)
        except ValueError as error:
            raise refused(f"{node.text} is not a day of the calendar") from error

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        return {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}
