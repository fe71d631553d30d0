"""The tree of a document: frozen nodes that know where they stand in their file."""

from __future__ import annotations

import re
from collections import abc
from dataclasses import dataclass, field
from typing import Any

from metrics.errors import Position
from metrics.loading.scalars import Value

_BLANK = " \t\n"
_SINGLE = re.compile(r"''|[^']", re.DOTALL)
_DOUBLE = re.compile(r"\\u[dD][89abAB]..\\u....|\\(?:x..|u.{4}|U.{8}|.)|[^\\]", re.DOTALL)


@dataclass(frozen=True)
class ScalarNode:
    """One value; `plain` tells that it is not quoted, `raw` is its source text, quotes included."""

    value: Value
    text: str
    position: Position
    plain: bool
    raw: str = field(default="", repr=False, compare=False)

    @property
    def offset_column(self) -> int:
        """Return the column where the text's first character stands, behind the quote."""
        return self.at(0).column

    def at(self, offset: int) -> Position:
        """Return where the text's character at an offset (from 0) stands in the file.

        Quotes, escapes, folded lines and blocks are followed: YAML changes blanks alone, so the n-th visible
        character of the text is the n-th one of the source. A blank is put behind the character before it.
        """
        visible = _visible(self.raw)
        rank = min(sum(character not in _BLANK for character in self.text[:offset]), len(visible))
        if rank < len(visible) and self.text[offset : offset + 1].strip(_BLANK):
            index = visible[rank]
        elif rank:
            index = visible[rank - 1] + 1
        else:
            index = int(self.raw[:1] in ("'", '"'))
        line_start = self.raw.rfind("\n", 0, index) + 1
        column = index - line_start + (1 if line_start else self.position.column)
        return Position(self.position.file, self.position.line + self.raw.count("\n", 0, index), column)


def _visible(raw: str) -> list[int]:
    """Return where the source of each visible character of a scalar's text starts in its source."""
    style = raw[:1]
    if style == "'":
        return [match.start() + 1 for match in _SINGLE.finditer(raw[1:-1]) if match[0] not in _BLANK]
    if style == '"':
        return [match.start() + 1 for match in _DOUBLE.finditer(raw[1:-1]) if not _is_blank(match[0])]
    start = raw.find("\n") + 1 if style in ("|", ">") else 0
    return [index for index in range(start, len(raw)) if raw[index] not in _BLANK]


def _is_blank(token: str) -> bool:
    """Tell whether a character or an escape of a double-quoted text stands for a blank."""
    if token[0] != "\\":
        return token in _BLANK
    if token[1] in "xuU":
        return len(token) != 12 and chr(int(token[2:], 16)) in _BLANK
    return token[1] in "nt \t\n"


@dataclass(frozen=True)
class SequenceNode:
    """A list of nodes."""

    items: tuple[Node, ...]
    position: Position


@dataclass(frozen=True)
class Entry:
    """A key of a mapping and its value."""

    key: str
    key_position: Position
    value: Node


@dataclass(frozen=True)
class MappingNode:
    """Entries in the order of the file, each key once."""

    entries: tuple[Entry, ...]
    position: Position

    def get(self, key: str) -> Node | None:
        """Return the node under a key, or None without such a key."""
        return next((entry.value for entry in self.entries if entry.key == key), None)

    def keys(self) -> tuple[str, ...]:
        """Return the keys in the order of the file."""
        return tuple(entry.key for entry in self.entries)


Node = ScalarNode | SequenceNode | MappingNode


def plain(node: Node) -> Any:
    """Return a node as dicts, lists and plain values."""
    if isinstance(node, MappingNode):
        return {entry.key: plain(entry.value) for entry in node.entries}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return node.value


def locate(node: Node, path: abc.Sequence[str | int], key: bool = False) -> Position:
    """Return the position of the deepest node that exists along a path, or (`key`) of that node's key."""
    position = key_position = node.position
    for part in path:
        if isinstance(node, MappingNode):
            entry = next((entry for entry in node.entries if entry.key == str(part)), None)
            if entry is None:
                break
            node, key_position = entry.value, entry.key_position
        elif isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.items):
            node = node.items[part]
            key_position = node.position
        else:
            break
        position = node.position
    return key_position if key else position
