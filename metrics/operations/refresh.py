"""Refresh: compute what is asked, write what changed, keep the last good value of what failed.

One refresher at a time across processes. Each metric is one transaction, so that a kill at any instant
loses and doubles nothing; a dead source or a bad metric stops nothing else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import canonical_text, definition_hash, resolved
from metrics.describe.units import shown_unit
from metrics.engine.outcome import Outcome, as_metric_error
from metrics.engine.planner import Planner
from metrics.engine.schedule import stored_requests, with_inputs
from metrics.engine.session import Session
from metrics.engine.to_date import ToDates
from metrics.engine.unmatched import Unmatched
from metrics.engine.watermarks import has_watermark
from metrics.errors import BehindWatermark, ClockBehind, ScorecardError, SourceError, SourceUnavailable
from metrics.kind import kind_of
from metrics.observation import Observation
from metrics.operations.name_reuse import NamesIn, refuse_reuse
from metrics.operations.response import responses_of, with_responses
from metrics.store.refresh_lock import RefreshLock
from metrics.store.room import FullMark
from metrics.store.store import DatasetHealth, Definition, Run, SourceHealth, Store, Written

Progress = Callable[["Refreshed", int, int], None]
Clock = Callable[[], datetime]

_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True)
class Refreshed:
    """How the refresh of one metric ended."""

    metric: str
    written: Written | None
    error: ScorecardError | None
    seconds: float


@dataclass(frozen=True)
class Summary:
    """How a refresh ended: one line a metric, in the order in which they were computed."""

    lines: tuple[Refreshed, ...]
    started_at: datetime
    finished_at: datetime

    @property
    def failed(self) -> tuple[Refreshed, ...]:
        """Return the metrics that failed and keep their last good values."""
        return tuple(line for line in self.lines if line.error is not None)

    @property
    def written(self) -> int:
        """Return how many observations are new."""
        return sum(line.written.written + line.written.tombstones for line in self.lines if line.written)


@dataclass(frozen=True)
class Refresher:
    """What a refresh works with; `clock` is the only clock, `commit` the definitions' git commit.

    `scored_by` is the record of what its values will be scored by, and `files` are those that the definitions
    stand in: the store keeps both as they are. `names_in` reads which metrics such a record knows.
    """

    catalog: Catalog
    root: Path
    store: Store
    clock: Clock
    commit: str | None = None
    scored_by: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    names_in: NamesIn | None = None

    def refresh(
        self,
        metrics: Iterable[str] | None = None,
        *,
        as_of: datetime | None = None,
        progress: Progress | None = None,
    ) -> Summary:
        """Compute metrics (all by default), the response rates beside them, and store what changed.

        Raises UnknownMetric, BehindWatermark where `as_of` lies before what the store holds, ClockBehind where now
        does, StoreLocked where another process refreshes. What fails within one metric is in the summary instead.
        """
        names = tuple(self.catalog.metrics) if metrics is None else tuple(metrics)
        rates = tuple(responses_of(names, self.catalog))
        whole = replace(self, catalog=with_responses(self.catalog))
        summary = whole._refresh((*names, *rates), as_of, progress)
        # Nobody defined them as metrics: they are told of where they fail.
        told = (line for line in summary.lines if line.error is not None or line.metric not in rates)
        return replace(summary, lines=tuple(told))

    def _refresh(self, names: Iterable[str], as_of: datetime | None, progress: Progress | None) -> Summary:
        asks = stored_requests(self.catalog, names)
        lines: list[Refreshed] = []
        started = self.clock()
        total = len(with_inputs(self.catalog, asks))
        state = self.root / ".scorecard"
        lock = RefreshLock(state / "refresh.lock", clock=self.clock)
        with lock, self.store.alone(), FullMark(state).kept() as met:
            self._refuse_to_go_back(started)
            held = self.store.watermark()
            if as_of is not None and held is not None and as_of < held:
                raise BehindWatermark("refresh", as_of, held)
            with Session(self.catalog, self.root, self.clock(), as_of) as session:
                planner, unmatched = Planner(session), Unmatched(session)
                health, to_dates = _Health(self.store, planner), ToDates(planner)
                for outcome in planner.compute(asks, self._doubtful(planner)):
                    line = self._keep(to_dates.beside(outcome), started, unmatched)
                    lines.append(line)
                    met += [line.error] if line.error is not None else []
                    health.see(outcome)
                    if progress is not None:
                        progress(line, len(lines), total)
                health.record(self.clock())
            summary = Summary(tuple(lines), started, self.clock())
            failed = len(summary.failed)
            self.store.record_refresh(
                started, summary.finished_at, len(lines) - failed, failed,
                scored_by=self.scored_by, commit=self.commit, files=self.files,
            )  # fmt: skip
        return summary

    def _refuse_to_go_back(self, now: datetime) -> None:
        """Raise ClockBehind: what was final would be taken back, and what was known when would be in disorder."""
        last = self.store.last_refresh()
        if last is not None and now < last.started_at - _CLOCKS_DIFFER:
            raise ClockBehind(now, last.started_at)

    def _doubtful(self, planner: Planner) -> dict[str, float]:
        """Return the metrics that failed last or read a source that is down, and how long each was waited for."""
        down = {name for name, health in self.store.source_health().items() if not health.up}
        waited = {name: 0.0 for name in self.catalog.metrics if down.intersection(planner.sources_of(name))}
        return waited | self.store.failed_last()

    def _keep(self, outcome: Outcome, started: datetime, unmatched: Unmatched) -> Refreshed:
        """Write one outcome; an error of writing belongs to this metric too."""
        error, written = outcome.error, None
        try:
            if error is None:
                if not self.catalog.metrics[outcome.metric].private:
                    said = {**outcome.diagnostics, **unmatched.diagnostics(outcome.metric)}
                    outcome = replace(outcome, diagnostics=said)
                written = self._write(outcome, started)
        except Exception as failure:  # whatever one metric meets stops no other
            error = as_metric_error(outcome.metric, failure)
        if error is not None:
            # Where not even this can be written the store itself is lost, and the refresh ends.
            self.store.fail(self._run(outcome, started, error))
        return Refreshed(outcome.metric, written, error, outcome.seconds)

    def _write(self, outcome: Outcome, started: datetime) -> Written:
        metric = self.catalog.metrics[outcome.metric]
        refuse_reuse(self.store, self.catalog, outcome.metric, self.names_in)
        run = self._run(outcome, started, None)
        grains, cuts = set(metric.grains), {tuple(sorted(cut)) for cut in metric.cut_sets}
        # Inputs may have been computed at grains and cuts that only another metric needs.
        own = [
            seen
            for seen in observations_of(self.catalog, outcome, run.finished_at, run.id, run.definition_hash)
            if seen.grain in grains and seen.by in cuts
        ]
        canonical = canonical_text(resolved(self.catalog, outcome.metric))
        self.store.definitions.remember(
            Definition(
                run.definition_hash,
                outcome.metric,
                run.code_version,
                canonical,
                self.commit,
                started,
                metric.label,
                metric.question,
                shown_unit(metric, self.catalog),
            )
        )
        return self.store.write(run, own, outcome.to_date)

    def _run(self, outcome: Outcome, started: datetime, error: ScorecardError | None) -> Run:
        metric = self.catalog.metrics[outcome.metric]
        return Run(
            id=uuid.uuid4().hex,
            metric=outcome.metric,
            definition_hash=definition_hash(self.catalog, outcome.metric),
            code_version=kind_of(metric).code_version,
            started_at=started,
            finished_at=self.clock(),
            watermark=outcome.watermark,
            outcome="failed" if error else "ok",
            error=str(error) if error else None,
            grains=metric.grains,
            cuts=tuple(tuple(sorted(cut)) for cut in metric.cut_sets),
            seconds=outcome.seconds,
            diagnostics=outcome.diagnostics,
        )


def observations_of(
    catalog: Catalog, outcome: Outcome, computed_at: datetime, run: str | None, hash_: str | None = None
) -> list[Observation]:
    """Return an outcome's estimates as observations."""
    metric = catalog.metrics[outcome.metric]
    hash_ = hash_ or definition_hash(catalog, outcome.metric)
    return [
        Observation(
            metric=outcome.metric,
            definition_hash=hash_,
            code_version=kind_of(metric).code_version,
            grain=each.period.grain,
            period=each.period,
            dimensions=each.dimensions,
            state=each.state,
            **each.figures(),
            watermark=outcome.watermark,
            computed_at=computed_at,
            run=run,
        )
        for each in outcome.estimates
    ]


