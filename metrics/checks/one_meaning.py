"""A metric or condition that is named after a condition says more than it, which others read as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metrics.catalog.catalog import Catalog
from metrics.checks._expressions import Written, expressions
from metrics.errors import Finding, Level
from metrics.expressions.nodes import Name, Node, demands
from metrics.loading.loader import Places

CODE = "one-meaning"

_SHOWN = 3


@dataclass(frozen=True)
class _Read:
    """A condition that an expression holds, all of its parts, and where it stands."""

    written: Written
    parts: tuple[Node, ...]

    @property
    def owner(self) -> str:
        """Return what is named: the metric, or the condition of a dataset."""
        return str(self.written.part.path[1]) if self.written.kind == "dataset" else self.written.name


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice where one word has two meanings: `qualified and amount > 100` in a metric of the qualified ones."""
    read = list(_read(catalog))
    for each in read:
        for name in _named(each):
            alone = _alone(read, each, name)
            if alone:
                word = ".".join(name.parts)
                others = ", ".join(alone[:_SHOWN]) + (
                    f" and {len(alone) - _SHOWN} more" if len(alone) > _SHOWN else ""
                )
                message = (
                    f"{each.owner!r} says more than {word!r}, which {others} "
                    f"{'reads' if len(alone) == 1 else 'read'} as it is: one word has one meaning, so put what is "
                    "added into the condition, or name this one after it"
                )
                place = at(each.written.kind, each.written.name, *each.written.part.path, offset=name.offset)
                yield Finding(place, CODE, message, Level.ADVICE)


def _read(catalog: Catalog) -> Iterator[_Read]:
    for written in expressions(catalog):
        node, path = written.part.node, written.part.path
        counted = written.kind == "metric" and written.in_use
        if node is not None and (counted or (written.kind == "dataset" and path[0] == "conditions")):
            yield _Read(written, tuple(demands(node)))


def _named(each: _Read) -> Iterator[Name]:
    """Yield the conditions that an expression holds with more, and after which its owner is named."""
    if len(each.parts) < 2:
        return
    for part in each.parts:
        if isinstance(part, Name):
            word, owner = part.parts[-1].split("_"), each.owner.split("_")
            spans = [owner[start : start + len(word)] for start in range(len(owner))]
            # A condition's further words say what it adds; a metric's say what it counts.
            if owner == word or (each.written.kind == "metric" and word in spans):
                yield part


def _alone(read: list[_Read], this: _Read, name: Name) -> list[str]:
    """Return the metrics over the same rows that go by the condition and nothing else."""
    found = {
        each.owner: None
        for each in read
        if each.written.kind == "metric"
        and each.written.dataset == this.written.dataset
        and each.parts == (name,)
        and each.owner != this.owner
    }
    return list(found)
