"""A small company in a temporary folder: tables as Parquet files, datasets over them, metrics to compute."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import BusinessCalendar, Company, Currency
from metrics.catalog.dataset import Column, CompleteThrough, Dataset, EntityColumn, SourceDefinition
from metrics.catalog.metric import Direction, Metric
from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.expressions.parser import parse
from metrics.file_roots import FileRoots
from metrics.grain import Grain, Period, Span
from metrics.observation import Dimensions, Estimate
from metrics.source import Source, open_source
from metrics.sql.rows import Rows
from metrics.sql.scope import Scope

TYPES: dict[str, Any] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 6),
    "float": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "naive": pa.timestamp("us"),
    "instant": pa.timestamp("us", tz="UTC"),
}
E = parse


def at(text: str) -> datetime:
    """Read an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def table(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Build a typed table: column -> name in TYPES, and its rows."""
    arrays = {
        name: pa.array([row[index] for row in rows], TYPES[type_])
        for index, (name, type_) in enumerate(columns.items())
    }
    return pa.table(arrays)


def entities(**columns: str) -> dict[str, EntityColumn]:
    """Build a dataset's entities from name=expression."""
    return {name: EntityColumn(parse(text)) for name, text in columns.items()}


def dimensions(**columns: str) -> dict[str, Any]:
    """Build a dataset's dimensions (or conditions) from name=expression."""
    return {name: parse(text) for name, text in columns.items()}


def columns(**texts: str) -> dict[str, Column]:
    """Build a dataset's computed columns from name=expression."""
    return {name: Column(parse(text)) for name, text in texts.items()}


def until_now(lag: str = "0 days") -> CompleteThrough:
    """Declare a dataset complete until now, less a lag."""
    return CompleteThrough(lag=Span.parse(lag))


def metric(name: str, kind: str, options: Any, **more: Any) -> Metric:
    """Build a metric."""
    return Metric(metric=name, label=name, kind=kind, direction=Direction.UP, options=options, **more)


@dataclass
class World:
    """Tables, and the datasets of the same names that read them."""

    tables: Mapping[str, pa.Table]
    datasets: Mapping[str, Mapping[str, Any]]
    zone: str = "UTC"
    currency: Currency = field(default_factory=lambda: Currency("GBP"))
    week_starts: str = "monday"
    fiscal_year_starts: str = "january"
    calendars: Mapping[str, BusinessCalendar] = field(default_factory=dict)

    def catalog(self, *metrics: Metric) -> Catalog:
        """Return the catalog of the datasets and some metrics."""
        company = Company(
            "Test", self.zone, self.currency, week_starts=self.week_starts,
            fiscal_year_starts=self.fiscal_year_starts, calendars=self.calendars,
        )  # fmt: skip
        datasets = {
            name: Dataset(name, source=None if "union" in each else "files",
                          **({} if "union" in each else {"files": (f"{name}.parquet",)}), **each)
            for name, each in self.datasets.items()
        }  # fmt: skip
        source = SourceDefinition("files", "duckdb:///:memory:")
        return Catalog(
            company, {"files": source}, datasets=datasets, metrics={each.metric: each for each in metrics}
        )

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Write the tables into a temporary folder."""
        with tempfile.TemporaryDirectory() as name:
            for dataset, rows in self.tables.items():
                pq.write_table(rows, Path(name) / f"{dataset}.parquet")
            yield Path(name)

    def outcomes(self, *metrics: Metric, now: datetime, as_of: datetime | None = None) -> dict[str, Outcome]:
        """Compute metrics as a refresh does, errors included."""
        with self.folder() as root, Session(self.catalog(*metrics), root, now, as_of) as session:
            return {
                each.metric: each
                for each in Planner(session).compute([request_for(each) for each in metrics])
            }

    def compute(self, one: Metric, now: datetime, as_of: datetime | None = None) -> Outcome:
        """Compute one metric; its error is raised."""
        outcome = self.outcomes(one, now=now, as_of=as_of)[one.metric]
        if outcome.error is not None:
            raise outcome.error
        return outcome

    @contextmanager
    def rows(self, dataset: str, now: datetime) -> Iterator[tuple[Rows, Source]]:
        """Open the rows of one dataset, to evaluate expressions over them."""
        catalog = self.catalog()
        with self.folder() as root:
            source = open_source(catalog.sources["files"], FileRoots(root), list(catalog.datasets.values()))
            try:
                yield Rows(Scope(catalog, source, now), catalog.datasets[dataset]), source
            finally:
                source.close()


def by_cell(outcome: Outcome) -> dict[tuple[Grain, date | None, Dimensions], Estimate]:
    """Index estimates by grain, first day and segment."""
    return {(each.period.grain, each.period.start, each.dimensions): each for each in outcome.estimates}


def value_of(outcome: Outcome, period: Period, **segment: str) -> float | None:
    """Return the value of one period and segment."""
    return by_cell(outcome)[period.grain, period.start, tuple(sorted(segment.items()))].value
