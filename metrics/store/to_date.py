"""What is to date, as the store keeps it: added where it says something new, the last written of a key holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, tuple_

from metrics.errors import StoreError
from metrics.grain import Grain, Period
from metrics.observation import FIGURES, FLOATS, Offset, State, ToDate
from metrics.store.records import Run
from metrics.store.tables import to_date
from metrics.store.versions import written_before

_KEY = tuple(to_date.c[name] for name in ("grain", "base_start", "offset"))


def add(connection: Connection, run: Run, found: Iterable[ToDate]) -> None:
    """Add, of what a run found, what is not said by the last written of its key; raise StoreError."""
    given = {each.key: each for each in found}
    for each in given.values():
        numbers = [getattr(each, name) for name in FLOATS]
        if not all(number is None or math.isfinite(number) for number in numbers):
            raise StoreError(f"metric {run.metric!r}: what is to date of {each.base.start} is not finite")
    if not given:
        return
    ours = (to_date.c.definition_hash == run.definition_hash, to_date.c.code_version == run.code_version)
    last = {each.key: each for each in newest(connection, to_date.c.metric == run.metric, *ours)}
    rows = [
        _row(run, each) for key, each in given.items() if key not in last or not each.same_result(last[key])
    ]
    if rows:
        connection.execute(insert(to_date), rows)


def newest(connection: Connection, *where: ColumnElement[bool]) -> list[ToDate]:
    """Return the last written of each key among those that meet the conditions."""
    last = select(func.max(to_date.c.id)).where(*where).group_by(*_KEY)
    found = select(to_date).where(to_date.c.id.in_(last)).order_by(to_date.c.id)
    return [_of(row) for row in connection.execute(found).mappings()]


def of_definitions(
    connection: Connection, hashes: Mapping[str, str], until: datetime | None = None
) -> dict[str, list[ToDate]]:
    """Return the last written of each key of many metrics, each by one definition; `hashes` are those, by metric.

    With an instant, what was written before it.
    """
    by = to_date.c.metric, to_date.c.definition_hash
    found: dict[str, list[ToDate]] = {name: [] for name in hashes}
    if hashes:
        ours = tuple_(*by).in_(list(hashes.items())), *written_before(to_date.c.computed_at, until)
        last = select(func.max(to_date.c.id)).where(*ours).group_by(*by, *_KEY)
        rows = select(to_date).where(to_date.c.id.in_(last)).order_by(to_date.c.id)
        for row in connection.execute(rows).mappings():
            found[row["metric"]].append(_of(row))
    return found


def known_before(metric: str, definition_hash: str | None, instant: datetime | None) -> list[Any]:
    """Return the conditions that a row is a metric's, of a definition, and was computed before an instant."""
    where = [to_date.c.metric == metric, to_date.c.definition_hash == definition_hash]
    return where if instant is None else [*where, to_date.c.computed_at < instant]


def _row(run: Run, found: ToDate) -> dict[str, Any]:
    # Numbers come from numpy and from DECIMAL columns too, which drivers refuse or write in their own way.
    numbers = {name: None if getattr(found, name) is None else float(getattr(found, name)) for name in FLOATS}
    return numbers | {
        "metric": run.metric,
        "definition_hash": run.definition_hash,
        "code_version": run.code_version,
        "grain": found.base.grain.value,
        "base_start": found.base.start,
        "base_end": found.base.end,
        "offset": found.offset.value,
        "period_start": found.period.start,
        "period_end": found.period.end,
        "days": found.days,
        "state": found.state.value,
        "sample_size": None if found.sample_size is None else int(found.sample_size),
        "computed_at": run.finished_at,
        "run": run.id,
    }


def _of(row: RowMapping) -> ToDate:
    grain = Grain(row["grain"])
    return ToDate(
        base=Period(grain, row["base_start"], row["base_end"]),
        offset=Offset(row["offset"]),
        period=Period(grain, row["period_start"], row["period_end"]),
        days=row["days"],
        state=State(row["state"]),
        **{name: row[name] for name in FIGURES},
    )
