"""What is different between two resolved definitions, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """A key of a resolved definition that is new, gone or another; a value that is no plain one is not written out."""

    key: str
    before: str | None
    after: str | None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return what is different, in the order of the keys; the metric's own keys stand without a prefix."""
    found = apart(before, after)
    return tuple(Difference(_key(path), *_told(old, new)) for path, old, new in found)


def apart(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield the path of each key that is different, with its value before and after; an expression is one value."""
    if before == after:
        return
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)) or _is_one(before) or _is_one(after):
        yield path, before, after
        return
    for key in sorted({*before, *after}):
        yield from apart(before.get(key), after.get(key), (*path, key))


def _is_one(value: Mapping[str, Any]) -> bool:
    """Tell whether a mapping stands for an expression, a computed column or a measure."""
    return "expression" in value or set(value) == {"measure"}


def _key(path: tuple[str, ...]) -> str:
    return ".".join(path[1:] if path[0] == "metric" and len(path) > 1 else path)


def _told(before: Any, after: Any) -> tuple[str | None, str | None]:
    """Return what is told of either side; beside a condition that turns on a day, one that does not says so."""
    told, dated = (_plain(before), _plain(after)), (_is_dated(before), _is_dated(after))
    if any(dated):
        first, second = (
            "one for all days" if one is None and value is not None else one
            for one, value in zip(told, (before, after), strict=True)
        )
        return first, second
    return told


def _is_dated(value: Any) -> bool:
    """Tell whether a value is a condition in stretches of days."""
    return isinstance(value, list) and any(isinstance(each, Mapping) and "until" in each for each in value)


def _plain(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_dated(value):
        # A condition that turns on a day: its days say what its expressions are too long to say.
        return f"turns on {', '.join(each['until'] for each in value if 'until' in each)}"
    return str(value) if isinstance(value, str | int | float) else None
