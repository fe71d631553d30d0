"""Write to the terminal: results on stdout, everything else on stderr; colour for people alone."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from api.cli._visible import json_visible, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDEST = 100
NARROWEST = 80


def say(text: str) -> None:
    """Write a line of the result."""
    click.echo(visible(text))


def note(text: str) -> None:
    """Say something beside the result."""
    click.echo(visible(text), err=True)


def emit_json(value: Any) -> None:
    """Write a result as JSON."""
    click.echo(json_visible(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)))


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Return a console that has colours only on a terminal and where NO_COLOR is not set."""
    from api.cli._terminal import PlainConsole

    bare = bool(os.environ.get("NO_COLOR"))
    return PlainConsole(
        stderr=stderr, width=width, highlight=False, markup=False, emoji=False,
        color_system=None if bare else "auto", no_color=bare,
    )  # fmt: skip


def page_width() -> int:
    """Return how many columns a page of text may use: those of the terminal, from 80 to 100."""
    given = console()
    if not given.is_terminal and not os.environ.get("COLUMNS"):
        return WIDEST
    return max(NARROWEST, min(WIDEST, given.width))


def natural_width(table: Table) -> int:
    """Return how wide a table is when nothing in it is cut off."""
    return console(width=10_000).measure(table).maximum


def moment_text(moment: datetime | None) -> str:
    """Return an instant as people read it."""
    return "unknown" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def age_text(age: timedelta) -> str:
    """Return an age in the greatest unit that it fills: `3 days`, `1 hour`, `less than a minute`."""
    seconds = age.total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return counted(int(seconds // size), unit)
    return "less than a minute"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun: `1 metric`, `1,204 metrics`."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
