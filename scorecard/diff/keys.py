"""Which keys of two documents differ, in the words of the files."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.loading.nodes import MappingNode, Node, ScalarNode, SequenceNode
from scorecard.diff.model import KeyChange

Pair = tuple[Node | None, Node | None]


def key_changes(before: Node | None, after: Node | None, key: str = "") -> Iterator[KeyChange]:
    """Yield what is written otherwise under a key, deepest keys first told apart; nothing where all is the same."""
    if isinstance(before, MappingNode) and isinstance(after, MappingNode):
        for name in dict.fromkeys((*after.keys(), *before.keys())):
            yield from key_changes(before.get(name), after.get(name), _joined(key, name))
    elif _holds_records(before) and _holds_records(after):
        old, new = _named(before), _named(after)
        for name in dict.fromkeys((*new, *old)):
            yield from key_changes(old.get(name), new.get(name), f"{key}[{name}]")
    elif written(before) != written(after):
        node = after if after is not None else before
        assert node is not None
        yield KeyChange(key, written(before), written(after), node.position.file, node.position.line)


def written(node: Node | None) -> str | None:
    """Return a value on one line as its file has it, quotes and line breaks left out; None where there is none."""
    if node is None:
        return None
    if isinstance(node, MappingNode):
        return "{" + ", ".join(f"{entry.key}: {written(entry.value)}" for entry in node.entries) + "}"
    if isinstance(node, SequenceNode):
        return "[" + ", ".join(str(written(item)) for item in node.items) + "]"
    return " ".join(node.text.split())


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _holds_records(node: Node | None) -> bool:
    return isinstance(node, SequenceNode) and any(isinstance(item, MappingNode) for item in node.items)


def _named(node: Node | None) -> dict[str, Node]:
    """Return the items of a list by the value that each begins with: its name, or the day from which it holds."""
    found: dict[str, Node] = {}
    for item in node.items if isinstance(node, SequenceNode) else ():
        first = item.entries[0].value if isinstance(item, MappingNode) and item.entries else item
        name = written(first) if isinstance(first, ScalarNode) else str(len(found) + 1)
        found[_free(str(name), found)] = item
    return found


def _free(name: str, taken: dict[str, Node]) -> str:
    """Return a name, or where it is taken, the name with how often it stands there by now."""
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name} {count}"
    return free
