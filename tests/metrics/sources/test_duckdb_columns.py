"""DuckDB's columns by Arrow hold what its rows hold, to the type."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from metrics.catalog.dataset import SourceDefinition
from metrics.columns import Listed
from metrics.file_roots import FileRoots
from metrics.source import open_source
from metrics.sources.duckdb.arrow_columns import column_of, known
from metrics.sources.duckdb.source import DuckDBSource

_CONTEXT = Context(prec=60)


@pytest.fixture(scope="module")
def source() -> Iterator[DuckDBSource]:
    opened = open_source(SourceDefinition("files", "duckdb:///:memory:"), FileRoots(Path()), ())
    assert isinstance(opened, DuckDBSource)
    yield opened
    opened.close()


# type in DuckDB, values as SQL, whether Arrow is read
TYPES: list[tuple[str, list[str], bool]] = [
    ("tinyint", ["-128", "127"], True),
    ("integer", ["-2147483648", "2147483647"], True),
    ("bigint", ["-9223372036854775808", "9223372036854775807"], True),
    ("ubigint", ["0", "18446744073709551615"], True),
    ("hugeint", ["1", "-1", "-9223372036854775809", "170141183460469231731687303715884105727"], True),
    ("hugeint", ["-9223372036854775808", "9223372036854775807"], True),
    ("decimal(4,1)", ["-999.9", "0.1"], True),
    ("decimal(9,3)", ["-999999.999", "0.001"], True),
    ("decimal(18,6)", ["-999999999999.999999", "0.000001", "1000"], True),
    ("decimal(38,2)", ["999999999999999999999999999999999999.99", "-0.01"], True),
    ("decimal(38,38)", ["'0.99999999999999999999999999999999999999'", "-0.5"], True),
    ("decimal(38,0)", ["99999999999999999999999999999999999999", "-7"], True),
    ("double", ["1e300", "'nan'", "'inf'", "'-inf'", "-0.0", "0.1"], True),
    ("float", ["0.1", "'nan'"], True),
    ("boolean", ["true", "false"], True),
    ("varchar", ["''", "'é\U0001f600'", "'a''b'"], True),
    ("date", ["'0001-01-01'", "'1969-12-31'", "'9999-12-31'"], True),
    ("date", ["'20260-01-01'", "'infinity'", "'-infinity'", "'0044-03-15 (BC)'", "'2026-01-01'"], True),
    ("timestamp", ["'0001-01-01'", "'1969-12-31 23:59:59.999999'", "'9999-12-31 23:59:59.999999'"], True),
    ("timestamp", ["'20260-01-01 01:02:03.5'", "'infinity'", "'-infinity'", "'2026-01-01'"], True),
    ("timestamptz", ["'0001-01-01 00:00:00+00'", "'1969-12-31 23:59:59.999999+02'", "'2026-06-01 12:00:00+00'"], True),
    ("timestamptz", ["'20260-01-01 00:00:00+00'", "'infinity'", "'-infinity'", "'2026-01-01 00:00:00+00'"], True),
    ("bigint[]", ["[1, null, 3]", "[]"], True),
    ("enum('a', 'b')", ["'b'", "'a'"], True),
    ("uuid", ["'9c25ae5b-88ae-4ca7-b2b3-cab93d692314'"], False),
    ("json", ["'{\"a\": [1]}'"], False),
    ("interval", ["'1 day 2 hours'"], False),
    ("time", ["'10:00:00.5'"], False),
    ("timestamp_ns", ["'2026-01-01 00:00:00.123456789'", "'infinity'"], False),
    ("timestamp_s", ["'2026-01-01 00:00:00'", "'20260-01-01'"], False),
    ("uhugeint", ["340282366920938463463374607431768211455"], False),
    ("struct(a integer)", ["{'a': 1}"], False),
    ("blob", ["'\\x01'"], False),
]  # fmt: skip


def select_of(type_: str, values: list[str]) -> sa.Select[Any]:
    lines = ", ".join(f"(cast({value} as {type_}))" for value in [*values, "null", *values])
    return sa.select(sa.literal_column("v")).select_from(sa.text(f"(values {lines}) as t(v)"))


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and math.isnan(ours):
        return isinstance(theirs, float) and math.isnan(theirs)
    if isinstance(ours, datetime) and (ours.tzinfo is None) != (theirs.tzinfo is None):
        return False
    exact = str(ours) == str(theirs) if isinstance(ours, Decimal | float) else ours == theirs
    return type(ours) is type(theirs) and exact


@pytest.mark.parametrize(
    ("type_", "values", "arrow"), TYPES, ids=lambda each: each if isinstance(each, str) else ""
)
def test_columns_hold_what_rows_hold(
    source: DuckDBSource, type_: str, values: list[str], arrow: bool
) -> None:
    select = select_of(type_, values)
    rows = [row[0] for row in source._connection.execute(select)]
    columns = source.fetch(select)
    assert (columns.names, len(columns)) == (("v",), len(rows))
    ours = list(columns["v"])
    assert all(map(same, ours, rows)), (ours, rows)
    assert ours[len(values)] is None
    described = source._connection.execute(select)
    assert described.cursor is not None
    assert known(str(described.cursor.description[0][1])) is arrow
    described.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        # What SQLAlchemy says of a value's type holds, as it did for rows.
        (sa.type_coerce(sa.literal_column("1.5::double"), sa.Numeric()), Decimal("1.5000000000")),
        (sa.type_coerce(sa.literal_column("3::bigint"), sa.Numeric()), Decimal(3)),
        (sa.type_coerce(sa.literal_column("1.50::decimal(18,2)"), sa.Double()), 1.5),
        (sa.type_coerce(sa.literal_column("1.50::decimal(18,2)"), sa.Numeric()), Decimal("1.50")),
        (sa.type_coerce(sa.literal_column("[1, 2]::bigint[]"), sa.ARRAY(sa.BigInteger())), [1, 2]),
        (sa.cast(sa.null(), sa.Date()), None),
    ],
)
def test_a_value_is_of_the_type_that_was_selected(source: DuckDBSource, column: Any, value: Any) -> None:
    select = sa.select(column.label("v"))
    found = source.fetch(select).scalar()
    assert same(found, value)
    assert same(found, source._connection.execute(select).scalar())


def test_an_empty_result_has_its_columns(source: DuckDBSource) -> None:
    day = sa.cast(sa.literal_column("'2026-01-01'"), sa.Date()).label("day")
    amount = sa.literal_column("1.5::decimal(18,2)").label("amount")
    columns = source.fetch(
        sa.select(day, amount, sa.literal_column("1::hugeint").label("n")).where(sa.false())
    )
    assert (columns.names, len(columns), list(columns.rows())) == (("day", "amount", "n"), 0, [])
    assert columns.floats("amount").tolist() == []
    assert columns.integers("n").tolist() == []


def test_values_of_several_batches_stay_in_order(source: DuckDBSource) -> None:
    amount = sa.literal_column("case when i % 7 = 0 then null else (i / 100)::decimal(18,6) end").label(
        "amount"
    )
    days = sa.literal_column("case when i % 5 = 0 then null else date '2000-01-01' + i::integer end").label(
        "day"
    )
    moment = sa.literal_column("timestamptz '2000-01-01 00:00:00+00' + to_seconds(i)").label("t")
    rows = sa.text("range(300000) r(i)")
    select = sa.select(sa.literal_column("i").label("i"), amount, days, moment).select_from(rows)
    columns = source.fetch(select)
    assert [tuple(row) for row in source._connection.execute(select)] == list(columns.rows())
    floats = columns.floats("amount", null=-1.0).tolist()
    assert floats == [-1.0 if value is None else float(value) for value in columns["amount"]]
    assert columns.integers("i").tolist() == list(range(300000))
    assert columns["t"][1] == datetime(2000, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert columns["day"][1] == date(2000, 1, 2)


@given(
    st.integers(0, 38).flatmap(
        lambda scale: st.lists(
            st.none()
            | st.integers(-(10**38) + 1, 10**38 - 1).map(lambda n: Decimal(n).scaleb(-scale, _CONTEXT)),
            min_size=1,
        ).map(lambda values: (scale, values))
    )
)
def test_any_decimal_is_exact_and_its_double_the_nearest(drawn: tuple[int, list[Decimal | None]]) -> None:
    scale, values = drawn
    column = column_of(f"DECIMAL(38,{scale})", pa.chunked_array([pa.array(values, pa.decimal128(38, scale))]))
    assert [str(each) for each in column.values()] == [str(each) for each in values]
    assert column.floats(0.0).tolist() == [0.0 if each is None else float(each) for each in values]


@given(st.lists(st.none() | st.integers(-(2**60), 2**60), min_size=1), st.integers(0, 18))
def test_a_short_decimal_has_the_nearest_double(wholes: list[int | None], scale: int) -> None:
    values = [None if whole is None else Decimal(whole).scaleb(-scale, _CONTEXT) for whole in wholes]
    array = pa.chunked_array([pa.array(values, pa.decimal128(38, scale))]).slice(len(values) // 2)
    column, kept = column_of(f"DECIMAL(38,{scale})", array), values[len(values) // 2 :]
    assert column.floats(0.0).tolist() == Listed(kept).floats(0.0).tolist()
    assert list(column.values()) == kept


def test_whole_numbers_beyond_64_bits_are_no_array(source: DuckDBSource) -> None:
    columns = source.fetch(sa.select(sa.literal_column("9223372036854775808::hugeint").label("n")))
    assert columns.floats("n").dtype == np.float64
    with pytest.raises(OverflowError):
        columns.integers("n")
    nothing = source.fetch(sa.select(sa.literal_column("null::bigint").label("n")))
    with pytest.raises(TypeError):
        nothing.integers("n")


def test_pyarrow_is_not_needed_until_a_result_comes() -> None:
    code = (
        "import sys, metrics.sources.duckdb.source, metrics.engine.planner, metrics.kind; metrics.kind.kinds()\n"
        "assert 'pyarrow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
