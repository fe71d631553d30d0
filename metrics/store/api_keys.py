"""The rows of API keys, which change: a key is revoked. What a key is and allows is said by whoever asks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, RowMapping, insert, select, update

from metrics.store.database import writing
from metrics.store.tables import api_keys

_WRITING = "API keys"


@dataclass(frozen=True)
class StoredKey:
    """An API key's row: its public prefix, the hash of its secret, who uses it and what for; aware instants.

    No scope holds a space.
    """

    id: str
    hash: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class ApiKeys:
    """The API keys of one store; every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, key: StoredKey) -> None:
        """Add a key; raise StoreError where its prefix is taken."""
        with writing(self._engine, _WRITING) as connection:
            connection.execute(insert(api_keys), _row(key))

    def all(self) -> tuple[StoredKey, ...]:
        """Return every key, the oldest first."""
        by_age = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
        with self._engine.connect() as connection:
            return tuple(map(_key, connection.execute(by_age).mappings()))

    def find(self, key_id: str) -> StoredKey | None:
        """Return the key with a prefix, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.id == key_id)).mappings().first()
        return None if row is None else _key(row)

    def rewrite(self) -> None:
        """Write every key as it is, which fails where nothing can be written."""
        with writing(self._engine, _WRITING) as connection:
            connection.execute(update(api_keys).values(name=api_keys.c.name))

    def revoke(self, key_id: str, at: datetime) -> None:
        """Mark a key as revoked at an instant; one that is revoked already, or is not there, stays as it is."""
        standing = api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)
        with writing(self._engine, _WRITING) as connection:
            connection.execute(update(api_keys).where(*standing).values(revoked_at=at))


def _row(key: StoredKey) -> dict[str, Any]:
    return asdict(key) | {"scopes": " ".join(sorted(key.scopes))}


def _key(row: RowMapping) -> StoredKey:
    return StoredKey(**{**row, "scopes": frozenset(row["scopes"].split())})
