# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from metrics.catalog.dataset import ColumnType, Dataset, SourceDefinition
from metrics.columns import Columns
from metrics.errors import (
    SecretMissing,
    SourceError,
    SourceMissing,
    SourceRejected,
    SourceTimeout,
    SourceUnavailable,
)
from metrics.file_roots import FileRoots
from metrics.grain import Span
from metrics.source import Source, open_source


def as_dicts(columns: Columns) -> list[dict[str, Any]]:
    return [dict(zip(columns.names, row, strict=True)) for row in columns.rows()]


@contextmanager
def opened(
    root: Path,
    *datasets: Dataset,
    url: str = "duckdb:///:memory:",
    timeout: str = "60s",
    roots: tuple[str, ...] = (),
) -> Iterator[Source]:
    definition = SourceDefinition("files", url, timeout=Span.parse(timeout))
    source = open_source(definition, FileRoots(root, roots), datasets)
    try:
        yield source
    finally:
        source.close()


def read(source: Source, dataset: Dataset) -> list[dict[str, Any]]:
    return as_dicts(source.fetch(sa.select(source.table(dataset))))


def csv(
    root: Path, text: str | bytes, name: str = "log.csv", **more: Any
) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """Write a CSV file and return its columns' types and its rows."""
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    dataset = Dataset("log", "files", files=(name,), **more)
    with opened(root, dataset) as source:
        types = {
            column: f"{spec.type}{' naive' if spec.naive else ''}"
            for column, spec in source.columns(dataset).items()
        }
        return types, [tuple(row.values()) for row in read(source, dataset)]


# -- how CSV columns get their types -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "type_", "read_as"),
    [
        (("007", "012"), "text", ["007", "012"]),
        (("7", "012"), "text", ["7", "012"]),
        (("7", "-12", "0"), "integer", [7, -12, 0]),
        (("999999999999999999", "1"), "integer", [999999999999999999, 1]),
        (("7.50", "-0.000001"), "decimal", [Decimal("7.5"), Decimal("-0.000001")]),
        (("7", "1.25"), "decimal", [Decimal("7"), Decimal("1.25")]),
        (("1e3", "2.5"), "float", [1000.0, 2.5]),
        (("0.1234567", "1"), "float", [0.1234567, 1.0]),
        (("1,5", "2"), "text", ["1,5", "2"]),
        (("$5", "2"), "text", ["$5", "2"]),
        (("+5", "2"), "text", ["+5", "2"]),
        (("true", "FALSE"), "boolean", [True, False]),
        (("yes", "no"), "text", ["yes", "no"]),
        (("true", "1"), "text", ["true", "1"]),
        (("2024-02-29", "2024-03-01"), "date", [date(2024, 2, 29), date(2024, 3, 1)]),
        (("2024-02-30", "2024-03-01"), "text", ["2024-02-30", "2024-03-01"]),
        (("20-10-16", "21-10-16"), "text", ["20-10-16", "21-10-16"]),
        (("01/02/2024", "03/04/2024"), "text", ["01/02/2024", "03/04/2024"]),
        (("2024-3-1", "2024-03-01"), "text", ["2024-3-1", "2024-03-01"]),
        (("20240301", "20240302"), "integer", [20240301, 20240302]),
        (("2024-03-01 10:00:00", "2024-03-01T11:30"), "timestamp naive",
         [datetime(2024, 3, 1, 10), datetime(2024, 3, 1, 11, 30)]),
        (("2024-03-01 10:00:00.25", "2024-03-01 10:00:00"), "timestamp naive",
         [datetime(2024, 3, 1, 10, 0, 0, 250000), datetime(2024, 3, 1, 10)]),
        (("2024-03-01 25:00:00", "2024-03-01 10:00:00"), "text", ["2024-03-01 25:00:00", "2024-03-01 10:00:00"]),
        (("2024-03-01", "2024-03-01 10:00:00"), "text", ["2024-03-01", "2024-03-01 10:00:00"]),
        (("2024-03-01T10:00:00Z", "2024-03-01 10:00:00+01:00"), "timestamp",
         [datetime(2024, 3, 1, 10, tzinfo=UTC), datetime(2024, 3, 1, 9, tzinfo=UTC)]),
        (("2024-03-01 10:00:00 UTC", "2024-03-01 10:00:00+00"), "timestamp", [datetime(2024, 3, 1, 10,
        tzinfo=UTC)] * 2),
        (("12:30", "13:00"), "text", ["12:30", "13:00"]),
        (("a", "NULL"), "text", ["a", "NULL"]),
        (("NaN", "1"), "text", ["NaN", "1"]),
        (("inf", "1"), "text", ["inf", "1"]),
        (("7", ""), "integer", [7, None]),
        (("2024-03-01", ""), "date", [date(2024, 3, 1), None]),
        (("", ""), "null", [None, None]),
    ],
)  # fmt: skip
def test_a_column_has_a_type_only_where_every_value_fits(
    tmp_path: Path, values: tuple[str, ...], type_: str, read_as: list[Any]
) -> None:
    types, rows = csv(tmp_path, "id,x\n" + "".join(f'r{index},"{value}"\n' if value else f"r{index},\n"
                                                  for index, value in enumerate(values)))  # fmt: skip
    assert types == {"id": "text", "x": type_}
    assert [row[1] for row in rows] == read_as


