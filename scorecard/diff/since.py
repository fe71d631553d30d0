"""From when on a changed definition holds: from the first row on, or from a day, before which history stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from metrics.catalog.catalog import Catalog
from metrics.catalog.dated import changed
from metrics.catalog.diff import ChangeClass, MetricDifference


def holds_from(found: MetricDifference, base: Catalog, head: Catalog) -> date | None:
    """Return the first day whose events are counted otherwise; None where all of history is."""
    if ChangeClass.SEMANTIC in found.classes or not found.through:
        return None
    days = [*_days(found, base, head)]
    return min((day for day in days if day is not None), default=None) if None not in days else None


def _days(found: MetricDifference, base: Catalog, head: Catalog) -> Iterator[date | None]:
    for path in found.through:
        if len(path) != 4 or (path[0], path[2]) != ("datasets", "conditions"):
            yield None
            continue
        _, dataset, _, name = path
        before, after = (each.datasets[dataset].conditions.get(name) for each in (base, head))
        change = changed(before, after) if before is not None and after is not None else None
        yield None if change is None else change.since
