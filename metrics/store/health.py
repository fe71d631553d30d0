"""How sources and datasets stand: what holds now, and of datasets what held at any time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update

from metrics.store.records import DatasetHealth, SourceHealth
from metrics.store.tables import dataset_marks, datasets, sources

_COLUMNS = tuple(DatasetHealth.__dataclass_fields__)


def keep_source(connection: Connection, health: SourceHealth) -> None:
    """Keep what is now known of a source; while it is down, its last success and watermark stay."""
    same = sources.c.source == health.source
    old = connection.execute(select(sources).where(same)).mappings().one_or_none()
    if old is None:
        connection.execute(insert(sources), asdict(health))
        return
    if not health.up:
        success = health.last_success or old["last_success"]
        health = replace(health, last_success=success, watermark=health.watermark or old["watermark"])
    connection.execute(update(sources).where(same).values(asdict(health)))


def keep_datasets(connection: Connection, given: Iterable[DatasetHealth]) -> None:
    """Keep until when datasets are complete and how far that moved on, and each move for good."""
    found = tuple(given)
    same = datasets.c.dataset.in_([each.dataset for each in found])
    held = _read(connection, datasets, same)
    now = {each.dataset: each.after(held.get(each.dataset, each)) for each in found}
    connection.execute(delete(datasets).where(same))
    connection.execute(insert(datasets), [asdict(each) for each in now.values()])
    moved = [asdict(each) for name, each in now.items() if not each.same_mark(held.get(name))]
    if moved:
        connection.execute(insert(dataset_marks), moved)


def dataset_health(connection: Connection, until: datetime | None = None) -> dict[str, DatasetHealth]:
    """Return what is known of each dataset that has a watermark of its own, or was known before an instant."""
    if until is None:
        return _read(connection, datasets)
    marks = select(func.max(dataset_marks.c.id)).where(dataset_marks.c.read_at < until)
    return _read(connection, dataset_marks, dataset_marks.c.id.in_(marks.group_by(dataset_marks.c.dataset)))


def _read(connection: Connection, table: Table, *where: ColumnElement[bool]) -> dict[str, DatasetHealth]:
    wanted = select(*(table.c[name] for name in _COLUMNS)).where(*where).order_by(table.c.dataset)
    rows = connection.execute(wanted).mappings()
    return {row["dataset"]: DatasetHealth(**{**row, "advances": row["advances"] or ()}) for row in rows}
