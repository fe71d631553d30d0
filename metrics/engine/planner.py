"""Many metrics become few scans: plan what is asked, run it on the sources, finish each metric.

A session lives for one run. It opens each source once, reads each dataset's extent once, runs each guard
once, and merges scans that read the same rows. What fails fails alone: an error belongs to one metric. A
source that is waited for in vain is not waited for again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.catalog.walk import inputs
from metrics.columns import Columns
from metrics.engine.cardinality import check_limits
from metrics.engine.circuit_breaker import CircuitBreaker
from metrics.engine.schedule import NOTHING, MetricRequest, batches, request_for, with_inputs
from metrics.engine.suppression import suppress
from metrics.engine.watermarks import Extents
from metrics.errors import ComputationError, ExpressionError, ScorecardError, SourceError
from metrics.frame import Frame, Inputs
from metrics.grain import NO_SPAN, Grain, Span
from metrics.kind import KindQuery, Request, kind_of
from metrics.observation import Estimate
from metrics.source import Source, open_source
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Scan
from metrics.sql.scan_query import ScanQuery
from metrics.sql.scope import Guard, Scope, Selectable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Statement:
    """A select that was run in a session; its SQL is only written out when somebody reads it."""

    source: str
    write: Callable[[], str] = field(repr=False)

    @property
    def sql(self) -> str:
        """Return the SQL as the engine got it, values in place."""
        return self.write()


@dataclass(frozen=True)
class Outcome:
    """What a run found for one metric: its estimates, or the error that it failed with.

    `beside` is what its kind publishes beside them, as plain JSON values; nothing of a private metric.
    """

    metric: str
    ask: MetricRequest
    estimates: tuple[Estimate, ...] = ()
    watermark: datetime | None = None
    error: ScorecardError | None = None
    seconds: float = 0.0
    sources: tuple[str, ...] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)


def covering(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose first rows say from when a metric is covered."""
    module = kind_of(metric)
    found: tuple[Reference, ...] = (module.covering if hasattr(module, "covering") else module.bases)(metric)
    return found


@dataclass
class _Plan:
    """A metric on its way: what it asks of which source, in which frame."""

    metric: Metric
    ask: MetricRequest
    frame: Frame
    requests: Mapping[str, Request] = field(default_factory=dict)
    guards: tuple[tuple[str, Guard], ...] = ()
    sources: tuple[str, ...] = ()


