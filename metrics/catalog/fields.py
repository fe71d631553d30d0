"""How the fields of definitions are declared: every definition is a frozen dataclass.

A field's type says how its YAML is read (`metrics.loading.schema` builds the readers from these classes):
a class with a `parse(text)` is written as a text, `tuple[X, ...]` as a list, `Mapping[str, X]` as a
mapping, a dataclass as a mapping of its fields. A field's metadata adds what a type cannot say:

- `key`: the name in YAML, where Python reserves it (`from`)
- `shorthand` (on a class, as `SHORTHAND`): a bare value stands for a mapping with this one field
- `single`: one bare value stands for a list of one
- `refers`: the value names a `dataset`, `metric`, `entity`, `source`, `dimension` or `calendar`
- `hashed=False`: labels, owners, comments and targets, which no value depends on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from metrics.errors import Position

NOWHERE = Position("", 1, 1)


def empty() -> Mapping[str, Any]:
    """Return an empty read-only mapping."""
    return MappingProxyType({})


def place() -> Any:
    """Return the field that holds where a definition stands."""
    return field(default=NOWHERE, compare=False, metadata={"hashed": False, "internal": True})


def unhashed(default: Any = None, **metadata: Any) -> Any:
    """Return a field that does not change a value and so stays out of the definition hash."""
    return field(default=default, metadata={"hashed": False, **metadata})
