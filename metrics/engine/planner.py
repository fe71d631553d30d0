"""Many metrics become few scans: plan what is asked, answer it from the sources, finish each metric.

    with Session(catalog, root, now) as session:
        planner = Planner(session)
        [plan] = planner.plan([request])  # until when data is complete, what must hold, shared scans
        results = planner.answer(plan)  # what came back for each of its kind's requests
        extra = planner.answer_query(plan, query)  # and for one of somebody else's, in the same frame
        outcomes = list(planner.compute([request]))  # all of it, inputs first, to estimates

A planner lives as long as its session. It reads each dataset's extent once, runs each guard once, and merges
scans that read the same rows. What fails fails alone: an error belongs to one metric.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.catalog.walk import inputs
from metrics.engine.cardinality import check_limits
from metrics.engine.outcome import Outcome, as_metric_error
from metrics.engine.partly_covered import as_diagnostics, kept_open, partly_covered
from metrics.engine.plan import Plan, share_scans
from metrics.engine.schedule import NOTHING, MetricRequest, batches, request_for, with_inputs
from metrics.engine.session import Session
from metrics.engine.suppression import suppress
from metrics.engine.watermarks import Extents
from metrics.errors import ComputationError, ScorecardError, SourceError
from metrics.frame import Frame, Inputs
from metrics.grain import NO_SPAN, Grain, Span
from metrics.kind import kind_of
from metrics.request import KindQuery, Request
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Scan
from metrics.sql.scan_query import ScanQuery
from metrics.sql.scope import Broken, Guard, Scope, Selectable


class Planner:
    """Plans metrics and computes them in one session.

    `extents` are from when to when its datasets reach, which another planner may know already; `planned` the plan that
    a metric was computed by.
    """

    def __init__(self, session: Session, extents: Extents | None = None) -> None:
        self.session = session
        self.catalog = session.catalog
        self.extents = extents or Extents(session)
        self._until: dict[tuple[MetricRequest, datetime], Outcome] = {}
        self.planned: dict[str, Plan] = {}
        self._guarded: dict[tuple[str, str], Broken] = {}
        self._cells: dict[tuple[object, ...], dict[Any, Any] | ScorecardError] = {}

    def sources_of(self, metric: str) -> tuple[str, ...]:
        """Return the sources that a metric reads itself, without those of its inputs; raise UnknownMetric."""
        found = self.catalog.metric(metric)
        bases = kind_of(found).bases(found)
        return tuple(dict.fromkeys(self.session.source_of(base.dataset) for base in bases))

    def watermark(self, metric: str) -> datetime | None:
        """Return until when a metric's data is complete now, its inputs' included.

        Raises UnknownMetric, ExpressionError and what a source raises.
        """
        found = self.catalog.metric(metric)
        below = [self.watermark(each) for each in inputs(found)]
        own = self._planned(request_for(found)).frame.watermark
        return min((mark for mark in (*below, own) if mark is not None), default=None)

    # -- planning ---------------------------------------------------------------------------------

    def plan(self, requests: Iterable[MetricRequest], until: datetime | None = None) -> tuple[Plan, ...]:
        """Return one plan for each request, none that reads later than `until`; scans of the same rows are merged.

        Only extents and guards are read. What one metric meets is its plan's error, and stops no other.
        Inputs are not planned unless they are asked for: `with_inputs` names them. Raises UnknownMetric.
        """
        plans = []
        for request in requests:
            started = time.perf_counter()
            plan = self._attempt_plan(request, until)
            plans.append(replace(plan, seconds=time.perf_counter() - started))
        return share_scans(plans, self.session.source_of)

    def check_guards(self, metric: str, guards: Iterable[tuple[str, Guard]]) -> None:
        """Count each guard on its source, once in a run.

        Raises ComputationError of the metric for the first that is not 0, and what a source raises.
        """
        for source, guard in guards:
            found = self._broken(source, guard)
            if found.count:
                private = bool(self.catalog.metric(metric).private)
                raise ComputationError(metric, found.said(guard, private=private))

    def _broken(self, source: str, guard: Guard) -> Broken:
        if guard.unless is not None and not self._broken(source, guard.unless).count:
            return Broken(0)
        key = (source, guard.name)
        if key not in self._guarded:
            self._guarded[key] = self.session.broken(source, guard)
        return self._guarded[key]

    def _attempt_plan(self, request: MetricRequest, until: datetime | None) -> Plan:
        try:
            plan = self._planned(request, until)
            # Before scans merge: a join that adds rows would add them to everybody's.
            self.check_guards(request.metric, plan.guards)
        except Exception as error:  # whatever one metric meets stops no other
            return replace(self._bare(request), error=self._failure(request.metric, error))
        return plan

    def _bare(self, request: MetricRequest) -> Plan:
        """Return the plan of a metric that asks nothing of sources."""
        frame = Frame(self.catalog, request.grains, request.cuts)
        metric = self.catalog.metric(request.metric)
        return Plan(metric, request, frame, sources=self.sources_of(request.metric))

    def _planned(self, request: MetricRequest, until: datetime | None = None) -> Plan:
        """Return a metric's plan for itself; its guards are not counted yet."""
        plan = self._bare(request)
        metric, kind = plan.metric, kind_of(plan.metric)
        bases: tuple[Reference, ...] = kind.bases(metric)
        if not bases:
            return plan
        # A first pass finds which datasets are used; only then is it known until when data is complete.
        used, guards = self._probe(kind.requests(metric, plan.frame))
        datasets = self.catalog.datasets
        marks = (self.extents.watermark(bases, used), until)
        frame = replace(
            plan.frame,
            watermark=min((mark for mark in marks if mark is not None), default=None),
            first=self.extents.first(kind.covering(metric)),
            settle=max((datasets[name].settle for name in used), key=_length, default=NO_SPAN),
        )
        starts = self.extents.starts(bases)
        return replace(plan, frame=frame, requests=kind.requests(metric, frame), guards=guards, starts=starts)

    def _probe(self, requests: Mapping[str, Request]) -> tuple[set[str], tuple[tuple[str, Guard], ...]]:
        """Return the datasets that requests use, and what must hold for them, without running anything."""
        used: set[str] = set()
        guards: list[tuple[str, Guard]] = []
        for request in requests.values():
            dataset = _dataset(request)
            scope = self.session.scope(dataset)
            _selects(request, scope, TimeFrame(self.catalog.company.calendar, {}, self.session.now))
            used |= scope.used
            guards += [(self.session.source_of(dataset), guard) for guard in scope.guards.values()]
        return used, tuple(guards)

    # -- answering --------------------------------------------------------------------------------

    def answer(self, plan: Plan) -> dict[str, Any]:
        """Return what came back for each of a plan's requests, by its name: what the kind's `finish` reads.

        A scan that several plans share is run once. Raises the plan's error, ExpressionError and what a
        source raises.
        """
        if plan.error is not None:
            raise plan.error
        return {
            name: self._shared(plan, name, request)
            if isinstance(request, Scan)
            else self._read(plan, request)
            for name, request in plan.requests.items()
        }

    def answer_query(self, plan: Plan, query: KindQuery) -> Any:
        """Return the answer to a query that is none of a plan's requests, read up to the plan's watermark.

        Raises the plan's error, ComputationError for a guard of the query's own, ExpressionError and what a
        source raises.
        """
        if plan.error is not None:
            raise plan.error
        return self._read(plan, query)

    def _shared(self, plan: Plan, name: str, own: Scan) -> Any:
        source, shared = self.session.source_of(own.dataset), plan.scans[name]
        try:
            return self._scan(source, shared, plan)
        except SourceError as error:
            if shared == own or error.transient:
                raise
            # Somebody else's expression may have failed the shared scan: try this metric's alone.
            return self._scan(source, own, plan)

    def _scan(self, source: str, scan: Scan, plan: Plan) -> Any:
        if scan.by_period:
            return self._read_scan(source, scan, plan)
        key = (source, scan, plan.frame.watermark, *plan.frame.only.items())
        if key not in self._cells:
            try:
                self._cells[key] = self._read_scan(source, scan, plan)
            except ScorecardError as error:
                # Whoever shares the scan meets the same error without waiting for it again.
                self._cells[key] = error
        found = self._cells[key]
        if isinstance(found, ScorecardError):
            raise found
        return found

    def _read_scan(self, source: str, scan: Scan, plan: Plan) -> dict[Any, Any]:
        query = ScanQuery(scan, self.session.scope(scan.dataset), plan.time_frame)
        cells: dict[Any, Any] = {}
        for grains, select in query.selects():
            cells |= query.cells(self.session.fetch(source, select), grains)
        return cells

    def _read(self, plan: Plan, query: KindQuery) -> Any:
        dataset = query.source_dataset()
        source, scope = self.session.source_of(dataset), self.session.scope(dataset)
        selects = query.selects(scope, plan.time_frame)
        # Those of a plan's own requests were counted before; a query from elsewhere may bring more.
        self.check_guards(plan.metric.metric, [(source, guard) for guard in scope.guards.values()])
        return query.read([(grains, self.session.fetch(source, select)) for grains, select in selects])

    # -- computing --------------------------------------------------------------------------------

    def compute(
        self,
        requests: Iterable[MetricRequest],
        doubtful: Mapping[str, float] = NOTHING,
        until: datetime | None = None,
    ) -> Iterator[Outcome]:
        """Yield one outcome per metric that is asked for or needed, inputs first; raise UnknownMetric.

        `doubtful` are metrics that may be waited for in vain, with the seconds that they were waited for
        last: they come after all others. Nothing later than `until` is read.
        """
        ordered = {request.metric: request for request in with_inputs(self.catalog, requests)}
        done: dict[str, Outcome] = {}
        for names in batches(self.catalog, ordered, doubtful):
            for plan in self.plan([ordered[name] for name in names], until):
                started = time.perf_counter()
                if until is None:
                    self.planned[plan.metric.metric] = plan
                outcome = self._outcome(plan, done)
                seconds = plan.seconds + time.perf_counter() - started
                done[outcome.metric] = replace(outcome, seconds=seconds)
                yield done[outcome.metric]

    def _outcome(self, plan: Plan, done: Mapping[str, Outcome]) -> Outcome:
        metric, kind = plan.metric, kind_of(plan.metric)
        if plan.error is not None:
            return Outcome(metric.metric, error=plan.error, sources=plan.sources)
        try:
            frame, watermark = plan.frame, plan.frame.watermark
            if inputs(metric):
                done = self._together(plan, done)
                frame = replace(frame, inputs=_inputs(metric, done))
                marks = [done[name].watermark for name in inputs(metric)]
                watermark = min((mark for mark in marks if mark is not None), default=None)
                # What reads no rows itself knows until when its inputs do.
                frame = replace(frame, watermark=frame.watermark or watermark)
            results = self.answer(plan)
            found = kind.finish(metric, frame, results)
            partly = partly_covered(
                metric, frame.calendar, plan.starts, (each.period for each in found),
                {name: done[name].partly_covered for name in inputs(metric)},
            )  # fmt: skip
            estimates = suppress(metric, self.catalog.company, kept_open(found, partly))
            diagnostics = {} if metric.private else kind.diagnostics(metric, frame, results)
            check_limits(metric, estimates)
        except Exception as error:  # whatever one metric meets stops no other
            return Outcome(metric.metric, error=self._failure(metric.metric, error), sources=plan.sources)
        return Outcome(metric.metric, estimates, watermark, sources=plan.sources, partly_covered=partly,
                       diagnostics={**diagnostics, **as_diagnostics(partly)})  # fmt: skip

    def _together(self, plan: Plan, done: Mapping[str, Outcome]) -> dict[str, Outcome]:
        """Return the outcomes of a metric's inputs, each read up to the least of their watermarks.

        Else one would hold what has come since, and the other not.
        """
        found = {name: done[name] for name in inputs(plan.metric)}
        common = min((each.watermark for each in found.values() if each.watermark is not None), default=None)
        for name, each in found.items():
            if common is not None and each.watermark is not None and each.watermark > common:
                key = (replace(plan.request, metric=name), common)
                if key not in self._until:
                    self._until[key] = list(self.compute([key[0]], until=common))[-1]
                found[name] = self._until[key]
        return found

    def _failure(self, metric: str, error: Exception) -> ScorecardError:
        """Return an error as one of a metric; what a source is to blame for is remembered."""
        self.session.circuit_breaker.met(error)
        return as_metric_error(metric, error)


def _dataset(request: Request) -> str:
    return request.dataset if isinstance(request, Scan) else request.source_dataset()


def _selects(request: Request, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
    if isinstance(request, Scan):
        return ScanQuery(request, scope, when).selects()
    return request.selects(scope, when)


def _inputs(metric: Metric, done: Mapping[str, Outcome]) -> Inputs:
    for name in inputs(metric):
        error = done[name].error
        if error is not None:
            raise ComputationError(metric.metric, f"its input {name!r} failed: {error}")
    return {name: {each.key: each for each in done[name].estimates} for name in inputs(metric)}


def _length(span: Span) -> float:
    return span.approximate_seconds
