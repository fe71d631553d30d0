"""Until when a metric on a page has data, and whether they are old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from api.context import now
from api.project.project import Project
from metrics.store.store import DatasetHealth, Run
from scorecard.freshness import data_day, is_old, late_from


@dataclass(frozen=True)
class DataTo:
    """The last local day of which a metric has data, and whether that is longer ago than it should be."""

    day: date | None
    old: bool


def data_to(seen: Project, metric: str, success: Run | None, health: Mapping[str, DatasetHealth]) -> DataTo:
    """Return until when the values of a metric's last good run have data."""
    if success is None:
        return DataTo(None, False)
    late = late_from(metric, seen.catalog, health)
    day = data_day(success.watermark, seen.catalog.company.calendar.zone)
    return DataTo(day, is_old(metric, seen.catalog, success.watermark, late, now()))
