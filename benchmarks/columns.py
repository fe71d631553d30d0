"""A result as columns against the same result as a dict a row: DuckDB, four columns, one of them a DECIMAL.

`python -m benchmarks.columns [rows]`; both sides go through the same source, and add up the same numbers.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import sqlalchemy as sa

from benchmarks.harness import compare
from metrics.catalog.dataset import Dataset, SourceDefinition
from metrics.file_roots import FileRoots
from metrics.source import Source, open_source

ROWS = 1_700_000
TABLE = """
create table sales as
select date '2023-01-01' + (i % 1095)::integer as day, 'channel ' || (i % 40) as channel, (i * 7) % 100000 as number,
    ((i * 1237) % 100000000 / 100)::decimal(18, 6) as amount
from range({rows}) as r(i)
"""


def main(rows: int) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        with duckdb.connect(str(root / "sales.duckdb")) as connection:
            connection.execute(TABLE.format(rows=rows))
        dataset = Dataset("sales", "shop", table="sales", key=("number",))
        source = open_source(SourceDefinition("shop", "duckdb:///sales.duckdb"), FileRoots(root), [dataset])
        columns = source.table(dataset).c
        # Typed as the planner types them, so that SQLAlchemy makes of rows what it makes of a scan's.
        select = sa.select(
            columns.day,
            columns.channel,
            columns.number,
            sa.type_coerce(columns.amount, sa.Numeric()).label("amount"),
        )
        try:
            _measured(source, select, rows)
        finally:
            source.close()


def _measured(source: Source, select: sa.Select[Any], rows: int) -> None:
    connection: sa.Connection = source._connection  # type: ignore[attr-defined]

    def dicts() -> float:
        found = [dict(row) for row in connection.execute(select).mappings()]
        amounts = np.array([float(row["amount"]) for row in found])
        numbers = np.array([int(row["number"]) for row in found])
        return float(amounts.sum() + numbers.sum())

    def arrays() -> float:
        found = source.fetch(select)
        return float(found.floats("amount").sum() + found.integers("number").sum())

    def values() -> Decimal:
        found = source.fetch(select)
        return sum((amount for _, _, _, amount in found.rows()), Decimal(0))

    assert arrays() == dicts()
    for name, run in (("dicts", dicts), ("columns", arrays), ("columns as Python values", values)):
        print(f"{name}: {_cpu(run):.2f} s of the processor")
    compare(f"{rows:,} rows, numbers as arrays against dicts", arrays, dicts, rounds=1)
    compare(f"{rows:,} rows, every value as Python has it, against dicts", values, dicts, rounds=1)


def _cpu(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
