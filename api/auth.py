"""API keys: who may read, scrape and refresh. Only a hash of the secret part is stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from metrics.errors import UsageError, suggest
from metrics.store.api_keys import StoredKey
from metrics.store.store import Store

MARK = "sc"
_PREFIX_BYTES = 5
_SECRET_BYTES = 24
_PREFIX = re.compile(rf"[0-9a-f]{{{2 * _PREFIX_BYTES}}}")


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
        self._stored = store.api_keys

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
        stored = StoredKey(key_id, _hash(secret), name.strip(), granted, now, expires_at)
        self._stored.add(stored)
        return _key(stored), f"{MARK}_{key_id}_{secret}"

    def list(self) -> tuple[Key, ...]:
        """Return every key, the oldest first, revoked and expired ones included."""
        return tuple(map(_key, self._stored.all()))

    def revoke(self, key_id: str, now: datetime) -> Key:
        """Revoke a key from now on; a key that is revoked already stays as it is.

        Raises:
            UnknownKey: no key has this prefix.
        """
        known = {key.id: key for key in self.list()}
        if key_id not in known:
            raise UnknownKey(key_id, known)
        self._stored.revoke(key_id, now)
        return next(key for key in self.list() if key.id == key_id)

    def check(self, text: str, now: datetime) -> Key | None:
        """Return the valid key that a text is, or None; the time taken does not tell which part is wrong."""
        mark, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        # Anything may be sent as a key, also what no database takes as a text.
        stored = self._stored.find(key_id) if _PREFIX.fullmatch(key_id) else None
        same = hmac.compare_digest(_hash(secret), stored.hash if stored is not None else _hash(""))
        if stored is None or mark != MARK or not secret or not same:
            return None
        key = _key(stored)
        return key if key.valid(now) else None

    def any_valid(self, now: datetime) -> bool:
        """Tell whether at least one key can be used now."""
        return any(key.valid(now) for key in self.list())


def _hash(secret: str) -> str:
    # The secret is 192 random bits, so a slow password hash would protect nothing more.
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(stored: StoredKey) -> Key:
    return Key(
        id=stored.id,
        name=stored.name,
        scopes=frozenset(Scope(scope) for scope in stored.scopes),
        created_at=stored.created_at,
        expires_at=stored.expires_at,
        revoked_at=stored.revoked_at,
    )
