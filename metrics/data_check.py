"""Check definitions against the data: connect to every source and say what does not fit.

Each module of `metrics.data_checks` is one rule: a `CODE`, a docstring whose first line says what it
finds, and `check(probe)` that yields findings; one with `LAST` runs after the others, and sees what they
found. A source that does not answer is one finding; its datasets are then left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.engine.planner import Planner
from metrics.engine.session import Session
from metrics.engine.watermarks import Extents
from metrics.errors import ExpressionError, ExtraMissing, Finding, Level, SourceError, sort_findings
from metrics.expressions.nodes import Name
from metrics.loading.loader import Places
from metrics.registry import discover
from metrics.source import ColumnSpec
from metrics.sql.rows import Rows
from metrics.sql.scope import Scope, Selectable


@dataclass(frozen=True)
class Probe:
    """What a rule works with: the definitions, where they stand, an open session, and how far its data reaches."""

    catalog: Catalog
    places: Places
    session: Session
    planner: Planner
    now: datetime
    found: list[Finding] = field(default_factory=list)

    @property
    def extents(self) -> Extents:
        """Return from when to when datasets reach; each is read once."""
        return self.planner.extents

    def columns(self, dataset: Dataset) -> Mapping[str, ColumnSpec] | None:
        """Return a table's or files' columns, None where they cannot be read (another rule says so)."""
        if dataset.union or dataset.source is None or dataset.source not in self.catalog.sources:
            return None
        try:
            return self.session.source(dataset.source).columns(dataset)
        except (SourceError, ExtraMissing):
            return None

    def readable(self) -> Iterator[Dataset]:
        """Yield the datasets whose rows, and those of all their lookups and parts, can be read."""
        for dataset in self.catalog.datasets.values():
            if self._readable(dataset, frozenset()):
                yield dataset

    def _readable(self, dataset: Dataset | None, seen: frozenset[str]) -> bool:
        if dataset is None:
            return False
        if dataset.dataset in seen:
            return True
        targets = [lookup.dataset for lookup in dataset.lookups.values()]
        targets += [part.dataset for part in dataset.union]
        own = bool(dataset.union) or self.columns(dataset) is not None
        below = seen | {dataset.dataset}
        return own and all(self._readable(self.catalog.datasets.get(name), below) for name in targets)

    def rows(self, dataset: Dataset) -> Rows:
        """Return a fresh use of a dataset."""
        return Rows(self.scope(dataset), dataset)

    def scope(self, dataset: Dataset) -> Scope:
        """Return a fresh scope on a dataset's source."""
        return self.session.scope(dataset.dataset)

    def count(self, dataset: Dataset, select: Selectable) -> int:
        """Run a select of one number."""
        return self.session.count(self.session.source_of(dataset.dataset), select)

    def failed_guards(self, code: str, dataset: Dataset, name: Name, *path: str) -> Iterator[Finding]:
        """Yield a finding for each guard that fails where an expression reads a name."""
        scope = self.scope(dataset)
        try:
            Rows(scope, dataset).value(name)
            for guard in scope.guards.values():
                found = self.session.broken(self.session.source_of(dataset.dataset), guard)
                if found.count:
                    yield self.finding(code, found.said(guard), "dataset", dataset.dataset, *path, key=True)
        except (ExpressionError, SourceError):
            # What cannot be compiled has a finding of its own.
            return

    def finding(self, code: str, message: str, kind: str, name: str, *path: str | int, offset: int = 0,
                key: bool = False, level: Level = Level.FAILURE) -> Finding:  # fmt: skip
        """Return a finding at a place of a definition."""
        return Finding(self.places(kind, name, *path, key=key, offset=offset), code, message, level)


def data_checks() -> dict[str, Any]:
    """Return every rule by name."""
    return discover("metrics.data_checks")


def check_data(catalog: Catalog, places: Places, root: Path, now: datetime) -> tuple[Finding, ...]:
    """Return what every rule finds in the data, failures and advice; never raise for a source."""
    found: list[Finding] = []
    with Session(catalog, root, now) as session:
        probe = Probe(catalog, places, session, Planner(session), now, found)
        for module in sorted(data_checks().values(), key=lambda module: getattr(module, "LAST", False)):
            found += module.check(probe)
    return sort_findings(found)
