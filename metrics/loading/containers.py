"""Read lists, mappings and values of several shapes: the fields that hold other fields."""
# ruff: noqa: D102 - NodeField says what accepts, read and describe do

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError

from metrics.loading.fields import NAME, NodeField, Shape, bad_name, refused, shown
from metrics.loading.nodes import MappingNode, Node, ScalarNode, SequenceNode


class Items(NodeField):
    """A list of any length; with `single`, one bare value stands for a list of one."""

    wanted = "a list"

    def __init__(self, inner: NodeField, single: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self.inner = inner
        self.single = single

    def accepts(self, node: Node) -> bool:
        return isinstance(node, SequenceNode) or self.single

    def unlike(self, node: Node) -> ValidationError:
        if isinstance(node, ScalarNode) and NAME.fullmatch(node.text):
            return refused(f"expected a list, got {shown(node)}: write [{node.text}]")
        return refused(f"expected a list, got {shown(node)}: write it in [ ], or begin each item with '- '")

    def read(self, node: Node) -> tuple[Any, ...]:
        if not isinstance(node, SequenceNode):
            if self.single:
                return (self.inner.deserialize(node),)
            raise self.unlike(node)
        if not node.items:
            raise refused("the list is empty: write an item, or delete the key")
        return _each(self.inner, node)

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        item = self.inner.describe(refer)
        listed: Shape = {"type": "array", "items": item, "minItems": 1}
        return {"anyOf": [item, listed]} if self.single else listed


class Pair(NodeField):
    """A list of a fixed length."""

    def __init__(self, inner: NodeField, length: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.inner = inner
        self.length = length
        self.wanted = f"a list of {length}"

    def accepts(self, node: Node) -> bool:
        return isinstance(node, SequenceNode)

    def read(self, node: Node) -> tuple[Any, ...]:
        if not isinstance(node, SequenceNode):
            raise self.unlike(node)
        if len(node.items) != self.length:
            raise refused(f"expected {self.wanted}, got {len(node.items)}")
        return _each(self.inner, node)

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        item = self.inner.describe(refer)
        return {"type": "array", "items": item, "minItems": self.length, "maxItems": self.length}


def _each(inner: NodeField, node: SequenceNode) -> tuple[Any, ...]:
    """Read every item; raise all their problems at once, by index."""
    values: list[Any] = []
    problems: dict[int, Any] = {}
    for index, item in enumerate(node.items):
        try:
            values.append(inner.deserialize(item))
        except ValidationError as error:
            problems[index] = error.messages
    if problems:
        raise ValidationError(problems, valid_data=values)
    return tuple(values)


class Named(NodeField):
    """A mapping of names to values of one type; with `free`, of any texts to values."""

    wanted = "a mapping of names"

    def __init__(self, inner: NodeField, free: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self.inner = inner
        self.free = free

    def accepts(self, node: Node) -> bool:
        return isinstance(node, MappingNode)

    def read(self, node: Node) -> MappingProxyType[str, Any]:
        if not isinstance(node, MappingNode):
            raise self.unlike(node)
        values: dict[str, Any] = {}
        problems: dict[str, Any] = {}
        for entry in node.entries:
            if not self.free and not NAME.fullmatch(entry.key):
                problems[entry.key] = [bad_name(entry.key, key=True)]
                continue
            try:
                values[entry.key] = self.inner.deserialize(entry.value, entry.key)
            except ValidationError as error:
                problems[entry.key] = error.messages
        if problems:
            raise ValidationError(problems, valid_data=values)
        return MappingProxyType(values)

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        named: Shape = {} if self.free else {"propertyNames": {"pattern": f"^{NAME.pattern}$"}}
        return {"type": "object", "additionalProperties": self.inner.describe(refer), **named}


class Either(NodeField):
    """A value of one of several shapes; the first whose shape fits reads it."""

    def __init__(self, choices: tuple[NodeField, ...], **settings: Any) -> None:
        super().__init__(**settings)
        self.choices = choices
        self.wanted = " or ".join(choice.wanted for choice in choices)

    def accepts(self, node: Node) -> bool:
        return any(choice.accepts(node) for choice in self.choices)

    def read(self, node: Node) -> Any:
        for choice in self.choices:
            if choice.accepts(node):
                return choice.deserialize(node)
        raise self.unlike(node)

    def describe(self, refer: Callable[[type], Shape]) -> Shape:
        return {"anyOf": [choice.describe(refer) for choice in self.choices]}
