"""One run's open sources: the only place where they are asked, and where what they were asked is remembered.

A session lives for one run and opens each source once. It knows of no metric: what is asked of it is planned
elsewhere. A source that is waited for in vain is not waited for again. Sessions of two catalogs may stand on the
same connections, so that both see the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from metrics.catalog.catalog import Catalog
from metrics.columns import Columns
from metrics.engine.circuit_breaker import CircuitBreaker
from metrics.errors import ScorecardError, SourceError, SourceMissing
from metrics.file_roots import FileRoots
from metrics.source import Source, open_source
from metrics.sql.scope import Broken, Guard, Sample, Scope, Selectable


@dataclass(frozen=True)
class Statement:
    """A select that was run in a session; its SQL is only written out when somebody reads it."""

    source: str
    write: Callable[[], str] = field(repr=False)

    @property
    def sql(self) -> str:
        """Return the SQL as the engine got it, values in place."""
        return self.write()


class Connections:
    """The open sources of a run; what is read through them is what their `catalogs` say.

    The first catalog alone says where a source is, and where files may lie: what another one names besides is not
    there.
    """

    def __init__(self, root: Path, *catalogs: Catalog) -> None:
        self.roots = FileRoots(root, catalogs[0].roots)
        self.catalogs = catalogs
        self.circuit_breaker = CircuitBreaker()
        self._sources: dict[str, Source | ScorecardError] = {}

    def source(self, name: str) -> Source:
        """Return an open source; the error of one that cannot be opened, or was given up, is raised each time."""
        self.circuit_breaker.ask(name)
        if name not in self._sources:
            try:
                self._sources[name] = self._open(name)
            except ScorecardError as error:
                self._sources[name] = error
        found = self._sources[name]
        if isinstance(found, ScorecardError):
            raise found
        return found

    def _open(self, name: str) -> Source:
        known = self.catalogs[0].sources
        if name not in known:
            raise SourceMissing(name, "no such source is known to what the definitions are compared with")
        datasets = [each for catalog in self.catalogs for each in catalog.datasets.values()]
        return open_source(known[name], self.roots, [each for each in datasets if each.source == name])

    def close(self) -> None:
        """Release what was opened."""
        for source in self._sources.values():
            if isinstance(source, Source):
                source.close()


class Session:
    """One run over a catalog's sources. `now` is the run's clock, `as_of` hides what came later.

    `statements` are all selects that were run, in their order. Whoever meets an error of a source outside of
    `fetch` tells it to `circuit_breaker`. `connections` are those of another session, if it stands on them. Under a
    `sample` metrics are computed on a share of their rows.
    """

    def __init__(
        self,
        catalog: Catalog,
        root: Path,
        now: datetime,
        as_of: datetime | None = None,
        connections: Connections | None = None,
        sample: Sample | None = None,
    ) -> None:
        self.catalog = catalog
        self.root = root
        self.now = now
        self.as_of, self.sample = as_of, sample
        self.statements: list[Statement] = []
        self._own = connections is None
        self.connections = connections or Connections(root, catalog)
        self.circuit_breaker = self.connections.circuit_breaker

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        if self._own:
            self.connections.close()

    def source(self, name: str) -> Source:
        """Return an open source; the error of one that cannot be opened, or was given up, is raised each time."""
        return self.connections.source(name)

    def source_of(self, dataset: str) -> str:
        """Return the source of a dataset; a union is where its first part is."""
        found = self.catalog.datasets[dataset]
        if found.union:
            return self.source_of(found.union[0].dataset)
        assert found.source is not None
        return found.source

    def scope(self, dataset: str) -> Scope:
        """Return a fresh scope on the source of a dataset; raise what opening the source raises."""
        return Scope(
            self.catalog, self.source(self.source_of(dataset)), self.now, self.as_of, sample=self.sample
        )

    def fetch(self, source: str, select: Selectable | sa.CompoundSelect[Any]) -> Columns:
        """Run a select and remember it; raise SourceError, and what opening the source raises."""
        opened = self.source(source)
        self.statements.append(Statement(source, lambda: opened.compiled(select)))
        try:
            return opened.fetch(select)
        except SourceError as error:
            self.circuit_breaker.met(error)
            raise

    def fetch_one(self, source: str, select: Selectable | sa.CompoundSelect[Any]) -> Mapping[str, Any]:
        """Run a select of one row, and return it by column; raise what `fetch` raises."""
        return self.fetch(source, select).one()

    def broken(self, source: str, guard: Guard) -> Broken:
        """Return what a guard finds; raise what `fetch` raises."""
        found = self.fetch(source, guard.select)
        if not len(found):
            return Broken(0)
        count, *sample = next(found.rows())
        return Broken(int(count or 0), tuple(sample))

    def count(self, source: str, select: Selectable) -> int:
        """Run a select of one number, and return it, 0 where there is none; raise what `fetch` raises."""
        return int(self.fetch(source, select).scalar() or 0)