def test_a_late_value_that_does_not_fit_makes_the_whole_column_text(tmp_path: Path) -> None:
    lines = "".join(f"{index},{index}\n" for index in range(30_000))
    types, rows = csv(tmp_path, f"id,x\n{lines}last,007\n")
    assert types == {"id": "text", "x": "text"}
    assert rows[-1] == ("last", "007")


@pytest.mark.parametrize(
    "text",
    ["id,name\na,b\n", "id,name\r\na,b\r\n", "id;name\na;b\n", '"id","name"\n"a","b"\n', "id\tname\na\tb\n",
     "id,name\na,b", b"\xef\xbb\xbfid,name\na,b\n"],
    ids=["text", "crlf", "semicolon", "quoted", "tab", "no newline", "bom"],
)  # fmt: skip
def test_the_first_line_names_the_columns(tmp_path: Path, text: str | bytes) -> None:
    assert csv(tmp_path, text) == ({"id": "text", "name": "text"}, [("a", "b")])


def test_a_file_of_a_header_alone_has_columns_and_no_rows(tmp_path: Path) -> None:
    types, rows = csv(tmp_path, "id,name,amount\n")
    assert (list(types), rows) == (["id", "name", "amount"], [])


def test_quotes_hold_commas_lines_and_quotes(tmp_path: Path) -> None:
    _, rows = csv(tmp_path, 'id,name\n1,"a, ""b""\nc"\n2,d\n')
    assert rows == [(1, 'a, "b"\nc'), (2, "d")]


def test_gzip_several_files_and_missing_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,x\n1,5\n"))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"id,y\n2,2024-01-01\n"))
    dataset = Dataset("log", "files", files=("*.csv.gz",))
    with opened(tmp_path, dataset) as source:
        rows = sorted(read(source, dataset), key=lambda row: row["id"])
    assert rows == [{"id": 1, "x": 5, "y": None}, {"id": 2, "x": None, "y": date(2024, 1, 1)}]


def test_a_declared_type_leaves_the_text_alone(tmp_path: Path) -> None:
    types, rows = csv(tmp_path, "id,d\n1,2024-01-01\n", types={"d": ColumnType("date", format="%Y-%m-%d")})
    assert (types, rows) == ({"id": "integer", "d": "text"}, [(1, "2024-01-01")])


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "log.csv").write_text("id\n1\n")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "data").symlink_to(tmp_path / "real")
    dataset = Dataset("log", "files", files=("data/*.csv",))
    with opened(tmp_path / "project", dataset, roots=("../real",)) as source:
        assert read(source, dataset) == [{"id": 1}]


# -- what cannot be read -------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [("nothing.csv",), ("*.parquet", "no/such/*.csv")], ids=["file", "globs"])
def test_a_missing_file_is_said(tmp_path: Path, files: tuple[str, ...]) -> None:
    dataset = Dataset("log", "files", files=files)
    with opened(tmp_path, dataset) as source, pytest.raises(SourceMissing) as error:
        source.columns(dataset)
    assert str(error.value) == f"source 'files': no file matches {', '.join(files)}"


