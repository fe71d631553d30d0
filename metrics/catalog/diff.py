"""What changed between two catalogs, metric by metric: what each says itself, and what it rests on.

A metric rests on what its hash holds beside its own part: input metrics, datasets and what it reaches of
them, identities, and the company's time zone, calendars and currency. Whether that moved is asked of the
old metric put among the new definitions, so that a metric that reads something else by its own change does
not count as moved from below.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_difference import apart
from metrics.catalog.definition_hash import own_part, resolved, whole
from metrics.catalog.metric import Metric
from metrics.catalog.renames import followed, renames

Path = tuple[str, ...]
"""Where a key stands among everything that a metric rests on: `("datasets", "leads", "columns", "won")`."""


class ChangeClass(StrEnum):
    """What a change does, what weighs most first.

    `breaking` is gone, or of another kind or unit, while something uses it. `semantic` counts otherwise by
    what it says itself, `upstream` by what it rests on. `renamed` says the same under another name. The rest
    changes no value.
    """

    BREAKING = "breaking"
    REMOVED = "removed"
    ADDED = "added"
    SEMANTIC = "semantic"
    UPSTREAM = "upstream"
    RENAMED = "renamed"
    TARGET = "target"
    WEIGHT = "weight"
    OWNERSHIP = "ownership"
    COSMETIC = "cosmetic"


_CLASSES = {
    "leads": ChangeClass.OWNERSHIP,
    "supports": ChangeClass.OWNERSHIP,
    "owner": ChangeClass.OWNERSHIP,
    "targets": ChangeClass.TARGET,
    "direction": ChangeClass.TARGET,
    "guards": ChangeClass.TARGET,
}
"""What a change of a key is that no value depends on; of any other such key it is cosmetic."""


@dataclass(frozen=True)
class MetricDifference:
    """How a metric differs: `before` is None where it is new, `after` where it is gone.

    `through` are the keys below it that moved.
    """

    before: Metric | None
    after: Metric | None
    classes: tuple[ChangeClass, ...]
    through: tuple[Path, ...] = ()

    @property
    def metric(self) -> Metric:
        """Return the metric as it stands now, or where it is gone as it stood."""
        metric = self.after or self.before
        assert metric is not None
        return metric


def in_order(classes: set[ChangeClass]) -> tuple[ChangeClass, ...]:
    """Return classes in the order of their weight."""
    return tuple(each for each in ChangeClass if each in classes)


def differences(base: Catalog, head: Catalog) -> tuple[MetricDifference, ...]:
    """Return how the metrics of two catalogs differ, by name; those that are the same have no class."""
    names = renames(base, head)
    old = followed(base, names)
    earlier = {after: before for before, after in names.items()}
    parts = whole(old), whole(head)
    shared = any(parts[0][key] != parts[1][key] for key in parts[0] if key != "metrics")
    others = {path[0] for path, _, _ in apart(parts[0]["metrics"], parts[1]["metrics"])}
    found = []
    for name in sorted({*old.metrics, *head.metrics}):
        before = base.metrics.get(earlier.get(name, name)) if name in old.metrics else None
        after = head.metrics.get(name)
        if before is None or after is None:
            gone = ChangeClass.ADDED if before is None else ChangeClass.REMOVED
            found.append(MetricDifference(before, after, (gone,)))
            continue
        through = tuple(_moved(old, head, name, parts)) if shared or others - {name} else ()
        classes = set(_said(old.metrics[name], after))
        classes |= {ChangeClass.UPSTREAM} if through else set()
        classes |= {ChangeClass.RENAMED} if name in earlier else set()
        found.append(MetricDifference(before, after, in_order(classes), through))
    return tuple(found)


def _said(before: Metric, after: Metric) -> Iterator[ChangeClass]:
    """Yield the classes of what a metric says itself."""
    if own_part(before) != own_part(after):
        yield ChangeClass.SEMANTIC
    for member in dataclasses.fields(Metric):
        counted = member.compare and not member.metadata.get("hashed", True)
        if counted and getattr(before, member.name) != getattr(after, member.name):
            yield _CLASSES.get(member.name, ChangeClass.COSMETIC)


def _moved(
    old: Catalog, head: Catalog, name: str, parts: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> Iterator[Path]:
    """Yield the keys below a metric that moved: what the old one rests on then and now."""
    among = dataclasses.replace(head, metrics=MappingProxyType({**head.metrics, name: old.metrics[name]}))
    before, after = ({**resolved(each, name), "metric": None} for each in (old, among))
    for path, _, _ in apart(before, after):
        # What is merely reached by now, or no longer, stands as it stood.
        if _at(parts[0], path) != _at(parts[1], path) and not _is_inherited(path, old, head):
            yield path


def _is_inherited(path: Path, old: Catalog, head: Catalog) -> bool:
    """Tell whether a calendar goes by another time zone because the company does, which is told by itself."""
    if path[:2] != ("company", "calendars") or path[3:] != ("timezone",):
        return False
    both = (each.company.calendars.get(path[2]) for each in (old, head))
    return all(each is not None and each.timezone is None for each in both)


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
