"""What became of each part of another program's definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Element(StrEnum):
    """What a manifest is made of."""

    MODEL = "semantic model"
    ENTITY = "entity"
    DIMENSION = "dimension"
    MEASURE = "measure"
    METRIC = "metric"
    FILTER = "filter"
    SAVED_QUERY = "saved query"


class Fate(StrEnum):
    """Whether a part means here what it meant there."""

    KEPT = "kept"
    CHANGED = "changed"
    LEFT = "left out"


@dataclass(frozen=True)
class Entry:
    """One part by its name, what became of it, and why or how."""

    element: Element
    name: str
    fate: Fate
    says: str = ""


@dataclass(frozen=True)
class Imported:
    """The files of a project, and an entry for every part of what it was made of."""

    files: Mapping[str, str]
    entries: tuple[Entry, ...]


class Left(Exception):
    """A part cannot travel; says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
