"""What an engine writes differently stands behind its dialect, and nowhere in the kinds or the scans."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

import metrics
from metrics.dialect import Dialect
from metrics.sources.duckdb.dialect import DuckDBDialect
from metrics.sources.postgres.dialect import PostgresDialect

ROOT = Path(metrics.__file__).parent
ROOMS = ("sql", "kinds", "engine", "operations", "data_checks")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

# Alike on every engine by name, arguments and result; whatever else is called is a method of the dialect.
FUNCTIONS = {
    "abs", "coalesce", "count", "exp", "floor", "greatest", "grouping", "grouping_sets", "lag", "lead", "least",
    "max", "min", "nullif", "power", "replace", "round", "row_number", "sqrt", "sum", "upper",
}  # fmt: skip
FIELDS = {"year", "month", "day"}
# `sa` alone: no type, no text and no operator of one engine.
NAMES = {"ARRAY", "Interval", "JSON", "text", "dialects"}
METHODS = {"op", "bool_op", "table_valued", "within_group", "aggregate_order_by", "regexp_match", "ilike"}


def engine_words(source: str) -> list[str]:
    """Return the words in a module's code that some engine does not know."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy.dialects"):
            found.append(node.module or "")
        if not isinstance(node, ast.Attribute):
            continue
        of = ast.unparse(node.value)
        if (of == "sa.func" and node.attr not in FUNCTIONS) or (of == "sa" and node.attr in NAMES):
            found.append(f"{of}.{node.attr}")
        elif node.attr in METHODS:
            found.append(f".{node.attr}")
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name, first = ast.unparse(call.func), call.args[0] if call.args else None
        if not isinstance(first, ast.Constant):
            continue
        if name == "sa.extract" and first.value not in FIELDS:
            found.append(f"extract {first.value}")
        if name == "sa.literal_column" and not str(first.value).replace(".", "").isdigit():
            found.append(f"literal_column {first.value}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_engine_word_stands_outside_the_dialects(path: Path) -> None:
    assert engine_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("sa.func.generate_series(a, b)", "sa.func.generate_series"),
        ("sa.func.percentile_disc(0.5).within_group(x)", "sa.func.percentile_disc"),
        ("sa.func.date_trunc('week', x)", "sa.func.date_trunc"),
        ("sa.extract('isodow', day)", "extract isodow"),
        ("sa.literal_column(\"'week'\")", "literal_column 'week'"),
        ("x.op('#>>')(y)", ".op"),
        ("sa.cast(x, sa.ARRAY(sa.Text()))", "sa.ARRAY"),
        ("from sqlalchemy.dialects.postgresql import JSONB", "sqlalchemy.dialects.postgresql"),
    ],
)
def test_an_engine_word_is_noticed(code: str, word: str) -> None:
    assert word in engine_words(code)


@pytest.mark.parametrize(
    "code", ["sa.func.sum(x)", "sa.extract('month', day)", "sa.literal_column('0.0')", "sa.Text()"]
)
def test_what_all_engines_know_is_none(code: str) -> None:
    assert engine_words(code) == []


def test_a_dialect_without_a_method_is_refused() -> None:
    missing = {
        name for name, each in inspect.getmembers(Dialect) if getattr(each, "__isabstractmethod__", False)
    }

    class Deaf(Dialect):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Deaf()  # type: ignore[abstract]
    assert {
        "cast",
        "is_finite",
        "series_of_days",
        "ordered_values",
        "percentile_discrete",
        "like",
        "concat",
    } <= missing
    assert {"months", "truncate", "lower", "upper"}.isdisjoint(missing)


@pytest.mark.parametrize("dialect", [DuckDBDialect(), PostgresDialect("C.utf8")], ids=["duckdb", "postgres"])
def test_an_engine_has_every_method(dialect: Any) -> None:
    assert not type(dialect).__abstractmethods__
