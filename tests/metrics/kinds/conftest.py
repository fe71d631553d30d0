"""The golden project on every engine: `golden_<engine>` gives its definitions over the engine's own source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import SourceDefinition
from metrics.dialect import Type
from metrics.file_roots import FileRoots
from metrics.source import open_source
from tests.metrics.kinds.golden import PROJECT, golden_catalog
from tests.postgres_server import PostgresServer

_WRITTEN = {
    Type.INTEGER: "bigint", Type.DECIMAL: "numeric(18, 6)", Type.FLOAT: "double precision", Type.BOOLEAN: "boolean",
    Type.DATE: "date", Type.TEXT: "text", Type.NULL: "text",
}  # fmt: skip


@pytest.fixture(scope="session")
def golden_duckdb() -> Catalog:
    return golden_catalog()


@pytest.fixture(scope="session")
def golden_postgres(postgres: PostgresServer) -> Iterator[Catalog]:
    """Put the rows of files into tables; return the same definitions over those."""
    catalog = golden_catalog()
    [name] = catalog.sources
    tables = {name: replace(dataset, files=(), table=name) for name, dataset in catalog.datasets.items()}
    with postgres.fresh() as server:
        _copy(catalog, server)
        yield replace(catalog, sources={name: SourceDefinition(name, server.url)}, datasets=tables)


def _copy(catalog: Catalog, server: PostgresServer) -> None:
    [files] = catalog.sources.values()
    source = open_source(files, FileRoots(PROJECT), tuple(catalog.datasets.values()))
    with server.connect() as owner:
        for name, dataset in catalog.datasets.items():
            types = {
                column: ("timestamp" if spec.naive else "timestamptz") if spec.type is Type.INSTANT
                else _WRITTEN[spec.type]
                for column, spec in source.columns(dataset).items()
            }  # fmt: skip
            columns = ", ".join(f'"{column}" {type_}' for column, type_ in types.items())
            owner.execute(f'create table "{name}" ({columns})')
            with owner.cursor() as cursor, cursor.copy(f'copy "{name}" from stdin') as copy:
                for row in source.fetch(sa.select(source.table(dataset))).rows():
                    copy.write_row(row)
    source.close()
