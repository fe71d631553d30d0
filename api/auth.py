"""API keys: who may read, scrape and refresh. Only a hash of the secret part is stored."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update

from metrics.errors import UsageError, suggest
from metrics.store.store import Store
from metrics.store.tables import api_keys

MARK = "sc"
_PREFIX_BYTES = 5
_SECRET_BYTES = 24


class Scope(StrEnum):
    """What a key allows: reading pages and the API, scraping `/metrics`, or everything."""

    READ = "read"
    METRICS = "metrics"
    ADMIN = "admin"


class UnknownKey(UsageError):
    """No API key has this prefix."""

    def __init__(self, key_id: str, known: Iterable[str]) -> None:
        self.key_id = key_id
        super().__init__(f"no API key has the prefix {key_id!r}{suggest(key_id, known)}")


@dataclass(frozen=True)
class Key:
    """An API key as it is stored, without its secret; the instants are aware."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Tell whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def allows(self, scope: Scope) -> bool:
        """Tell whether the key covers a scope: admin covers all, read covers scraping too."""
        covering = {Scope.METRICS: {Scope.METRICS, Scope.READ}}.get(scope, {scope})
        return bool(self.scopes & (covering | {Scope.ADMIN}))


class Keys:
    """The API keys of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(
        self, name: str, scopes: Iterable[Scope], now: datetime, expires_at: datetime | None = None
    ) -> tuple[Key, str]:
        """Store a new key; return it and its text `sc_<prefix>_<secret>`, which is never shown again.

        Raises:
            UsageError: the key would have no name, no scope, or would have expired already.
        """
        granted = frozenset(scopes)
        if not name.strip():
            raise UsageError("an API key needs a name that says who uses it")
        if not granted:
            raise UsageError(f"an API key needs a scope: {', '.join(Scope)}")
        if expires_at is not None and expires_at <= now:
            raise UsageError(f"the API key would have expired at {expires_at.isoformat()}")
        key_id, secret = secrets.token_hex(_PREFIX_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        with self._store.writing("API keys") as connection:
            connection.execute(
                insert(api_keys).values(
                    id=key_id,
                    hash=_hash(secret),
                    name=name.strip(),
                    scopes=" ".join(sorted(granted)),
                    created_at=now,
                    expires_at=expires_at,
                    revoked_at=None,
                )
            )
        return Key(key_id, name.strip(), granted, now, expires_at), f"{MARK}_{key_id}_{secret}"

    def list(self) -> tuple[Key, ...]:
        """Return every key, the oldest first, revoked and expired ones included."""
        with self._store.engine.connect() as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
            return tuple(_key(row._mapping) for row in rows)

    def revoke(self, key_id: str, now: datetime) -> Key:
        """Revoke a key from now on; a key that is revoked already stays as it is.

        Raises:
            UnknownKey: no key has this prefix.
        """
        known = {key.id: key for key in self.list()}
        if key_id not in known:
            raise UnknownKey(key_id, known)
        with self._store.writing("API keys") as connection:
            connection.execute(
                update(api_keys)
                .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
        return next(key for key in self.list() if key.id == key_id)

    def check(self, text: str, now: datetime) -> Key | None:
        """Return the valid key that a text is, or None; the time taken does not tell which part is wrong."""
        mark, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        with self._store.engine.connect() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.id == key_id)).first()
        stored = row.hash if row is not None else _hash("")
        same = hmac.compare_digest(_hash(secret), stored)
        if row is None or mark != MARK or not secret or not same:
            return None
        key = _key(row._mapping)
        return key if key.valid(now) else None

    def any_valid(self, now: datetime) -> bool:
        """Tell whether at least one key can be used now."""
        return any(key.valid(now) for key in self.list())


def _hash(secret: str) -> str:
    # The secret is 192 random bits, so a slow password hash would protect nothing more.
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Any) -> Key:
    return Key(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"].split()),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