def outside(root: Path) -> Path:
    path = root / "elsewhere" / "secret.csv"
    path.parent.mkdir()
    path.write_text("id,password\n1,hunter2\n")
    return path


@pytest.mark.parametrize(
    "table", ["/etc/passwd", "{path}", "read_csv('{path}')", 'x" union select 1 --', "log, '{path}'"]
)
def test_no_name_of_a_table_reaches_a_file_outside(tmp_path: Path, table: str) -> None:
    path = outside(tmp_path)
    (tmp_path / "log.csv").write_text("id\n1\n")
    declared = Dataset("log", "files", files=("log.csv",))
    crafted = Dataset("crafted", "files", table=table.format(path=path))
    with opened(tmp_path, declared, crafted) as source:
        assert read(source, declared) == [{"id": 1}]
        with pytest.raises(SourceError) as error:
            source.columns(crafted)
        assert "hunter2" not in str(error.value)
        with pytest.raises(SourceError) as error:
            source.fetch(sa.select(sa.literal_column("*")).select_from(sa.table(str(path))))
        assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM read_csv('{path}')", "SELECT * FROM read_text('{path}')", "SELECT * FROM '{path}'",
     "SELECT * FROM glob('/etc/*')", "COPY (SELECT 1) TO '{path}'", "ATTACH '{path}.db'", "INSTALL httpfs",
     "LOAD httpfs",
     "SET enable_external_access = true", "SET allowed_paths = ['/']", "RESET lock_configuration"],
)  # fmt: skip
def test_not_even_a_statement_of_its_own_gets_out(tmp_path: Path, statement: str) -> None:
    path = outside(tmp_path)
    (tmp_path / "log.csv").write_text("id\n1\n")
    dataset = Dataset("log", "files", files=("log.csv",))
    with opened(tmp_path, dataset) as source, pytest.raises(duckdb.Error):
        source._raw.execute(statement.format(path=path)).fetchall()  # type: ignore[attr-defined]


def test_what_does_not_fit_into_memory_goes_below_the_systems_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "system"
    system.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(system))
    (tmp_path / "log.csv").write_text("id\n1\n")
    # Too little for the table below.
    connect = duckdb.connect
    monkeypatch.setattr(
        duckdb,
        "connect",
        lambda *given, **more: connect(*given, **more | {"config": {"memory_limit": "30MB"}}),
    )
    with opened(tmp_path, Dataset("log", "files", files=("log.csv",))) as source:
        raw = source._raw  # type: ignore[attr-defined]
        (found,) = raw.execute("SELECT current_setting('temp_directory')").fetchone()
        assert Path(found).parent == system
        raw.execute("CREATE TEMP TABLE x AS SELECT range a, repeat('y', 40) || range b FROM range(1500000)")
        assert [path.name for path in system.iterdir()] == [Path(found).name]
    assert list(system.iterdir()) == []
    assert not Path(".tmp").exists()


