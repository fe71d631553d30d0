from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from metrics.errors import ExpressionError
from metrics.expressions.nodes import Name
from metrics.expressions.parser import parse
from metrics.sources.duckdb.dialect import DuckDBDialect
from metrics.sql import translator as sql
from metrics.sql.translator import Translator

COLUMNS = {"n": "INTEGER", "m": "DECIMAL", "f": "FLOAT", "s": "TEXT", "b": "BOOLEAN", "d": "DATE", "t": "INSTANT",
           "z": "NULL", "q": "UNKNOWN"}  # fmt: skip


def resolve(name: Name) -> sql.Value:
    type_ = sql.Type[COLUMNS[name.parts[0]]]
    return sql.Value(sa.column(name.parts[0], sql.SA_TYPES.get(type_)), type_)


def translator(period: Any = None) -> Translator:
    return Translator(DuckDBDialect(), "Europe/London", resolve, datetime(2026, 1, 2, tzinfo=UTC), period)


def compiled(text: str, literal: bool = True) -> str:
    value = translator().value(parse(text).node).sql
    return str(value.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": literal}))  # type: ignore[no-untyped-call]


def type_of(text: str) -> str:
    return str(translator().value(parse(text).node).type)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("1", "integer"), ("1.5", "decimal"), ("'a'", "text"), ("true", "boolean"), ("null", "null"), ("n + n",
        "integer"),
        ("n + m", "decimal"), ("m * f", "float"), ("n / n", "float"), ("-m", "decimal"), ("n > 1", "boolean"),
        ("b and b", "boolean"), ("s like 'a'", "boolean"), ("n is null", "boolean"), ("n in (1)", "boolean"),
        ("case when b then n else m end", "decimal"), ("case when b then 'a' end", "text"),
        ("coalesce(n, 0.5)", "decimal"),
        ("coalesce(d, t)", "timestamp"), ("least(d, d)", "date"), ("nullif(s, '')", "text"), ("abs(m)", "decimal"),
        ("round(f)", "decimal"), ("floor(n)", "integer"), ("concat(n, s)", "text"), ("date(t)", "date"),
        ("t + 1 day", "timestamp"), ("d + 1 day", "date"), ("d + 1 hour", "timestamp"), ("days_between(d, t)",
        "integer"),
        ("hours_between(d, t)", "float"), ("months_between(d, t)", "integer"), ("json_text(s, 'a')", "text"),
        ("cast(n as text)", "text"), ("cast(s as integer)", "integer"), ("cast(t as date)", "date"),
        ("cast(d as timestamp)", "timestamp"), ("as_of()", "timestamp"), ("n is true", None), ("z = 1", "boolean"),
        ("q = 1", "boolean"), ("q like 'a'", "boolean"),
    ],
)  # fmt: skip
def test_types(text: str, type_: str | None) -> None:
    if type_ is None:
        with pytest.raises(ExpressionError):
            type_of(text)
        return
    assert type_of(text) == type_


def test_constants_are_bound_and_never_written_into_the_text() -> None:
    text = compiled("s = 'Robert''); drop table students; --'", literal=False)
    assert "drop" not in text
    assert text.startswith("s = %(param_1)s")


@pytest.mark.parametrize("text", ["n = null", "n <> null", "n < null", "null = null", "n = z"])
def test_a_comparison_with_nothing_is_never_a_test_for_null(text: str) -> None:
    assert "IS NULL" not in compiled(text)
    assert "IS NOT NULL" not in compiled(text)


def test_division_is_true_and_null_on_zero() -> None:
    assert "CAST(n AS DOUBLE PRECISION)" in compiled("n / m")
    assert "nullif(CAST(m AS DOUBLE PRECISION), 0.0)" in compiled("n / m")


def test_a_condition_is_never_null() -> None:
    node = parse("n > 1").node
    text = str(
        translator()
        .condition(node)
        .compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    )  # type: ignore[no-untyped-call]
    assert text == "coalesce(n > 1, false)"


def test_a_period_is_read_where_there_is_one() -> None:
    start, end = (sql.Value(sa.column(name, sa.Date()), sql.Type.DATE) for name in ("p_start", "p_end"))
    inside = translator((start, end)).value(parse("d >= period_start() and d < period_end()").node)
    assert inside.type is sql.Type.BOOLEAN
    with pytest.raises(ExpressionError) as error:
        translator().value(parse("d >= period_start()").node)
    assert (str(error.value), error.value.offset) == (
        "period_start() has no meaning here: no period is known",
        5,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n + b", "+ works on numbers, got boolean"),
        ("-s", "a number is wanted here, got text"),
        ("d = n", "a date or time is wanted here, got integer"),
        ("s = n", "text is compared with integer"),
        ("b = 'true'", "boolean is compared with text"),
        ("d = '2026-02-30'", "'2026-02-30' is not a date or time such as 2026-03-01"),
        ("t = s", "a text is compared with a date or time: cast it first"),
        ("coalesce(d, 1)", "the values are of different types: date, integer"),
        ("cast(n as date)", "a date or time is wanted here, got integer"),
        ("n + 1 day", "a date or time is wanted here, got integer"),
        ("round(m, f)", "round takes a whole number of places"),
        ("substr(s, 'a')", "a number is wanted here, got text"),
        ("json_text(s, n)", "json_text takes a column and a path such as 'a.b'"),
    ],
)
def test_types_that_do_not_fit_are_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as error:
        translator().value(parse(text).node)
    assert str(error.value) == message