class _Health:
    """Gathers which sources answered in a refresh, and how far their data reaches."""

    def __init__(self, store: Store, planner: Planner) -> None:
        self.store = store
        self.planner = planner
        self.good: set[str] = set()
        self.bad: dict[str, str] = {}
        self.lost: set[str] = set()

    def see(self, outcome: Outcome) -> None:
        if isinstance(outcome.error, SourceError):
            self.bad[outcome.error.source] = outcome.error.message
            if isinstance(outcome.error, SourceUnavailable):
                # Whatever it answered before: it was lost on the way.
                self.lost.add(outcome.error.source)
        elif outcome.error is None:
            self.good.update(outcome.sources)
            self.lost.difference_update(outcome.sources)

    def record(self, now: datetime) -> None:
        marks = self._datasets(now)
        before = self.store.source_health()
        for name in sorted({*self.good, *self.bad}):
            last = before.get(name)
            # A source that answered any metric is up, unless it was lost since; what one metric met besides
            # is that metric's failure.
            up = name in self.good and name not in self.lost
            self.store.record_source(
                SourceHealth(
                    source=name,
                    up=up,
                    checked_at=now,
                    last_success=now if name in self.good else (last.last_success if last else None),
                    watermark=min(marks.get(name, ()), default=None),
                    error=None if up else self.bad[name],
                )
            )

    def _datasets(self, now: datetime) -> dict[str, list[datetime]]:
        """Keep until when the datasets that were read are complete; return the watermarks of each source.

        A source reaches as far as the least of its datasets: the freshest would hide one that stands still.
        """
        read, source_of = self.planner.extents.watermarks(), self.planner.session.source_of
        self.store.record_datasets(
            DatasetHealth(name, source_of(name), now, mark) for name, mark in sorted(read.items())
        )
        marks: dict[str, list[datetime]] = {}
        for name, health in self.store.dataset_health().items():
            # What is defined no more is watched no more.
            dataset = self.planner.catalog.datasets.get(name)
            if dataset is not None and has_watermark(dataset):
                marks.setdefault(source_of(name), []).append(health.watermark)
        return marks