class Session:
    """One run over a catalog's sources. `now` is the run's clock, `as_of` hides what came later."""

    def __init__(self, catalog: Catalog, root: Path, now: datetime, as_of: datetime | None = None) -> None:
        self.catalog = catalog
        self.root = root
        self.now = now
        self.as_of = as_of
        self.statements: list[Statement] = []
        self._sources: dict[str, Source | ScorecardError] = {}
        self._patience = CircuitBreaker()
        self.extents = Extents(self)
        self._guards: dict[tuple[str, str], int] = {}
        # Metrics share a scan only up to the same watermark.
        self._merged: dict[tuple[str, object, datetime | None], Scan] = {}
        self._cells: dict[tuple[str, Scan, datetime | None], dict[Any, Any] | ScorecardError] = {}

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        for source in self._sources.values():
            if isinstance(source, Source):
                source.close()

    # -- sources ----------------------------------------------------------------------------------

    def source(self, name: str) -> Source:
        """Return an open source; the error of one that cannot be opened, or was given up, is raised each time."""
        self._patience.ask(name)
        if name not in self._sources:
            datasets = [each for each in self.catalog.datasets.values() if each.source == name]
            try:
                self._sources[name] = open_source(self.catalog.sources[name], self.root, datasets)
            except ScorecardError as error:
                self._sources[name] = error
        found = self._sources[name]
        if isinstance(found, ScorecardError):
            raise found
        return found

    def source_of(self, dataset: str) -> str:
        """Return the source of a dataset; a union is where its first part is."""
        found = self.catalog.datasets[dataset]
        if found.union:
            return self.source_of(found.union[0].dataset)
        assert found.source is not None
        return found.source

    def scope(self, dataset: str) -> Scope:
        """Return a fresh scope on the source of a dataset."""
        return Scope(self.catalog, self.source(self.source_of(dataset)), self.now, self.as_of)

    def fetch(self, source: str, select: Selectable | sa.CompoundSelect[Any]) -> Columns:
        """Run a select and remember it."""
        opened = self.source(source)
        self.statements.append(Statement(source, lambda: opened.compiled(select)))
        try:
            return opened.fetch(select)
        except SourceError as error:
            self._patience.met(error)
            raise

    def sources_of(self, metric: str) -> tuple[str, ...]:
        """Return the sources that a metric reads itself, without those of its inputs."""
        bases = kind_of(self.catalog.metric(metric)).bases(self.catalog.metric(metric))
        return tuple(dict.fromkeys(self.source_of(base.dataset) for base in bases))

    def watermark(self, name: str) -> datetime | None:
        """Return until when a metric's data is complete now; raise what planning it raises."""
        below = [self.watermark(each) for each in inputs(self.catalog.metric(name))]
        own = self._plan(request_for(self.catalog.metric(name))).frame.watermark
        return min((mark for mark in (*below, own) if mark is not None), default=None)

    # -- computing ----------------------------------------------------------------------------------

    def compute(
        self, asks: Iterable[MetricRequest], doubtful: Mapping[str, float] = NOTHING
    ) -> Iterator[Outcome]:
        """Yield one outcome per metric that is asked for or needed, inputs first.

        `doubtful` are metrics that may be waited for in vain, with the seconds that they were waited for
        last: they come after all others.
        """
        ordered = {ask.metric: ask for ask in with_inputs(self.catalog, asks)}
        done: dict[str, Outcome] = {}
        for names in batches(self.catalog, ordered, doubtful):
            yield from self._together([ordered[name] for name in names], done)

    def _together(self, asks: Sequence[MetricRequest], done: dict[str, Outcome]) -> Iterator[Outcome]:
        """Plan metrics, merge their scans, and compute one after the other."""
        plans: dict[str, _Plan | ScorecardError] = {}
        spent: dict[str, float] = {}
        for ask in asks:
            started = time.perf_counter()
            try:
                planned = self._plan(ask)
                # Before scans merge: a join that adds rows would add them to everybody's.
                self._hold(ask.metric, planned.guards)
                plans[ask.metric] = planned
            except Exception as error:  # whatever one metric meets stops no other
                plans[ask.metric] = self._failure(ask.metric, error)
            spent[ask.metric] = time.perf_counter() - started
        self._merge([plan for plan in plans.values() if isinstance(plan, _Plan)])
        for ask in asks:
            started = time.perf_counter()
            plan = plans[ask.metric]
            outcome = (
                Outcome(ask.metric, ask, error=plan, sources=self.sources_of(ask.metric))
                if isinstance(plan, ScorecardError)
                else self._attempt(plan, done)
            )
            seconds = spent[ask.metric] + time.perf_counter() - started
            done[ask.metric] = replace(outcome, seconds=seconds)
            yield done[ask.metric]

    def _failure(self, metric: str, error: Exception) -> ScorecardError:
        """Return an error as one of a metric; what a source is to blame for is remembered."""
        self._patience.met(error)
        return owned(metric, error)

    def _plan(self, ask: MetricRequest) -> _Plan:
        metric = self.catalog.metric(ask.metric)
        kind = kind_of(metric)
        bases: tuple[Reference, ...] = kind.bases(metric)
        frame = Frame(self.catalog, ask.grains, ask.cuts)
        if not bases:
            return _Plan(metric, ask, frame)
        # A first pass finds which datasets are used; only then is it known until when data is complete.
        used, guards = self._probe(kind.requests(metric, frame))
        frame = replace(
            frame,
            watermark=self.extents.watermark(bases, used),
            first=self.extents.first(covering(metric)),
            settle=max((self.catalog.datasets[name].settle for name in used), key=_length, default=NO_SPAN),
        )
        requests = kind.requests(metric, frame)
        return _Plan(metric, ask, frame, requests, guards, self.sources_of(metric.metric))

    def _probe(self, requests: Mapping[str, Request]) -> tuple[set[str], tuple[tuple[str, Guard], ...]]:
        used: set[str] = set()
        guards: list[tuple[str, Guard]] = []
        for request in requests.values():
            dataset = request.dataset if isinstance(request, Scan) else request.source_dataset()
            scope = self.scope(dataset)
            self._selects(request, scope, TimeFrame(self.catalog.company.calendar, {}, self.now))
            used |= scope.used
            guards += [(self.source_of(dataset), guard) for guard in scope.guards.values()]
        return used, tuple(guards)

    @staticmethod
    def _selects(
        request: Request, scope: Scope, when: TimeFrame
    ) -> list[tuple[tuple[Grain, ...], Selectable]]:
        if isinstance(request, Scan):
            return ScanQuery(request, scope, when).selects()
        return request.selects(scope, when)

    def _merge(self, plans: Iterable[_Plan]) -> None:
        # Of those that are computed together alone: nobody's scan reads more for those before or after.
        self._merged = {}
        for plan in plans:
            for request in plan.requests.values():
                if isinstance(request, Scan) and not request.by_period:
                    key = (self.source_of(request.dataset), request.merge_key, plan.frame.watermark)
                    known = self._merged.get(key)
                    self._merged[key] = known.merged(request) if known else request

    def _attempt(self, plan: _Plan, done: Mapping[str, Outcome]) -> Outcome:
        metric, kind = plan.metric, kind_of(plan.metric)
        try:
            frame, watermark = plan.frame, plan.frame.watermark
            if inputs(metric):
                frame = replace(frame, inputs=_inputs(metric, done))
                marks = [done[name].watermark for name in inputs(metric)]
                watermark = min((mark for mark in marks if mark is not None), default=None)
            results = {name: self._answer(plan, request) for name, request in plan.requests.items()}
            estimates = suppress(metric, self.catalog.company, kind.finish(metric, frame, results))
            beside = (
                {} if metric.private or not hasattr(kind, "beside") else kind.beside(metric, frame, results)
            )
            check_limits(metric, estimates)
        except Exception as error:  # whatever one metric meets stops no other
            failure = self._failure(metric.metric, error)
            return Outcome(metric.metric, plan.ask, error=failure, sources=plan.sources)
        return Outcome(metric.metric, plan.ask, estimates, watermark, sources=plan.sources, beside=beside)

    def _hold(self, metric: str, guards: Iterable[tuple[str, Guard]]) -> None:
        for source, guard in guards:
            key = (source, guard.name)
            if key not in self._guards:
                self._guards[key] = int(self.fetch(source, guard.select).scalar())
            if self._guards[key]:
                raise ComputationError(metric, f"{self._guards[key]} {guard.message}")

    def _answer(self, plan: _Plan, request: Request) -> Any:
        if not isinstance(request, Scan):
            return self._own(plan, request)
        source = self.source_of(request.dataset)
        merged = self._merged.get((source, request.merge_key, plan.frame.watermark), request)
        try:
            return self._scan(source, merged, plan.frame)
        except SourceError as error:
            if merged == request or error.transient:
                raise
            # Somebody else's expression may have failed the shared scan: try this metric's alone.
            return self._scan(source, request, plan.frame)

    def _when(self, frame: Frame) -> TimeFrame:
        return TimeFrame(frame.calendar, frame.all_periods(), frame.watermark)

    def _scan(self, source: str, scan: Scan, frame: Frame) -> Any:
        if scan.by_period:
            return self._read_scan(source, scan, frame)
        key = (source, scan, frame.watermark)
        if key not in self._cells:
            try:
                self._cells[key] = self._read_scan(source, scan, frame)
            except ScorecardError as error:
                # Whoever shares the scan meets the same error without waiting for it again.
                self._cells[key] = error
        found = self._cells[key]
        if isinstance(found, ScorecardError):
            raise found
        return found

    def _read_scan(self, source: str, scan: Scan, frame: Frame) -> dict[Any, Any]:
        query = ScanQuery(scan, self.scope(scan.dataset), self._when(frame))
        cells: dict[Any, Any] = {}
        for grains, select in query.selects():
            cells |= query.cells(self.fetch(source, select), grains)
        return cells

    def _own(self, plan: _Plan, query: KindQuery) -> Any:
        dataset = query.source_dataset()
        source = self.source_of(dataset)
        selects = query.selects(self.scope(dataset), self._when(plan.frame))
        return query.read([(grains, self.fetch(source, select)) for grains, select in selects])


def _inputs(metric: Metric, done: Mapping[str, Outcome]) -> Inputs:
    for name in inputs(metric):
        error = done[name].error
        if error is not None:
            raise ComputationError(metric.metric, f"its input {name!r} failed: {error}")
    return {name: {each.key: each for each in done[name].estimates} for name in inputs(metric)}


def owned(metric: str, error: Exception) -> ScorecardError:
    """Return an error as one of this metric; a fault of the program itself is logged with its trace."""
    if isinstance(error, ExpressionError):
        return ComputationError(metric, error.message)
    if isinstance(error, ScorecardError):
        return error
    log.error("metric %s", metric, exc_info=error)
    return ComputationError(metric, f"an error in this program: {type(error).__name__}: {error}")


def _length(span: Span) -> float:
    return span.approximate_seconds
