"""What refreshes were scored by: opaque JSON texts under the hash of their content, each kept once."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, Engine, func, insert, select

from metrics.store.records import ScoringUse
from metrics.store.tables import refreshes, scorings
from metrics.store.versions import written_before


def scoring_hash(record: str) -> str:
    """Return what a record is kept under: the SHA-256 of its text."""
    return hashlib.sha256(record.encode()).hexdigest()


def keep_scoring(connection: Connection, record: str | None, at: datetime) -> str | None:
    """Keep a record where it is new, and return its hash."""
    if record is None:
        return None
    hashed = scoring_hash(record)
    if connection.execute(select(scorings.c.hash).where(scorings.c.hash == hashed)).first() is None:
        connection.execute(insert(scorings), {"hash": hashed, "record": record, "first_seen": at})
    return hashed


class Scorings:
    """The records of one store, and which refreshes, before `until` where that is given, went by them."""

    def __init__(self, engine: Engine, until: datetime | None = None) -> None:
        self._engine = engine
        self._until = until

    def find(self, hashed: str) -> str | None:
        """Return the record under a hash, or None."""
        with self._engine.connect() as connection:
            found: str | None = connection.execute(
                select(scorings.c.record).where(scorings.c.hash == hashed)
            ).scalar()
        return found

    def uses(self, since: datetime) -> tuple[ScoringUse, ...]:
        """Return the records that refreshes from an instant on went by, the last used first."""
        columns = refreshes.c.number, refreshes.c.started_at, refreshes.c.git_commit
        known = written_before(refreshes.c.finished_at, self._until)
        last = func.max(refreshes.c.number).label("last")
        used = select(refreshes.c.scoring, last).where(
            refreshes.c.scoring.is_not(None), refreshes.c.started_at >= since, *known
        )
        following = select(*columns).where(*known).order_by(refreshes.c.number).limit(1)
        found = []
        with self._engine.connect() as connection:
            for hashed, number in connection.execute(
                used.group_by(refreshes.c.scoring).order_by(last.desc())
            ):
                own = connection.execute(following.where(refreshes.c.number == number)).one()
                later = connection.execute(following.where(refreshes.c.number > number)).first()
                commit = later.git_commit if later and later.git_commit != own.git_commit else None
                use = ScoringUse(hashed, own.started_at, later.started_at if later else None, commit)
                found.append(use)
        return tuple(found)
