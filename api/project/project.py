"""A project folder as it runs: its definitions, its store, and the questions that every surface asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import URL

from api.project.git import head_commit
from api.project.memory import Lasting, Made, Memory
from api.project.past import computed_by, past
from api.project.revision import working_tree
from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import definition_hash
from metrics.catalog.metric import Metric
from metrics.describe.units import shown_unit
from metrics.engine.partly_covered import of_diagnostics
from metrics.errors import Finding, UsageError
from metrics.grain import Grain, Period
from metrics.loading.folder import NAME, Folder
from metrics.observation import Offset, ToDate
from metrics.operations.response import responses
from metrics.store.room import FullMark
from metrics.store.store import DatasetHealth, Run, Store
from scorecard.cause_model import ComputedBy
from scorecard.causes import Scored, explained
from scorecard.freshness import late_from, old_after
from scorecard.model import Board
from scorecard.report import as_of, build_report
from scorecard.report_model import ScorecardReport
from scorecard.value_selection import MetricSeries, default_period

DEFINITIONS = NAME
STATE_FOLDER = ".scorecard"
STORE_VARIABLE = "SCORECARD_STORE_URL"


@dataclass(frozen=True)
class Standing:
    """How the last runs of metrics stand, and the last that succeeded, what is to date by them, and their datasets."""

    runs: Mapping[str, Run]
    good: Mapping[str, Run]
    to_date: Mapping[str, Mapping[tuple[Period, Offset], ToDate]]
    datasets: Mapping[str, DatasetHealth]


@dataclass(frozen=True)
class Project:
    """The definitions of a project folder, all valid, and its store.

    `findings` are the advice that the definitions get, `hashes` each metric's definition hash, `commit` the
    git commit of the folder or None outside of a repository. `known` is None, or the instant before which all was
    known that the project says.
    """

    root: Path
    catalog: Catalog
    board: Board
    store: Store
    findings: tuple[Finding, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    folder: Folder = field(default_factory=Folder)
    commit: str | None = None
    known: datetime | None = None
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    @classmethod
    def open(
        cls, root: Path, store_url: str | URL | None = None, *, make: bool = True, roots: tuple[str, ...] = ()
    ) -> Self:
        """Read the definitions and open the store of a project folder.

        The store is that of `store_url`, else of the environment, else a file in the folder. Where there is
        none it is made, or NoStore raised where `make` is false. `roots` are folders besides the project's in
        which files are read, whatever the definitions say.

        Raises:
            DefinitionsInvalid: the definitions hold errors; all findings are in it.
            StoreError: the store cannot be opened.
        """
        catalog, board, folder, findings = read_definitions(root, roots)
        store = Store.open(store_url or default_store_url(root), make=make)
        return cls(root, catalog, board, store, findings, _hashes(catalog), folder, head_commit(root))

    def reloaded(self) -> Project:
        """Return the project with its definitions read anew and the same store.

        Raises:
            DefinitionsInvalid: the definitions hold errors.
        """
        catalog, board, folder, findings = read_definitions(self.root, self.folder.roots)
        return replace(
            self, catalog=catalog, board=board, folder=folder, findings=findings,
            hashes=_hashes(catalog), commit=head_commit(self.root), memory=Memory(),
        )  # fmt: skip

    @property
    def short_of_room(self) -> bool:
        """Tell whether the last refresh found the disk of the store full."""
        return FullMark(self.root / STATE_FOLDER).stands

    def hash_of(self, metric: str) -> str:
        """Return a metric's definition hash as it runs now; raise UnknownMetric."""
        return self.hashes[self.catalog.metric(metric).metric]

    def text_of(self, metric: str) -> str | None:
        """Return a metric's definition as it was written when it was read, or None where it is no text."""
        file = self.catalog.metric(metric).position.file
        try:
            return self.folder.files[file.removeprefix(f"{NAME}/")].decode() if file else None
        except (KeyError, UnicodeDecodeError):
            return None

    def standing(self, metrics: Iterable[str] | None = None) -> Standing:
        """Return how the last runs of metrics stand, of all where none is named: read at once, for many."""
        runs, good = self.store.last_runs(), self.store.last_runs(good=True)
        names = good.keys() if metrics is None else good.keys() & set(metrics)
        to_date = self.store.to_dates({name: good[name].definition_hash for name in names})
        return Standing(runs, good, to_date, self.store.dataset_health())

    def series(self, metric: str, grain: Grain, standing: Standing) -> MetricSeries:
        """Return a metric's total at a grain, oldest first, and how its last run and the data behind it stand."""
        run, success = standing.runs.get(metric), standing.good.get(metric)
        hashed = success.definition_hash if success else None
        return MetricSeries(
            observations=self.store.latest(metric, grain=grain, by=(), definition_hash=hashed),
            watermark=success.watermark if success else None,
            computed_at=success.finished_at if success else None,
            partly_covered=of_diagnostics(success.diagnostics) if success else {},
            error=run.error or "no reason given" if run and run.outcome == "failed" else None,
            computed_by=self.computed_by(metric, success),
            late_from=late_from(metric, self.catalog, standing.datasets),
            responses={
                period: found
                for (period, _), found in responses(
                    self.store, self.catalog, self.catalog.metric(metric), grain, ()
                ).items()
            },
            to_date=standing.to_date.get(metric, {}),
        )

    def computed_by(self, metric: str, success: Run | None = None) -> ComputedBy | None:
        """Return the definition of a metric's last good run, where another one runs by now."""
        success = success or self.store.last_success(metric)
        if success is None or metric not in self.hashes:
            return None
        hashes = success.definition_hash, self.hashes[metric]
        return computed_by(self.store, self.catalog, self.root, metric, hashes)

    def unit(self, metric: Metric) -> str:
        """Return the unit that people read a metric's stored values in: of the definition that they follow."""
        by = self.computed_by(metric.metric)
        return shown_unit(metric, self.catalog) if by is None or by.unit is None else by.unit

    def report(self, scorecard: str | None, period: str | None, now: datetime) -> ScorecardReport:
        """Return a scorecard's report: the first where none is named, the latest final period likewise.

        Raises:
            UnknownScorecard: no scorecard has this name.
            UsageError: there is no scorecard, or the period is not one of its grain.
            BadPeriod: the text does not name a period.
        """
        return as_of(self.reported(scorecard, period, now).value, now)

    def reported(self, scorecard: str | None, period: str | None, now: datetime) -> Lasting[ScorecardReport]:
        """Return a scorecard's report as it was made, and until when it holds but for the ages; as `report` raises."""
        name = scorecard or next(iter(self.board.scorecards), None)
        if name is None:
            raise UsageError("no scorecard is defined: write definitions/scorecards/<scorecard>.yml")
        return self.lasting(("report", name, period), now, lambda: self._report(name, period, now))

    def lasting(self, key: Hashable, now: datetime, make: Callable[[], Lasting[Made]]) -> Lasting[Made]:
        """Return what is made of these definitions and the store, from memory where it would be made alike."""
        return self.memory.get(key, self.store.revision(), now, make)

    def _report(self, name: str, period: str | None, now: datetime) -> Lasting[ScorecardReport]:
        found, calendar = self.board.scorecard(name), self.catalog.company.calendar
        held: dict[str, MetricSeries] = {}
        standing = self.standing(found.metrics)

        def reader(metric: str) -> MetricSeries:
            if metric not in held:
                held[metric] = self.series(metric, found.grain, standing)
            return held[metric]

        chosen = calendar.parse(period) if period else default_period(found, reader, calendar, now)
        if chosen.grain is not found.grain:
            raise UsageError(
                f"scorecard {name!r} is kept by {found.grain}; {period!r} is a {chosen.grain}: "
                f"write {calendar.name(default_period(found, reader, calendar, now))}, for example"
            )
        report = build_report(found, self.catalog, self.board, reader, chosen, now)
        known = past(self.store, self.catalog, self.root, found, chosen)
        told = explained(Scored(report, found, self.catalog, self.board, reader), known)
        running = calendar.bounds(calendar.period_of(calendar.local_day(now), found.grain))
        ends = [
            old_after(each, self.catalog, series.watermark, series.late_from, now)
            for each, series in held.items()
        ]
        # The period that is shown where none is named may be the one before the running one.
        ends.append(running[1] - timedelta(microseconds=1) if running is not None else None)
        return Lasting(told, now, min((end for end in ends if end is not None), default=None))


def default_store_url(root: Path) -> str | URL:
    """Return the store's URL from the environment, else that of the file in the project folder."""
    given = os.environ.get(STORE_VARIABLE)
    return given or URL.create("sqlite", database=str(root / STATE_FOLDER / "store.db"))


def read_definitions(
    root: Path, roots: tuple[str, ...] = ()
) -> tuple[Catalog, Board, Folder, tuple[Finding, ...]]:
    """Return the definitions of a project folder and the advice on them; raise DefinitionsInvalid."""
    found = working_tree(root, roots)
    return found.catalog, found.board, found.folder, found.findings


def _hashes(catalog: Catalog) -> dict[str, str]:
    return {name: definition_hash(catalog, name) for name in catalog.metrics}
