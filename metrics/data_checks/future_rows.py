"""Rows are dated after now: they count nowhere until their time has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from metrics.catalog.dataset import Dataset
from metrics.catalog.dependencies import is_planned
from metrics.data_check import Probe
from metrics.data_checks._places import event_path
from metrics.dialect import Type, Value
from metrics.engine.watermarks import arrival_of, is_after, possible
from metrics.errors import Finding, Level, ScorecardError
from metrics.expressions.nodes import Expression
from metrics.sql.rows import event_time

CODE = "future-rows"

Path = tuple[str, ...]
# Clocks differ by a little, and rows come while the check runs.
_GRACE = timedelta(minutes=5)


def check(probe: Probe) -> Iterator[Finding]:
    """Yield advice for each time by which a dataset's rows lie after now, where it is not `planned`."""
    for dataset in probe.readable():
        for path, time, effect in _times(dataset):
            if is_planned(probe.catalog, dataset.dataset, time.node):
                continue
            try:
                found, last = _later(probe, dataset, time)
            except ScorecardError:
                # What cannot be compiled or read has a finding of its own.
                continue
            if found:
                rows, verb = ("1 row", "lies") if found == 1 else (f"{found:,} rows", "lie")
                such = f", the last on {last}" if last else ""
                message = f"{rows} {verb} after now{such}: {effect}"
                yield probe.finding(CODE, message, "dataset", dataset.dataset, *path, level=Level.ADVICE)


def _times(dataset: Dataset) -> Iterator[tuple[Path, Expression, str]]:
    """Yield a dataset's event time and what says until when it is complete, with their places."""
    event, arrival = event_time(dataset), arrival_of(dataset)
    if event is not None:
        cure = "correct the times, or declare `planned` what is known beforehand"
        yield event_path(dataset), event, f"not counted until then; {cure}"
    if arrival is not None and arrival != event:
        path = "complete_through" if dataset.complete_through else "loaded_at"
        yield (path,), arrival, "not taken for how far the rows reach; correct the clock or the zone"


def _later(probe: Probe, dataset: Dataset, time: Expression) -> tuple[int, str | None]:
    """Return how many rows lie after now, and the day of the last that a calendar holds."""
    calendar = probe.catalog.company.calendar
    rows = probe.rows(dataset)
    value = rows.value(time.node)
    inner = rows.select({"at": value.sql}).subquery()
    moment = Value(inner.c.at, value.type)
    now = probe.now if value.type is Type.DATE else probe.now + _GRACE
    later = is_after(moment, now, calendar)
    select: Any = sa.select(
        sa.func.count().filter(later).label("found"),
        sa.func.max(moment.sql).filter(sa.and_(later, possible(moment))).label("last"),
    )
    found = probe.session.fetch_one(probe.session.source_of(dataset.dataset), select)
    last = found["last"]
    day = calendar.local_day(last) if isinstance(last, datetime) else last
    return int(found["found"]), str(day) if day else None
