"""What a query is built in, and what must hold for its numbers to be true."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from metrics.catalog.catalog import Catalog
from metrics.source import Source

Selectable = sa.Select[Any]


@dataclass(frozen=True)
class Guard:
    """A select that must count 0, or the numbers built on it are wrong; `message` says why."""

    name: str
    select: Selectable
    message: str


@dataclass
class Scope:
    """What a query is built in: the catalog, an open source, now, and a date that later rows hide behind."""

    catalog: Catalog
    source: Source
    now: datetime
    as_of: datetime | None = None
    guards: dict[str, Guard] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @property
    def zone(self) -> str:
        """Return the company's time zone."""
        return self.catalog.company.timezone

    def guard(self, name: str, select: Selectable, message: str) -> None:
        """Remember a guard, once."""
        self.guards.setdefault(name, Guard(name, select, message))
