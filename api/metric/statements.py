"""The SQL of a metric, for its page: the metric is computed live for it, once for each definition."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from api.project.project import Project
from metrics.errors import ScorecardError
from metrics.operations.explain import explain

_KEPT = 64
_PATIENCE = 2.0


@dataclass(frozen=True)
class Sql:
    """One select as its source got it."""

    source: str
    text: str


@dataclass(frozen=True)
class Statements:
    """The selects of one metric; `error` says why they ended early."""

    selects: tuple[Sql, ...]
    error: str | None = None


class StatementReader:
    """Find the SQL of metrics; one computation at a time, its answer kept while the definition holds."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = Lock()
        self._kept: OrderedDict[str, Statements] = OrderedDict()

    def __call__(self, project: Project, metric: str) -> Statements:
        """Return the selects that compute a metric; raise UnknownMetric."""
        key = project.hash_of(metric)
        held = self._kept.get(key)
        if held is not None:
            return held
        if not self._lock.acquire(timeout=_PATIENCE):
            return Statements((), "Another metric is being computed: try again in a moment.")
        try:
            found = _read(project, metric, self._now())
            if found.error is None:
                self._kept[key] = found
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return found
        finally:
            self._lock.release()


def _read(project: Project, metric: str, now: datetime) -> Statements:
    try:
        found = explain(project.catalog, project.root, metric, now)
    except ScorecardError as error:
        return Statements((), _words(error))
    selects = tuple(Sql(one.source, one.sql) for one in found.statements)
    return Statements(selects, _words(found.error) if found.error else None)


def _words(error: ScorecardError) -> str:
    # The cause may name hosts and paths; whoever may see those has the command line.
    return f"The metric could not be computed ({type(error).__name__}); `scorecard explain` says why."
