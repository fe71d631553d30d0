"""The append-only store: every value as it was first said, and every later value beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, ColumnElement, Connection, Engine, Select, func, insert, select

from metrics.errors import StoreError
from metrics.grain import Grain, Period
from metrics.observation import Dimensions, Observation, Offset, ToDate
from metrics.store import to_date
from metrics.store.api_keys import ApiKeys
from metrics.store.bulk import add, read
from metrics.store.database import alone, name_of, open_engine, require_writable, writing
from metrics.store.definition_files import keep_files, kept_files
from metrics.store.definitions import Definitions
from metrics.store.final_values import FinalValueReader
from metrics.store.health import dataset_health, keep_datasets, keep_source
from metrics.store.messages import Messages
from metrics.store.records import (
    DatasetHealth,
    Definition,
    Progress,
    Refresh,
    Run,
    SourceHealth,
    Written,
    canonical_cut,
    canonical_dimensions,
)
from metrics.store.revision import REVISION, Revision
from metrics.store.scorings import Scorings, keep_scoring
from metrics.store.tables import (
    observation_columns,
    observations,
    refreshes,
    run_of,
    run_row,
    runs,
    sources,
)
from metrics.store.versions import changes, checked, earlier, newest, written_before

__all__ = ["DatasetHealth", "Definition", "Refresh", "Revision", "Run", "SourceHealth", "Store", "Written"]


class Store:
    """Observations and runs that are only ever added, and the few rows around them that change.

    Every method is one transaction. An error of the database is raised as StoreError. What is asked for itself
    alone has methods of its own: `api_keys`, `definitions`, `messages`, `scorings` and the `final_values` of a past.
    `made` names a store that was only now made, and is None for one that was there. `until` is None, or the instant
    before which all was written that is read: a store as it was known then.
    """

    def __init__(self, engine: Engine, *, new: bool = False, until: datetime | None = None) -> None:
        self._engine = engine
        self.until = until
        self.made = name_of(engine.url) if new else None
        self.api_keys = ApiKeys(engine)
        self.definitions = Definitions(engine, until)
        self.final_values = FinalValueReader(engine)
        self.messages = Messages(engine)
        self.scorings = Scorings(engine, until)

    @classmethod
    def open(cls, url: str | URL, *, make: bool = True) -> Self:
        """Open the store at a SQLAlchemy URL (sqlite or postgresql), upgrading its tables.

        Where there is nothing, a store is made; NoStore is raised where `make` is false, and always where
        something else stands in its place.
        """
        engine, new = open_engine(url, make=make)
        return cls(engine, new=new)

    def as_known(self, instant: datetime) -> Store:
        """Return the store as it was known before an instant: to be read, by the same connections.

        The health of sources and the final values of a whole past are told as they are now.
        """
        return Store(self._engine, until=instant if self.until is None else min(instant, self.until))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, run: Run, computed: Iterable[Observation], beside: Iterable[ToDate] = ()) -> Written:
        """Add a successful run and, of its observations and what is to date, what differs from the last written.

        A stored segment within the run's grains and cuts that the run does not give gets one `no_data`
        row. Raises StoreError, and writes nothing, where an observation does not belong to the run, comes
        twice or is not a finite number.
        """
        given = checked(run, computed)
        with writing(self._engine, run.metric) as connection:
            found = changes(connection, run, given)
            connection.execute(insert(runs), run_row(run, found.counts))
            add(connection, run.id, found.new + found.tombstones)
            to_date.add(connection, run, beside)
        return found.counts

    def fail(self, run: Run) -> None:
        """Add a failed run; the observations stay as they are."""
        if run.outcome != "failed":
            raise StoreError(f"run {run.id!r} of metric {run.metric!r} did not fail")
        with writing(self._engine, run.metric) as connection:
            connection.execute(insert(runs), run_row(run, Written(0, 0, 0)))

    def last_run(self, metric: str) -> Run | None:
        """Return a metric's last written run, however it ended."""
        with self._engine.connect() as connection:
            return _last_run(connection, self.until, runs.c.metric == metric)

    def last_success(self, metric: str) -> Run | None:
        """Return a metric's last written successful run."""
        with self._engine.connect() as connection:
            return _last_run(connection, self.until, runs.c.metric == metric, runs.c.outcome == "ok")

    def last_runs(self, *, good: bool = False) -> dict[str, Run]:
        """Return the last written run of every metric, or the last that succeeded, by metric."""
        where = [*written_before(runs.c.finished_at, self.until), *([runs.c.outcome == "ok"] if good else [])]
        last = select(func.max(runs.c.number)).where(*where).group_by(runs.c.metric)
        with self._engine.connect() as connection:
            found = connection.execute(select(runs).where(runs.c.number.in_(last))).mappings()
            return {row["metric"]: run_of(row) for row in found}

    def failed_last(self) -> dict[str, float]:
        """Return the metrics whose last written run failed, with the seconds that it took."""
        last = select(func.max(runs.c.number)).group_by(runs.c.metric)
        failed = select(runs.c.metric, runs.c.seconds).where(
            runs.c.number.in_(last), runs.c.outcome == "failed"
        )
        with self._engine.connect() as connection:
            return {row.metric: row.seconds for row in connection.execute(failed)}

    def watermark(self) -> datetime | None:
        """Return the greatest watermark of any successful run."""
        with self._engine.connect() as connection:
            newest = select(func.max(runs.c.watermark)).where(runs.c.outcome == "ok")
            greatest: datetime | None = connection.execute(newest).scalar_one()
        return greatest

    def latest(
        self,
        metric: str,
        *,
        grain: Grain | None = None,
        by: Iterable[str] | None = None,
        dimensions: Dimensions | None = None,
        start: date | None = None,
        end: date | None = None,
        definition_hash: str | None = None,
        as_known: datetime | None = None,
    ) -> tuple[Observation, ...]:
        """Return the last written observation of each period and segment, `no_data` rows included.

        Args:
            metric: The metric's name.
            grain: One grain; None is all.
            by: The names of the dimensions of one cut, () for the total; None is all cuts.
            dimensions: One segment; None is all.
            start: The first day on which a period may begin; periods without a beginning are left out.
            end: The day on and after which no period may begin; the same holds.
            definition_hash: The definition that the values follow; None is that of the last successful run.
            as_known: An instant, exclusive: rows that were computed before it, of the definition whose run
                was then the last to have succeeded.

        Returns:
            The observations, sorted by grain, period and segment.
        """
        where, as_known = [observations.c.metric == metric], earlier(as_known, self.until)
        if grain is not None:
            where.append(observations.c.grain == grain.value)
        if dimensions is not None:
            segment = canonical_dimensions(dimensions)
            where.append(observations.c.cut == tuple(name for name, _ in segment))
            where.append(observations.c.dimensions == segment)
        if by is not None:
            where.append(observations.c.cut == canonical_cut(by))
        if start is not None:
            where.append(observations.c.period_start >= start)
        if end is not None:
            where.append(observations.c.period_start < end)
        if as_known is not None:
            where.append(observations.c.computed_at < as_known)
        with self._engine.connect() as connection:
            hashed = definition_hash or _hash_in_use(connection, metric, as_known)
            found = list(read(connection, newest(*where, observations.c.definition_hash == hashed)))
        return tuple(sorted(found, key=_order))

    def to_date(self, metric: str, as_known: datetime | None = None) -> dict[tuple[Period, Offset], ToDate]:
        """Return what provisional periods are set against, by period and which other one: the last written.

        It follows the definition of the last successful run; with an instant, what was known before it.
        """
        as_known = earlier(as_known, self.until)
        with self._engine.connect() as connection:
            hashed = _hash_in_use(connection, metric, as_known)
            found = to_date.newest(connection, *to_date.known_before(metric, hashed, as_known))
        return {each.key: each for each in found}

    def to_dates(self, hashes: Mapping[str, str]) -> dict[str, dict[tuple[Period, Offset], ToDate]]:
        """Return what `to_date` returns of many metrics, by the definitions that are given by metric."""
        with self._engine.connect() as connection:
            found = to_date.of_definitions(connection, hashes, self.until)
        return {name: {each.key: each for each in known} for name, known in found.items()}

    def history(
        self, metric: str, grain: Grain, period: Period, dimensions: Dimensions = ()
    ) -> tuple[Observation, ...]:
        """Return every version of one value, oldest first, whatever its definition."""
        segment = canonical_dimensions(dimensions)
        versions = (
            select(*observation_columns)
            .where(
                *written_before(observations.c.computed_at, self.until),
                observations.c.metric == metric,
                observations.c.grain == grain.value,
                observations.c.cut == tuple(name for name, _ in segment),
                observations.c.dimensions == segment,
                observations.c.period_start.is_(None)
                if period.start is None
                else observations.c.period_start == period.start,
            )
            .order_by(observations.c.id)
        )
        with self._engine.connect() as connection:
            return tuple(read(connection, versions))

    def record_source(self, health: SourceHealth) -> None:
        """Keep what is now known of a source; while it is down, its last success and watermark stay."""
        with writing(self._engine, f"source {health.source}") as connection:
            keep_source(connection, health)

    def source_health(self) -> dict[str, SourceHealth]:
        """Return what is known of each source, by its name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(sources).order_by(sources.c.source)).mappings()
            return {row["source"]: SourceHealth(**row) for row in rows}

    def record_datasets(self, found: Iterable[DatasetHealth]) -> None:
        """Keep until when datasets are complete, and how far that moved on; what was not read stays as it was."""
        given = tuple(found)
        if given:
            with writing(self._engine, "datasets") as connection:
                keep_datasets(connection, given)

    def dataset_health(self) -> dict[str, DatasetHealth]:
        """Return what is known of each dataset that has a watermark of its own, by its name."""
        with self._engine.connect() as connection:
            return dataset_health(connection, self.until)

    def record_refresh(
        self, started_at: datetime, finished_at: datetime, ok: int, failed: int, *,
        scored_by: str | None = None, commit: str | None = None, files: Mapping[str, bytes] | None = None,
    ) -> None:  # fmt: skip
        """Add a refresh: how many metrics came through and failed, what it is scored by, the files it went by."""
        with writing(self._engine, "refreshes") as connection:
            said = {
                "scoring": keep_scoring(connection, scored_by, started_at),
                "git_commit": commit,
                "definitions": keep_files(connection, files or {}, started_at),
            }
            row = asdict(Refresh(started_at, finished_at, ok, failed))
            connection.execute(insert(refreshes), row | said)

    def alone(self) -> AbstractContextManager[None]:
        """Hold the right to refresh among all machines that share the store; raises StoreLocked on entering."""
        return alone(self._engine)

    def require_room(self) -> None:
        """Raise StoreFull where there is no room to write."""
        require_writable(self._engine)
        self.api_keys.rewrite()

    def last_refresh(self) -> Refresh | None:
        """Return the last written refresh."""
        with self._engine.connect() as connection:
            row = connection.execute(self._refreshes(select(refreshes))).mappings().first()
        return None if row is None else Refresh(**{name: row[name] for name in Refresh.__dataclass_fields__})

    def last_definitions(self) -> tuple[dict[str, bytes], str | None]:
        """Return the files that the last refresh went by, by path in `definitions`, and their commit.

        There are none where it was of an older version, which kept none.
        """
        columns = select(refreshes.c.definitions, refreshes.c.git_commit)
        with self._engine.connect() as connection:
            row = connection.execute(self._refreshes(columns)).first()
            if row is None:
                return {}, None
            return kept_files(connection, row.definitions) if row.definitions else {}, row.git_commit

    def _refreshes(self, columns: Select[Any]) -> Select[Any]:
        known = columns.where(*written_before(refreshes.c.finished_at, self.until))
        return known.order_by(refreshes.c.number.desc()).limit(1)

    def revision(self) -> Revision:
        """Return what differs from an earlier one where anything that is read of values may read otherwise.

        A refresh in any process changes it, and so does another store in this one's place. API keys are no part.
        """
        with self._engine.connect() as connection:
            return tuple(connection.execute(REVISION).one())

    def progress(self) -> Progress:
        """Return how far the store has come, by which whoever keeps what was read knows whether it still holds."""
        last = (select(func.max(table.c.number)).scalar_subquery() for table in (runs, refreshes))
        successes = select(runs.c.metric, func.max(runs.c.number)).where(runs.c.outcome == "ok")
        with self._engine.connect() as connection:
            run, refresh = connection.execute(select(*last)).one()
            by_metric = {
                name: number for name, number in connection.execute(successes.group_by(runs.c.metric))
            }
        return Progress(run, refresh, by_metric)


def _last_run(connection: Connection, until: datetime | None, *where: ColumnElement[bool]) -> Run | None:
    where = *where, *written_before(runs.c.finished_at, until)
    newest = select(runs).where(*where).order_by(runs.c.number.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    return None if row is None else run_of(row)


def _hash_in_use(connection: Connection, metric: str, as_known: datetime | None) -> str | None:
    run = _last_run(connection, as_known, runs.c.metric == metric, runs.c.outcome == "ok")
    return None if run is None else run.definition_hash


def _order(observation: Observation) -> tuple[Grain, date, Dimensions]:
    return observation.grain, observation.period.start or date.min, observation.dimensions
