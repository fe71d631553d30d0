"""`scorecard keys`: create, list and revoke API keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from api.cli._output import console, emit_json, moment_text, natural_width, note
from api.cli._settings import Settings, json_option, pass_settings, project_option

if TYPE_CHECKING:
    from api.auth import Key, Keys

SCOPES = ("read", "metrics", "admin")


@click.group("keys")
@json_option
@project_option
def command() -> None:
    """Create, list and revoke the keys with which machines and people reach the server."""


@command.command("create")
@click.option("--name", required=True, help="Who uses the key.")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True,
              help="read: pages and API; metrics: /metrics alone; admin: everything. May be repeated.")  # fmt: skip
@click.option(
    "--expires", metavar="SPAN", help="How long the key is valid, such as 90d; for good by default."
)
@json_option
@project_option
@pass_settings
def create(settings: Settings, name: str, scopes: tuple[str, ...], expires: str | None) -> None:
    """Create a key and print it; it is never shown again."""
    from api.auth import Scope

    now = settings.key_now()
    until = _end(expires, now)
    with _keys(settings) as keys:
        key, text = keys.create(name, [Scope(scope) for scope in scopes], now, until)
    if settings.json:
        emit_json({"key": text} | _as_json(key, now))
    else:
        click.echo(text)
    valid = f"valid until {moment_text(until)}" if until else "valid until it is revoked"
    note(f"key {key.id} for {key.name}, {valid}; keep it now: it is not shown again")


@command.command("list")
@json_option
@project_option
@pass_settings
def listed(settings: Settings) -> None:
    """List all keys, without their secrets."""
    now = settings.key_now()
    with _keys(settings) as stored:
        keys = stored.list()
    if settings.json:
        emit_json([_as_json(key, now) for key in keys])
        return
    if not keys:
        note("there are no keys")
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("id", "name", "scopes", "created", "expires", "state"):
        table.add_column(title, no_wrap=True)
    for key in keys:
        expires = moment_text(key.expires_at) if key.expires_at else "never"
        scopes = ", ".join(sorted(key.scopes))
        table.add_row(key.id, key.name, scopes, moment_text(key.created_at), expires, _state(key, now))
    console(width=natural_width(table)).print(table)


@command.command("revoke")
@click.argument("key_id", metavar="ID")
@project_option
@pass_settings
def revoke(settings: Settings, key_id: str) -> None:
    """Revoke the key with this ID, from now on."""
    with _keys(settings) as keys:
        key = keys.revoke(key_id, settings.key_now())
    note(f"key {key.id} of {key.name} is revoked since {moment_text(key.revoked_at)}")


@contextmanager
def _keys(settings: Settings) -> Iterator[Keys]:
    from api.auth import Keys
    from api.project.project import DEFINITIONS, default_store_url
    from metrics.store.store import Store

    # Keys need no valid definitions, but a store must not appear in a folder that is no project.
    if not (settings.root / DEFINITIONS).is_dir():
        raise click.UsageError("no project is here: name its folder with --project")
    with Store.open(default_store_url(settings.root)) as store:
        yield Keys(store)


def _end(expires: str | None, now: datetime) -> datetime | None:
    from metrics.grain import Calendar, Span

    if expires is None:
        return None
    try:
        return Span.parse(expires).after(now, Calendar().zone)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--expires") from error


def _state(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "valid" if key.valid(now) else "expired"


def _as_json(key: Key, now: datetime) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        "state": _state(key, now),
    }
