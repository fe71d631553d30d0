"""Write columns as Parquet files, CSV files and DuckDB tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from api.demo.timeline import Booleans

Columns = Mapping[str, "np.ndarray[Any, np.dtype[Any]]"]


def keep(columns: Columns, rows: Booleans) -> Columns:
    """Return the columns with some of their rows."""
    return {name: values[rows] for name, values in columns.items()}


class Writer:
    """Writes tables through one in-memory DuckDB, in the order of their rows."""

    def __init__(self) -> None:
        # One thread keeps row order, and with it the files, the same from run to run.
        self._connection = duckdb.connect(":memory:", config={"threads": 1})

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def parquet(self, path: Path, columns: Columns, types: Mapping[str, str]) -> int:
        """Write a Parquet file and return its number of rows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        _relation(self._connection, columns, types).write_parquet(str(path), compression="zstd")
        return _length(columns)

    def csv(self, path: Path, columns: Columns, types: Mapping[str, str]) -> int:
        """Write a CSV file with a header and return its number of rows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        _relation(self._connection, columns, types).write_csv(str(path), header=True)
        return _length(columns)


def write_database(path: Path, tables: Mapping[str, tuple[Columns, Mapping[str, str]]]) -> dict[str, int]:
    """Write tables into a new DuckDB file and return their numbers of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for name, (columns, types) in tables.items():
            _relation(connection, columns, types).create(name)
    return {name: _length(columns) for name, (columns, _) in tables.items()}


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _relation(
    connection: duckdb.DuckDBPyConnection, columns: Columns, types: Mapping[str, str]
) -> duckdb.DuckDBPyRelation:
    connection.register("incoming", dict(columns))
    chosen = [
        duckdb.ColumnExpression(name).cast(types[name]).alias(name)
        if name in types
        else duckdb.ColumnExpression(name)
        for name in columns
    ]
    return connection.view("incoming").select(*chosen)
