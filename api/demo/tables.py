"""Write columns as Parquet files, CSV files and DuckDB tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from api.demo.timeline import Booleans, Integers

Column = np.ndarray[Any, np.dtype[Any]]
Columns = Mapping[str, Column]
"""Texts (objects, None for empty), numbers (NaN for empty), truth values and timestamps, by name."""


_FEW = 64


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
        _relation(self._connection, columns, types).write_parquet(str(path), compression="snappy")
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
    coded = {name: _coded(values) for name, values in columns.items() if values.dtype == object}
    few = {name: found for name, found in coded.items() if found is not None}
    connection.register("incoming", {
        name: few[name][0] if name in few else _plain(values) for name, values in columns.items()
    })  # fmt: skip
    chosen = [
        _word(name, few[name][1]) if name in few else _column(name, values, types.get(name))
        for name, values in columns.items()
    ]
    return connection.view("incoming").select(*chosen)


def _coded(values: Column) -> tuple[Integers, list[str | None]] | None:
    """Return places in a list of words, and the list; None where there are many different words."""
    places: dict[str | None, int] = {}
    codes = np.fromiter((places.setdefault(value, len(places)) for value in values), np.int64, len(values))
    return (codes, list(places)) if len(places) <= _FEW else None


def _plain(values: Column) -> Column:
    # DuckDB looks at objects one by one, for seconds; at arrays of plain texts and numbers at once.
    if values.dtype != object:
        return values
    return np.array(["" if value is None else value for value in values], dtype=str)


def _word(name: str, words: list[str | None]) -> duckdb.Expression:
    """Select the text that stands at a place in a list; lists are counted from 1."""
    place = duckdb.ColumnExpression(name) + duckdb.ConstantExpression(1)
    listed = duckdb.ConstantExpression([*words, ""])
    return duckdb.FunctionExpression("list_extract", listed, place).cast("VARCHAR").alias(name)


def _column(name: str, values: Column, type_: str | None) -> duckdb.Expression:
    """Select a column with its type, and with null for an empty text or NaN."""
    column: duckdb.Expression = duckdb.ColumnExpression(name)
    if values.dtype == object:
        filled = column != duckdb.ConstantExpression("")
        column = duckdb.CaseExpression(filled, column.cast("VARCHAR"))
    elif values.dtype.kind == "f":
        column = duckdb.CaseExpression(~duckdb.FunctionExpression("isnan", column), column)
    return (column.cast(type_) if type_ else column).alias(name)