def database(root: Path, *statements: str) -> str:
    with duckdb.connect(str(root / "crm.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)
    return "duckdb:///crm.duckdb"


def test_a_database_file_is_read_with_its_types(tmp_path: Path) -> None:
    url = database(
        tmp_path, "CREATE SCHEMA sales",
        "CREATE TABLE sales.deals AS SELECT 1::INT AS id, 1.5::DECIMAL(9,2) AS amount, DATE '2024-01-01' AS d, "
        "TIMESTAMP '2024-01-01 10:00' AS t, TIMESTAMPTZ '2024-01-01 10:00:00+00' AS u, 'x' AS s, "
        "true AS b, 0.5::DOUBLE AS f",
    )  # fmt: skip
    dataset = Dataset("deals", "files", table="sales.deals")
    with opened(tmp_path, dataset, url=url) as source:
        types = {name: (str(spec.type), spec.naive) for name, spec in source.columns(dataset).items()}
        [row] = read(source, dataset)
    assert types == {
        "id": ("integer", False), "amount": ("decimal", False), "d": ("date", False), "t": ("timestamp", True),
        "u": ("timestamp", False), "s": ("text", False), "b": ("boolean", False), "f": ("float", False),
    }  # fmt: skip
    assert row["u"] == datetime(2024, 1, 1, 10, tzinfo=UTC)


def test_a_database_file_is_never_written(tmp_path: Path) -> None:
    url = database(tmp_path, "CREATE TABLE deals AS SELECT 1 AS id")
    with opened(tmp_path, url=url) as source, pytest.raises(duckdb.Error):
        source._raw.execute("DELETE FROM deals")  # type: ignore[attr-defined]


def test_a_missing_table_and_a_missing_database_are_said(tmp_path: Path) -> None:
    url = database(tmp_path, "CREATE TABLE deals AS SELECT 1 AS id")
    dataset = Dataset("leads", "files", table="leads")
    with opened(tmp_path, dataset, url=url) as source, pytest.raises(SourceMissing) as error:
        source.columns(dataset)
    assert "leads" in str(error.value)
    with pytest.raises(SourceMissing) as error, opened(tmp_path, url="duckdb:///gone.duckdb"):
        pass
    assert str(error.value) == "source 'files': no file gone.duckdb"


def test_a_slow_query_is_stopped_and_the_source_goes_on(tmp_path: Path) -> None:
    url = database(
        tmp_path, "CREATE TABLE deals AS SELECT 1 AS id",
        "CREATE VIEW slow AS SELECT sum(sin(a.range * b.range)) AS id FROM range(10000000) a, range(10000000) b",
    )  # fmt: skip
    slow, deals = Dataset("slow", "files", table="slow"), Dataset("deals", "files", table="deals")
    with opened(tmp_path, slow, deals, url=url, timeout="1s") as source:
        with pytest.raises(SourceTimeout) as error:
            read(source, slow)
        assert str(error.value) == "source 'files': no answer within 1 s"
        assert error.value.transient
        assert read(source, deals) == [{"id": 1}]


def test_a_file_that_somebody_writes_is_a_passing_error_that_names_the_holder(tmp_path: Path) -> None:
    url = database(tmp_path, "CREATE TABLE deals AS SELECT 1 AS id")
    holding = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", holding, str(tmp_path / "crm.duckdb")], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(SourceUnavailable) as error, opened(tmp_path, url=url):
            pass
        holder.communicate("")
    assert error.value.transient
    assert "Could not set lock on file" in str(error.value)
    assert f"PID {holder.pid}" in str(error.value)
    with opened(tmp_path, url=url) as source:
        assert read(source, Dataset("deals", "files", table="deals")) == [{"id": 1}]


# -- secrets -------------------------------------------------------------------------------------------


def test_secrets_come_from_the_environment_and_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database(tmp_path, "CREATE TABLE deals AS SELECT 1 AS id")
    (tmp_path / "name.txt").write_text("crm\n")
    monkeypatch.setenv("CRM_SUFFIX", "duckdb")
    dataset = Dataset("deals", "files", table="deals")
    with opened(tmp_path, dataset, url="duckdb:///${file:name.txt}.${CRM_SUFFIX}") as source:
        assert read(source, dataset) == [{"id": 1}]


@pytest.mark.parametrize("reference", ["${CRM_URL}", "${file:no/such.txt}", "${}"])
def test_a_missing_secret_is_named_and_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str
) -> None:
    monkeypatch.delenv("CRM_URL", raising=False)
    with pytest.raises(SecretMissing) as error, opened(tmp_path, url=reference):
        pass
    assert str(error.value) == f"source 'files': the secret {reference} is not set"


@pytest.mark.parametrize(
    "url", ["duckdb:///${TOP}/crm.duckdb", "${TOP}", "${TOP}://crm", "postgresql+nodriver://u:${TOP}@nowhere/crm",
            "duckdb:///${TOP}"],
)  # fmt: skip
def test_no_error_carries_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TOP", "hunter2")
    with pytest.raises(Exception) as error, opened(tmp_path, url=url):  # noqa: PT011
        pass
    assert "hunter2" not in str(error.value)


def test_what_is_no_url_and_what_no_source_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRejected) as error, opened(tmp_path, url="crm"):
        pass
    assert str(error.value) == "source 'files': its url is not a SQLAlchemy URL"
    with pytest.raises(SourceRejected) as error, opened(tmp_path, url="mystery:///x"):
        pass
    assert str(error.value).startswith("source 'files': mystery is not a known kind of source; known: duckdb")
