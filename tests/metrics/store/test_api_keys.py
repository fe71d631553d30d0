"""Rows of API keys: they are found again as they were added, and revoked once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from metrics.errors import StoreError
from metrics.store.api_keys import StoredKey
from metrics.store.store import Store
from tests.metrics.store.test_store import store, url  # noqa: F401  (fixtures)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
KEY = StoredKey("0a1b", "5e6f", "dashboards", frozenset({"read", "metrics"}), NOON)


def test_a_key_is_found_as_it_was_added(store: Store) -> None:  # noqa: F811
    ends = replace(KEY, id="ffff", expires_at=NOON + timedelta(days=90), created_at=NOON - timedelta(days=1))
    store.api_keys.add(KEY)
    store.api_keys.add(ends)
    assert store.api_keys.find("0a1b") == KEY
    assert store.api_keys.find("0a1") is None
    assert store.api_keys.all() == (ends, KEY)


def test_a_prefix_that_is_taken_is_refused(store: Store) -> None:  # noqa: F811
    store.api_keys.add(KEY)
    with pytest.raises(StoreError, match=r"(UNIQUE|unique)"):
        store.api_keys.add(replace(KEY, name="another"))
    assert store.api_keys.all() == (KEY,)


def test_a_key_is_revoked_once(store: Store) -> None:  # noqa: F811
    store.api_keys.add(KEY)
    store.api_keys.revoke("none", NOON)
    assert store.api_keys.find("0a1b") == KEY
    for hours in (1, 2):
        store.api_keys.revoke("0a1b", NOON + timedelta(hours=hours))
    assert store.api_keys.find("0a1b") == replace(KEY, revoked_at=NOON + timedelta(hours=1))
