"""The definitions that metrics were ever computed by; of each, the first that was seen stays."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby

from sqlalchemy import Engine, insert, select

from metrics.store.database import writing
from metrics.store.records import Definition, DefinitionChange
from metrics.store.tables import definitions


class Definitions:
    """The definitions of one store; every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def remember(self, definition: Definition) -> None:
        """Keep a definition under its hash and metric; the first that was seen stays."""
        row = asdict(definition)
        row["git_commit"] = row.pop("commit")
        with writing(self._engine, f"definition {definition.hash}") as connection:
            known = select(definitions.c.hash).where(
                definitions.c.hash == definition.hash, definitions.c.metric == definition.metric
            )
            if connection.execute(known).first() is None:
                connection.execute(insert(definitions), row)

    def find(self, definition_hash: str) -> Definition | None:
        """Return the definition under a hash, or None."""
        known = select(definitions).where(definitions.c.hash == definition_hash)
        with self._engine.connect() as connection:
            row = connection.execute(known.order_by(definitions.c.metric)).mappings().first()
        if row is None:
            return None
        fields = dict(row)
        return Definition(commit=fields.pop("git_commit"), **fields)

    def changes(self) -> tuple[DefinitionChange, ...]:
        """Return every definition but the first of each metric, by metric and then by when it was seen."""
        columns = definitions.c.metric, definitions.c.hash, definitions.c.first_seen
        seen = select(*columns).order_by(definitions.c.metric, definitions.c.first_seen, definitions.c.hash)
        with self._engine.connect() as connection:
            rows = [DefinitionChange(**row) for row in connection.execute(seen).mappings()]
        return tuple(
            change for _, known in groupby(rows, key=lambda row: row.metric) for change in list(known)[1:]
        )
