from datetime import timedelta

import pytest
from sqlalchemy import select

from api.auth import Key, Keys, Scope, UnknownKey
from metrics.errors import UsageError
from metrics.store.store import Store
from metrics.store.tables import api_keys
from tests.api.northwind import NOW
from tests.store_engine import engine_of


@pytest.fixture
def keys():
    with Store.open("sqlite://") as store:
        yield Keys(store)


def test_a_new_key_is_known_by_its_text_alone(keys):
    key, text = keys.create("prometheus", [Scope.METRICS], NOW)
    assert text.startswith(f"sc_{key.id}_")
    assert keys.check(text, NOW) == key
    assert key == Key(key.id, "prometheus", frozenset({Scope.METRICS}), NOW)


def test_the_store_holds_no_secret():
    with Store.open("sqlite://") as store:
        _, text = Keys(store).create("reader", [Scope.READ], NOW)
        with engine_of(store).connect() as connection:
            row = connection.execute(select(api_keys)).one()
    secret = text.split("_", 2)[2]
    assert len(secret) >= 32
    assert secret not in str(tuple(row))
    assert len(row.hash) == 64


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text.replace("sc_", "xx_", 1),
        lambda text: text.rpartition("_")[0] + "_",
        lambda text: "sc_0000000000_" + text.split("_", 2)[2],
        lambda text: text.split("_", 2)[2],
        lambda text: "",
        lambda text: "sc__",
    ],
)
def test_anything_else_is_no_key(keys, change):
    _, text = keys.create("reader", [Scope.READ], NOW)
    assert keys.check(change(text), NOW) is None


def test_a_key_expires_at_its_instant(keys):
    end = NOW + timedelta(days=1)
    key, text = keys.create("reader", [Scope.READ], NOW, expires_at=end)
    assert keys.check(text, end - timedelta(microseconds=1)) == key
    assert keys.check(text, end) is None
    assert not keys.any_valid(end)


def test_a_revoked_key_stays_listed_and_opens_nothing(keys):
    key, text = keys.create("reader", [Scope.READ], NOW)
    later = NOW + timedelta(hours=1)
    assert keys.revoke(key.id, later).revoked_at == later
    assert keys.check(text, later) is None
    assert [one.id for one in keys.list()] == [key.id]
    assert not keys.any_valid(later)
    again = keys.revoke(key.id, later + timedelta(hours=1))
    assert again.revoked_at == later


def test_keys_are_listed_by_age(keys):
    second, _ = keys.create("second", [Scope.READ], NOW)
    first, _ = keys.create("first", [Scope.ADMIN], NOW - timedelta(days=1))
    assert [key.id for key in keys.list()] == [first.id, second.id]


def test_an_unknown_key_cannot_be_revoked(keys):
    with pytest.raises(UnknownKey) as caught:
        keys.revoke("nothing", NOW)
    assert str(caught.value) == "no API key has the prefix 'nothing'"


@pytest.mark.parametrize(
    ("name", "scopes", "expires", "message"),
    [
        (" ", [Scope.READ], None, "an API key needs a name that says who uses it"),
        ("a", [], None, "an API key needs a scope: read, metrics, admin"),
        ("a", [Scope.READ], NOW, "the API key would have expired at 2026-11-20T08:00:00+00:00"),
    ],
)
def test_a_useless_key_is_refused(keys, name, scopes, expires, message):
    with pytest.raises(UsageError) as caught:
        keys.create(name, scopes, NOW, expires_at=expires)
    assert str(caught.value) == message
    assert keys.list() == ()


@pytest.mark.parametrize(
    ("granted", "allowed"),
    [
        (Scope.READ, {Scope.READ, Scope.METRICS}),
        (Scope.METRICS, {Scope.METRICS}),
        (Scope.ADMIN, {Scope.READ, Scope.METRICS, Scope.ADMIN}),
    ],
)
def test_what_a_scope_allows(granted, allowed):
    key = Key("id", "name", frozenset({granted}), NOW)
    assert {scope for scope in Scope if key.allows(scope)} == allowed
