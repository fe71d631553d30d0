"""Rows are dated before the year 1000, which no calendar here holds: they lie in no period."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from metrics.data_check import Probe
from metrics.data_checks._places import event_path
from metrics.data_checks._samples import shown
from metrics.dialect import Value
from metrics.engine.watermarks import is_before
from metrics.errors import Finding, Level, ScorecardError
from metrics.sql.rows import event_time

CODE = "ancient-rows"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield advice for each dataset with rows whose time is "never", BC or mistyped."""
    for dataset in probe.readable():
        event = event_time(dataset)
        if event is None:
            continue
        try:
            rows = probe.rows(dataset)
            value = rows.value(event.node)
            key = {"key": sa.cast(rows.key()[0], sa.Text())} if dataset.key else {}
            inner = rows.select({"at": value.sql, **key}).subquery()
            early = is_before(Value(inner.c.at, value.type))
            such = [sa.func.min(inner.c.key).filter(early).label("key")] if key else []
            select: Any = sa.select(sa.func.count().filter(early).label("found"), *such)
            found = probe.session.fetch_one(probe.session.source_of(dataset.dataset), select)
        except ScorecardError:
            # What cannot be compiled or read has a finding of its own.
            continue
        if found["found"]:
            rows_ = "1 row lies" if found["found"] == 1 else f"{found['found']:,} rows lie"
            first = f", such as {dataset.key[0]} {shown(found['key'])}" if key else ""
            message = (
                f"{rows_} before the year 1000{first}: in no period, and counted by the grain all alone; "
                "correct the times at their source, or leave them out by `exclude`"
            )
            yield probe.finding(
                CODE, message, "dataset", dataset.dataset, *event_path(dataset), level=Level.ADVICE
            )
