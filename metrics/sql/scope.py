"""What a query is built in, and what must hold for its numbers to be true."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from metrics.catalog.catalog import Catalog
from metrics.source import Source

Selectable = sa.Select[Any]


@dataclass(frozen=True)
class Guard:
    """A select that must count 0, or the numbers built on it are wrong; `message` says why.

    It gives one line, or none for 0: the count and, where `key` names columns, the key of one such row. Where
    `unless` counts 0, so does this, and need not be asked.
    """

    name: str
    select: Selectable
    message: str
    key: tuple[str, ...] = ()
    unless: Guard | None = None


@dataclass(frozen=True)
class Broken:
    """How many rows a guard found that must not be, and the key of the first, if it says one."""

    count: int
    sample: tuple[object, ...] = ()

    def said(self, guard: Guard, *, private: bool = False) -> str:
        """Return what is wrong; the key of a private row stays unsaid."""
        message = f"{self.count} {guard.message}"
        if private or not self.sample:
            return message
        pairs = zip(guard.key, self.sample, strict=True)
        shown = (
            f"{name} = {value!r}" if isinstance(value, str) else f"{name} = {value}" for name, value in pairs
        )
        return f"{message}; the first has {', '.join(shown)}"


@dataclass(frozen=True)
class Sample:
    """A share of rows: those of as many of an entity, or as many rows where a dataset does not know it."""

    share: float
    entity: str | None = None


@dataclass
class Scope:
    """What a query is built in: the catalog, an open source, now, and a date that later rows hide behind.

    Under a `sample` a metric's own rows are a share of all; what is looked up for them is whole.
    """

    catalog: Catalog
    source: Source
    now: datetime
    as_of: datetime | None = None
    guards: dict[str, Guard] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    sample: Sample | None = None

    @property
    def zone(self) -> str:
        """Return the company's time zone."""
        return self.catalog.company.timezone

    @property
    def whole(self) -> Scope:
        """Return the same scope, in which no row is left out for a sample."""
        return replace(self, sample=None)

    def guard(self, name: str, select: Selectable, message: str) -> None:
        """Remember a guard, once."""
        self.guards.setdefault(name, Guard(name, select, message))
