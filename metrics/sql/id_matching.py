"""How rows were given to entities: by the rows' own id, or through a crosswalk that may not know it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.catalog import Catalog
from metrics.expressions.nodes import Name
from metrics.sql.rows import Rows
from metrics.sql.scope import Selectable


@dataclass(frozen=True)
class Match:
    """How the rows of a dataset were given to an entity; counts are None where they could not be made.

    `system` is None where the rows' own id is the entity's. Of `rows`, `unmatched` have an id that the
    crosswalk does not know, and `without_id` have none: neither belong to anybody.
    """

    dataset: str
    entity: str
    system: str | None
    method: str
    rows: int | None = None
    unmatched: int | None = None
    without_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return how rows were matched and how many were not, as plain JSON values."""
        counts = {"rows": self.rows, "unmatched": self.unmatched, "without_id": self.without_id}
        return {"method": self.method, **counts}


def match_of(catalog: Catalog, dataset: str, entity: str, counts: Mapping[str, Any] | None = None) -> Match:
    """Return how a dataset's rows are given to an entity, with the counts of `matched` where there are any."""
    declared, identity = catalog.datasets[dataset].entities[entity], catalog.identities.get(entity)
    known = {name: int(counts[name] or 0) for name in ("rows", "unmatched", "without_id")} if counts else {}
    if identity is None or declared.system is None:
        text = declared.id.text
        method = f"column {text}" if isinstance(declared.id.node, Name) else f"expression {text}"
        return Match(dataset, entity, None, method, **known)
    method = f"crosswalk {identity.crosswalk.dataset} by {declared.system}"
    return Match(dataset, entity, declared.system, method, **known)


def matched(rows: Rows, entity: str, where: Iterable[ColumnElement[bool]] = ()) -> Selectable:
    """Return the select of one line that counts rows, those with an unknown id and those without one."""
    own = rows.value(rows.dataset.entities[entity].id.node).sql
    found = rows.select({"own": own, "entity": rows.entity(entity)}, where).subquery()
    lost = sa.and_(found.c.own.is_not(None), found.c.entity.is_(None))
    counts: list[ColumnElement[Any]] = [
        sa.func.count().label("rows"),
        sa.func.count().filter(lost).label("unmatched"),
        sa.func.count().filter(found.c.own.is_(None)).label("without_id"),
    ]
    return sa.select(*counts).select_from(found)
