"""The store's tables, the types of their columns, and what goes into and comes out of their rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    TypeDecorator,
)

from metrics.grain import Grain
from metrics.observation import FIGURES, FLOATS, Observation
from metrics.store.records import Run, Written, canonical_cut


class UtcTime(TypeDecorator[datetime]):
    """An instant, stored in UTC with microseconds; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: the store holds instants")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant, aware and in UTC; SQLite hands it back without its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _JsonText(TypeDecorator[Any]):
    """Nested tuples of strings as JSON text in ASCII: equal values are equal texts on every engine."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text."""
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return the tuples."""
        return None if value is None else _read(value)


# The same few segments come in row after row.
@lru_cache(maxsize=1 << 16)
def _read(text: str) -> Any:
    return _tuples(json.loads(text))


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


class _JsonObject(TypeDecorator[Mapping[str, Any]]):
    """Plain JSON values by name as text; nothing is null."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> str | None:
        """Return the text; raise ValueError for a number that is not finite."""
        return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, Any]:
        """Return the values."""
        return json.loads(value) if value else {}


metadata = MetaData()


# SQLite counts up by itself only in a column that is declared INTEGER.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


runs = Table(
    "runs",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("metric", Text, nullable=False),
    Column("definition_hash", Text, nullable=False),
    Column("code_version", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=False),
    Column("watermark", UtcTime),
    Column("outcome", Text, nullable=False),
    Column("error", Text),
    Column("grains", _JsonText, nullable=False),
    Column("cuts", _JsonText, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("written", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("tombstones", Integer, nullable=False),
    Column("diagnostics", _JsonObject),
    Index("runs_metric", "metric", "number"),
    Index("runs_watermark", "outcome", "watermark"),
)


observations = Table(
    "observations",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("grain", Text, nullable=False),
    Column("cut", _JsonText, nullable=False),
    Column("dimensions", _JsonText, nullable=False),
    Column("period_start", Date),
    Column("period_end", Date),
    Column("definition_hash", Text, nullable=False),
    Column("code_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("value", Double),
    Column("numerator", Double),
    Column("denominator", Double),
    Column("lower", Double),
    Column("upper", Double),
    Column("sample_size", BigInteger),
    Column("maturity", Double),
    Column("watermark", UtcTime),
    Column("computed_at", UtcTime, nullable=False),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    # The last written of a key is the greatest id within one stretch of this index.
    Index("observations_key", "metric", "grain", "cut", "dimensions", "period_start", "id"),
)


to_date = Table(
    "to_date",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("definition_hash", Text, nullable=False),
    Column("code_version", Integer, nullable=False),
    Column("grain", Text, nullable=False),
    Column("base_start", Date, nullable=False),
    Column("base_end", Date, nullable=False),
    Column("offset", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("days", Integer, nullable=False),
    Column("state", Text, nullable=False),
    *(Column(name, Double) for name in FLOATS),
    Column("sample_size", BigInteger),
    Column("computed_at", UtcTime, nullable=False),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Index("to_date_key", "metric", "grain", "base_start", "offset", "id"),
)


definitions = Table(
    "definitions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("code_version", Integer),
    Column("canonical", Text, nullable=False),
    Column("git_commit", Text),
    Column("first_seen", UtcTime, nullable=False),
    Column("label", Text),
    Column("question", Text),
    Column("unit", Text),
)


sources = Table(
    "sources",
    metadata,
    Column("source", Text, primary_key=True),
    Column("up", Boolean, nullable=False),
    Column("checked_at", UtcTime, nullable=False),
    Column("last_success", UtcTime),
    Column("watermark", UtcTime),
    Column("error", Text),
)


datasets = Table(
    "datasets",
    metadata,
    Column("dataset", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("read_at", UtcTime, nullable=False),
    Column("watermark", UtcTime, nullable=False),
    Column("advances", _JsonText),
)


dataset_marks = Table(
    "dataset_marks",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("read_at", UtcTime, nullable=False),
    Column("watermark", UtcTime, nullable=False),
    Column("advances", _JsonText),
    Index("dataset_marks_dataset", "dataset", "id"),
)


definition_files = Table(
    "definition_files",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)


definition_sets = Table(
    "definition_sets",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("files", _JsonObject),
    Column("first_seen", UtcTime, nullable=False),
)


refreshes = Table(
    "refreshes",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=False),
    Column("ok", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("scoring", Text),
    Column("git_commit", Text),
    Column("definitions", Text),
)


scorings = Table(
    "scorings",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("record", Text, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
)


messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("told_at", UtcTime, nullable=False),
)


api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
)


_PLAIN: tuple[str, ...] = ("metric", "definition_hash", "code_version", "dimensions", *FIGURES)
_PLAIN += ("watermark", "computed_at", "run")


_RUN = tuple(name for name in Run.__dataclass_fields__ if name not in ("grains", "cuts"))


# `id` and `cut` serve to find a row, and say nothing that the others do not.
observation_columns = tuple(column for column in observations.c if column.name not in ("id", "cut"))
"""What to select for an observation."""


def observation_row(observation: Observation) -> dict[str, Any]:
    """Return the row of an observation."""
    row = {name: getattr(observation, name) for name in _PLAIN}
    # Numbers come from numpy and from DECIMAL columns too, which drivers refuse or write in their own way.
    numbers = {name: None if row[name] is None else float(row[name]) for name in FLOATS}
    size = observation.sample_size
    return row | {
        **numbers,
        "sample_size": None if size is None else int(size),
        "grain": observation.grain.value,
        "state": observation.state.value,
        "cut": observation.by,
        "period_start": observation.period.start,
        "period_end": observation.period.end,
    }


def run_row(run: Run, counts: Written) -> dict[str, Any]:
    """Return the row of a run."""
    row = {name: getattr(run, name) for name in _RUN}
    cuts = tuple(canonical_cut(cut) for cut in run.cuts)
    return row | asdict(counts) | {"grains": tuple(grain.value for grain in run.grains), "cuts": cuts}


def run_of(row: RowMapping) -> Run:
    """Return the run of a row."""
    grains = tuple(Grain(name) for name in row["grains"])
    return Run(grains=grains, cuts=row["cuts"], **{name: row[name] for name in _RUN})
