"""The definitions that metrics were ever computed by; of each, the first that was seen stays."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, Row, RowMapping, func, insert, select, update

from metrics.store.database import writing
from metrics.store.records import Definition, DefinitionChange, Recounted
from metrics.store.tables import definitions, refreshes, runs
from metrics.store.versions import written_before


class Definitions:
    """The definitions of one store, those before `until` where that is given; every method is one transaction."""

    def __init__(self, engine: Engine, until: datetime | None = None) -> None:
        self._engine = engine
        self._until = until

    def remember(self, definition: Definition) -> None:
        """Keep a definition under its hash and metric; the first that was seen stays, but for how it reads."""
        row = asdict(definition)
        row["git_commit"] = row.pop("commit")
        with writing(self._engine, f"definition {definition.hash}") as connection:
            same = definitions.c.hash == definition.hash, definitions.c.metric == definition.metric
            shown = {"label": definition.label, "question": definition.question, "unit": definition.unit}
            known = connection.execute(select(*(definitions.c[name] for name in shown)).where(*same)).first()
            if known is None:
                connection.execute(insert(definitions), row)
            elif tuple(known) != tuple(shown.values()):
                connection.execute(update(definitions).where(*same).values(shown))

    def find(self, definition_hash: str, metric: str | None = None) -> Definition | None:
        """Return the definition under a hash, of a metric where one is named, or None."""
        known = select(definitions).where(definitions.c.hash == definition_hash)
        if metric is not None:
            known = known.where(definitions.c.metric == metric)
        with self._engine.connect() as connection:
            row = connection.execute(known.order_by(definitions.c.metric)).mappings().first()
        return None if row is None else _definition(row)

    def of(self, metric: str) -> tuple[Definition, ...]:
        """Return the definitions that a metric was ever computed by, the first seen first."""
        known = select(definitions).where(
            definitions.c.metric == metric, *written_before(definitions.c.first_seen, self._until)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(known.order_by(definitions.c.first_seen, definitions.c.hash)).mappings()
            return tuple(map(_definition, rows))

    def changes(self) -> tuple[DefinitionChange, ...]:
        """Return every definition but the first of each metric, by metric and then by when it was seen."""
        columns = definitions.c.metric, definitions.c.hash, definitions.c.first_seen
        known = select(*columns).where(*written_before(definitions.c.first_seen, self._until))
        seen = known.order_by(definitions.c.metric, definitions.c.first_seen, definitions.c.hash)
        with self._engine.connect() as connection:
            rows = [DefinitionChange(**row) for row in connection.execute(seen).mappings()]
        return tuple(
            change for _, known in groupby(rows, key=lambda row: row.metric) for change in list(known)[1:]
        )

    def recounted(self) -> dict[str, Recounted]:
        """Return the metrics whose stored values follow another definition than values before them, by name."""
        several = select(definitions.c.metric).group_by(definitions.c.metric).having(func.count() > 1)
        with self._engine.connect() as connection:
            names = connection.execute(several.order_by(definitions.c.metric)).scalars().all()
            found = [_recounted(connection, name, self._until) for name in names]
        return {one.metric: one for one in found if one is not None}


def _definition(row: RowMapping) -> Definition:
    fields = dict(row)
    return Definition(commit=fields.pop("git_commit"), **fields)


def _recounted(connection: Connection, metric: str, until: datetime | None) -> Recounted | None:
    good = runs.c.metric == metric, runs.c.outcome == "ok", *written_before(runs.c.finished_at, until)
    newest = select(runs).where(*good).order_by(runs.c.number.desc()).limit(1)
    now = connection.execute(newest).first()
    if now is None:
        return None
    before = connection.execute(newest.where(runs.c.definition_hash != now.definition_hash)).first()
    if before is None:
        return None
    later = select(runs).where(*good, runs.c.number > before.number).order_by(runs.c.number).limit(1)
    first = connection.execute(later).one()
    commit = _commit(connection, before, first)
    return Recounted(metric, before.definition_hash, now.definition_hash, first.started_at, commit)


def _commit(connection: Connection, before: Row[Any], first: Row[Any]) -> str | None:
    """Return the commit of the first run by a definition, where the last run by the other had another one."""
    at = select(refreshes.c.git_commit).order_by(refreshes.c.number).limit(1)
    seen = select(definitions.c.git_commit).where(
        definitions.c.hash == first.definition_hash,
        definitions.c.metric == first.metric,
        definitions.c.first_seen == first.started_at,
    )
    earlier, own = (
        connection.execute(at.where(refreshes.c.started_at == run.started_at)).scalar()
        for run in (before, first)
    )
    # A definition that comes back bears the commit of its first time.
    later: str | None = connection.execute(seen).scalar() or own
    return later if later != earlier else None
