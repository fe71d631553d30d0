"""How far a store has come, in one row that is cheap to read."""

from __future__ import annotations

from sqlalchemy import func, select

from metrics.store.tables import datasets, definitions, refreshes, runs, scorings, sources

Revision = tuple[object, ...]

# Numbers come again in a store that was restored and went on from there; the id of a run never does.
_LAST_RUN = select(runs.c.id).order_by(runs.c.number.desc()).limit(1)
_LAST_REFRESH = select(refreshes.c.finished_at).order_by(refreshes.c.number.desc()).limit(1)

REVISION = select(
    *(
        found.scalar_subquery()
        for found in (
            _LAST_RUN,
            _LAST_REFRESH,
            select(func.max(refreshes.c.number)),
            select(func.max(datasets.c.read_at)),
            select(func.max(sources.c.checked_at)),
            *(
                select(func.count()).select_from(table)
                for table in (datasets, sources, definitions, scorings)
            ),
        )
    )
)
"""What a refresh writes last, and when sources and datasets were last read."""
