"""The engines that the small company of `world` is computed on: DuckDB over files, or a PostgreSQL server."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import SourceDefinition
from metrics.catalog.metric import Metric
from tests.soundness.world import TYPES, World

_COLUMNS = {
    "text": "text", "integer": "bigint", "decimal": "numeric(18, 6)", "float": "double precision",
    "boolean": "boolean", "date": "date", "naive": "timestamp", "instant": "timestamptz",
}  # fmt: skip
SERVED = 3
"""One of so many examples is drawn on a server too."""
_NAMES = {type_: _COLUMNS[name] for name, type_ in TYPES.items()}


@dataclass(frozen=True)
class Engine:
    """Where a company's tables lie: in files that DuckDB reads, or in the server at a URL."""

    url: str | None = None

    def holding(self, world: World) -> World:
        """Return the same company, its tables on this engine."""
        return world if self.url is None else Served.of(world, self.url)


def drawn(
    *strategies: st.SearchStrategy[Any], examples: int | None = None
) -> Callable[[Callable[..., None]], Callable[[Engine], None]]:
    """Turn a check of one example into a test that draws many, on each engine; a server gets the first of them."""

    def decorate(check: Callable[..., None]) -> Callable[[Engine], None]:
        def test(engine: Engine) -> None:
            wanted = examples or settings.default.max_examples
            number = wanted if engine.url is None else max(1, wanted // SERVED)
            drawing = given(st.tuples(*strategies))
            drawing(settings(max_examples=number)(lambda values: check(engine, *values)))()

        test.__name__, test.__module__ = check.__name__, check.__module__
        test.drawn = check  # type: ignore[attr-defined]
        return test

    return decorate


@dataclass
class Served(World):
    """Tables in a schema of their own for as long as the folder is open."""

    url: str = ""
    schema: str = ""

    @classmethod
    def of(cls, world: World, url: str) -> Served:
        """Return the same company on a server."""
        return cls(world.tables, world.datasets, world.zone, world.currency, world.week_starts,
                   world.fiscal_year_starts, world.calendars, url, f"s{uuid.uuid4().hex}")  # fmt: skip

    def catalog(self, *metrics: Metric) -> Catalog:
        """Return the catalog of the datasets and some metrics."""
        plain = super().catalog(*metrics)
        datasets = {
            name: each if each.union else replace(each, files=(), table=f"{self.schema}.{name}")
            for name, each in plain.datasets.items()
        }
        return replace(plain, sources={"files": SourceDefinition("files", self.url)}, datasets=datasets)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Copy the tables into a schema, and drop it at the end."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(self.schema)))
            try:
                for name, rows in self.tables.items():
                    self._copy(connection, name, rows)
                yield Path()
            finally:
                connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(self.schema)))

    def _copy(self, connection: psycopg.Connection[tuple[object, ...]], name: str, rows: pa.Table) -> None:
        target = sql.Identifier(self.schema, name)
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(_NAMES[field.type]))
            for field in rows.schema
        )
        connection.execute(sql.SQL("create table {} ({})").format(target, columns))
        with connection.cursor() as cursor, cursor.copy(sql.SQL("copy {} from stdin").format(target)) as copy:
            for line in rows.to_pylist():
                copy.write_row(tuple(line.values()))
