"""How old a metric's data may become before they are called old: as declared, else by how they usually move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.catalog.lineage import upstream
from metrics.grain import Span
from metrics.store.records import ADVANCES, DatasetHealth

USUAL_TIMES = 1.5
"""How many of the largest of its last advances a dataset may stand still."""


def longest_age(metric: str, catalog: Catalog) -> Span | None:
    """Return the least `freshness.warn` of all datasets behind a metric, or None where none has one."""
    spans = [warn for one in _behind(metric, catalog) if (warn := _declared(one)) is not None]
    return min(spans, key=lambda span: span.approximate_seconds, default=None)


def late_from(metric: str, catalog: Catalog, health: Mapping[str, DatasetHealth]) -> datetime | None:
    """Return when the first of the datasets behind a metric is later than usual; None where none can be judged.

    Those that declare `freshness.warn` are judged by that instead.
    """
    found = (
        usual_end(one, health[one.dataset], catalog)
        for one in _behind(metric, catalog)
        if one.dataset in health
    )
    return min((end for end in found if end is not None), default=None)


def usual_end(dataset: Dataset, health: DatasetHealth, catalog: Catalog) -> datetime | None:
    """Return when a dataset has stood still for longer than usual.

    None where it says itself how old it may be, and where there are fewer than ten advances to judge it by.

    A dataset that is complete up to a lag before now never shows less than that lag, which does not count.
    """
    if _declared(dataset) is not None or len(health.advances) < ADVANCES:
        return None
    still = timedelta(seconds=USUAL_TIMES * max(health.advances))
    lag = dataset.complete_through.lag if dataset.complete_through else None
    shown = lag.after(health.watermark, catalog.company.calendar.zone) if lag else health.watermark
    return shown + still


def is_old(
    metric: str, catalog: Catalog, watermark: datetime | None, late: datetime | None, now: datetime
) -> bool:
    """Tell whether a metric's data are old: older than declared, or than usual since `late`."""
    return any(end < now for end in _ends(metric, catalog, watermark, late))


def old_after(
    metric: str, catalog: Catalog, watermark: datetime | None, late: datetime | None, now: datetime
) -> datetime | None:
    """Return the last instant, from now on, up to which a metric's data are as old as they are called now.

    None where nothing but a refresh changes that any more.
    """
    return min((end for end in _ends(metric, catalog, watermark, late) if end >= now), default=None)


def _ends(
    metric: str, catalog: Catalog, watermark: datetime | None, late: datetime | None
) -> Iterator[datetime]:
    """Yield the instants after which data are old: by what is declared, and by how they usually move."""
    limit = longest_age(metric, catalog)
    if limit is not None and watermark is not None:
        yield limit.after(watermark, catalog.company.calendar.zone)
    if late is not None:
        yield late


def data_day(watermark: datetime | None, zone: ZoneInfo) -> date | None:
    """Return the last local day of which there are data: those up to midnight hold nothing of the next."""
    if watermark is None:
        return None
    return (watermark - timedelta(microseconds=1)).astimezone(zone).date()


def _behind(metric: str, catalog: Catalog) -> Iterator[Dataset]:
    return (catalog.datasets[name] for name in upstream(catalog, metric).datasets)


def _declared(dataset: Dataset) -> Span | None:
    return dataset.freshness.warn if dataset.freshness is not None else None
