# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""A real PostgreSQL server as a source: types, one read-only snapshot, and errors in plain words."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.dataset import Dataset, SourceDefinition
from metrics.columns import Columns
from metrics.errors import (
    ExpressionError,
    ExtraMissing,
    SourceError,
    SourceMissing,
    SourceRejected,
    SourceTimeout,
    SourceUnavailable,
)
from metrics.expressions.parser import parse
from metrics.file_roots import FileRoots
from metrics.grain import Span
from metrics.source import Source, open_source
from metrics.sources.postgres.dialect import time_patterns
from metrics.sql.rows import Rows
from metrics.sql.scope import Scope
from tests.postgres_server import PASSWORD, PostgresServer

pytestmark = pytest.mark.postgres

NOW = datetime(2024, 6, 1, tzinfo=UTC)

Connection = psycopg.Connection[Any]


def as_dicts(columns: Columns) -> list[dict[str, Any]]:
    return [dict(zip(columns.names, row, strict=True)) for row in columns.rows()]


@pytest.fixture
def server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    with postgres.fresh() as fresh:
        yield fresh


@pytest.fixture
def owner(server: PostgresServer) -> Iterator[Connection]:
    with server.connect() as connection:
        yield connection


@contextmanager
def opened(url: str, timeout: str = "60s") -> Iterator[Source]:
    source = open_source(SourceDefinition("crm", url, timeout=Span.parse(timeout)), FileRoots(Path()), ())
    try:
        yield source
    finally:
        source.close()


def dataset(table: str) -> Dataset:
    return Dataset("log", "crm", table=table, key=("id",), timezone="Europe/London")


def read(source: Source, table: str) -> list[dict[str, Any]]:
    return as_dicts(source.fetch(sa.select(source.table(dataset(table)))))


def failure(url: str, table: str | None = None, timeout: str = "60s") -> SourceError:
    with pytest.raises(SourceError) as error, opened(url, timeout) as source:
        read(source, table or "nothing")
    assert PASSWORD not in str(error.value)
    return error.value


def evaluated(source: Source, table: str, text: str) -> Any:
    log = dataset(table)
    company = Company("Test", "Europe/London", Currency("GBP"))
    rows = Rows(Scope(Catalog(company, datasets={"log": log}), source, NOW), log)
    row = source.fetch(rows.select({"v": rows.value(parse(text).node).sql})).one()
    return row["v"]


# -- columns --------------------------------------------------------------------------------------------

COLUMNS: list[tuple[str, str, str, str, Any]] = [
    # column, its type, a value as SQL, what it is read as, what comes back
    ("id", "uuid", "'9C25AE5B-88ae-4ca7-b2b3-cab93d692314'", "text", "9c25ae5b-88ae-4ca7-b2b3-cab93d692314"),
    ("small", "smallint", "1", "integer", 1),
    ("whole", "integer", "2147483647", "integer", 2147483647),
    ("large", "bigint", "9000000000", "integer", 9000000000),
    ("price", "numeric(10, 2)", "1.50", "decimal", Decimal("1.50")),
    ("cash", "money", "'1.5'", "decimal", Decimal("1.500000")),
    ("half", "real", "0.5", "float", 0.5),
    ("third", "double precision", "0.1", "float", 0.1),
    ("words", "text", "'Ä'", "text", "Ä"),
    ("short", "varchar(9)", "'x'", "text", "x"),
    ("padded", "char(4)", "'y'", "text", "y"),
    ("loose", "citext", "'Won'", "text", "Won"),
    ("mood", "mood", "'fine'", "text", "fine"),
    ("level", "level", "7", "integer", 7),
    ("yes", "boolean", "true", "boolean", True),
    ("d", "date", "'2024-01-31'", "date", date(2024, 1, 31)),
    ("t", "timestamp", "'2024-07-01 12:00'", "timestamp naive", datetime(2024, 7, 1, 12)),
    ("u", "timestamptz", "'2024-07-01 12:00+02'", "timestamp", datetime(2024, 7, 1, 10, tzinfo=UTC)),
    ("j", "json", """'{"a": {"b": "deep"}, "n": 5}'""", "unknown", {"a": {"b": "deep"}, "n": 5}),
    ("jb", "jsonb", """'{"a": {"b": "deep"}}'""", "unknown", {"a": {"b": "deep"}}),
    ("Select", "text", "'quoted'", "text", "quoted"),
    ("many", "integer[]", "'{1, 2}'", "unknown", [1, 2]),
]


@pytest.fixture
def typed(owner: Connection) -> Connection:
    owner.execute("create extension citext")
    owner.execute("create type mood as enum ('fine', 'bad')")
    owner.execute("create domain level as integer check (value > 0)")
    columns = ", ".join(f'"{name}" {type_}' for name, type_, *_ in COLUMNS)
    owner.execute(f"create table log ({columns}, gone text)")  # type: ignore[call-overload]
    values = ", ".join(value for _, _, value, *_ in COLUMNS)
    owner.execute(f"insert into log values ({values}, null)")  # type: ignore[call-overload]
    owner.execute("alter table log drop column gone")
    return owner


def test_columns_have_the_types_that_expressions_know(server: PostgresServer, typed: Connection) -> None:
    with opened(server.url) as source:
        specs = source.columns(dataset("log"))
        assert {name: f"{spec.type}{' naive' if spec.naive else ''}" for name, spec in specs.items()} == {
            name: read_as for name, _, _, read_as, _ in COLUMNS
        }
        assert read(source, "log") == [{name: value for name, *_, value in COLUMNS}]
        assert read(source, "public.log") == read(source, "log")


def test_views_are_tables_and_names_are_quoted(server: PostgresServer, typed: Connection) -> None:
    typed.execute('create schema "Odd one"')
    typed.execute('create view "Odd one"."Some ""rows""" as select id, words from log')
    typed.execute("create materialized view kept as select id, mood from log")
    with opened(server.url) as source:
        assert [row["words"] for row in read(source, 'Odd one.Some "rows"')] == ["Ä"]
        kept = source.table(replace(dataset("kept"), dataset="kept"))
        assert source.fetch(sa.select(kept.c.mood)).one() == {"mood": "fine"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("id = '9c25ae5b-88ae-4ca7-b2b3-cab93d692314'", True),
        ("mood in ('fine', 'good')", True),
        ("loose = 'won'", False),
        ("lower(loose) = 'won'", True),
        ("padded = 'y'", True),
        ("concat(padded, '|')", "y|"),
        ("whole + 1", 2147483648),
        ("whole * small * 3", 6442450941),
        ("price * level", Decimal("10.50")),
        ("lower(words)", "ä"),
        ("words > 'z'", True),
        ("json_text(j, 'a.b')", "deep"),
        ("json_text(jb, 'a.b')", "deep"),
        ("json_text(j, 'n')", "5"),
        ("json_text(jb, 'none')", None),
        ("t = u + 1 hour", True),
        ("date(t) = '2024-07-01'", True),
        ("cash + price", Decimal("3.000000")),
    ],
)
def test_every_column_is_usable(server: PostgresServer, typed: Connection, text: str, value: Any) -> None:
    with opened(server.url) as source:
        assert evaluated(source, "log", text) == value


def test_what_is_read_as_sql_can_be_read_by_people(server: PostgresServer, typed: Connection) -> None:
    with opened(server.url) as source:
        table = source.table(dataset("log"))
        day = sa.literal(date(2024, 1, 1), sa.Date())
        written = source.compiled(sa.select(table.c.words).where(table.c.words.like("a%"), table.c.d > day))
    assert "LIKE 'a%'" in written
    assert "'2024-01-01'" in written


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Europe/London", "2025-10-26 01:30", "2025-10-26 01:30"),
        ("Europe/London", "2025-03-30 01:30", "2025-03-30 01:30"),
        ("America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04 03:30"),
        ("America/Sao_Paulo", "2018-02-17 23:30", "2018-02-18 02:30"),
    ],
)
def test_a_doubled_hour_is_the_later_and_a_missing_one_moves_on(
    server: PostgresServer, owner: Connection, zone: str, local: str, utc: str
) -> None:
    owner.execute("create table log (id text, t timestamp)")
    owner.execute("insert into log values ('1', %s)", [datetime.fromisoformat(local)])
    with opened(server.url) as source:
        log = replace(dataset("log"), timezone=zone)
        company = Company("Test", "UTC", Currency("GBP"))
        rows = Rows(Scope(Catalog(company, datasets={"log": log}), source, NOW), log)
        row = source.fetch(rows.select({"t": rows.value(parse("t").node).sql})).one()
    assert row["t"] == datetime.fromisoformat(utc).replace(tzinfo=ZoneInfo("UTC"))


def test_years_of_two_digits_lie_in_1969_to_2068() -> None:
    assert time_patterns("%y") == [
        (r"^\s*(69|[7-9][0-9])\s*$", r"19\1-1-1 0:0:0.0"),
        (r"^\s*([0-6][0-9])\s*$", r"20\1-1-1 0:0:0.0"),
    ]
    with pytest.raises(ExpressionError) as error:
        time_patterns("%d %q")
    known = "%H, %M, %S, %Y, %b, %d, %f, %m, %y"
    assert str(error.value) == f"the format '%d %q' cannot be read: PostgreSQL takes {known}, once each"


# -- one read-only snapshot -------------------------------------------------------------------------------


def test_a_run_sees_one_state_of_the_data(server: PostgresServer, owner: Connection) -> None:
    owner.execute("create table log (id integer)")
    with opened(server.url) as source:
        assert read(source, "log") == []
        owner.execute("insert into log values (1)")
        assert read(source, "log") == []
    with opened(server.url) as source:
        assert read(source, "log") == [{"id": 1}]


def test_nothing_is_written_even_by_a_view(server: PostgresServer, owner: Connection) -> None:
    owner.execute("create table log (id integer)")
    owner.execute(
        "create function sly() returns integer language sql as 'insert into log values (1) returning id'"
    )
    owner.execute("create view writes as select sly() as id")
    error = failure(server.url, "writes")
    assert isinstance(error, SourceRejected)
    assert str(error) == "source 'crm': cannot execute INSERT in a read-only transaction"
    assert owner.execute("select count(*) from log").fetchone() == (0,)


def test_a_select_that_fails_leaves_the_snapshot_as_it_is(server: PostgresServer, owner: Connection) -> None:
    owner.execute("create table log (id integer)")
    owner.execute("insert into log values (0)")
    owner.execute("create view broken as select 1 / id as id from log")
    with opened(server.url) as source:
        with pytest.raises(SourceRejected) as error:
            source.fetch(sa.select(source.table(replace(dataset("broken"), dataset="broken"))))
        assert str(error.value) == "source 'crm': division by zero"
        owner.execute("insert into log values (1)")
        assert read(source, "log") == [{"id": 0}]


def test_the_session_says_who_it_is_and_keeps_utc(server: PostgresServer, owner: Connection) -> None:
    owner.execute(
        "create view log as select current_setting('application_name') as name, "
        "current_setting('TimeZone') as zone, current_setting('transaction_isolation') as isolation"
    )
    with opened(server.url) as source:
        assert read(source, "log") == [{"name": "scorecard", "zone": "UTC", "isolation": "repeatable read"}]
    with opened(f"{server.url}?application_name=pack") as source:
        assert read(source, "log")[0]["name"] == "pack"


# -- errors ---------------------------------------------------------------------------------------------


def test_a_query_that_takes_too_long_is_a_timeout(server: PostgresServer, owner: Connection) -> None:
    owner.execute("create view log as select pg_sleep(60)::text as id")
    error = failure(server.url, "log", timeout="1s")
    assert isinstance(error, SourceTimeout)
    assert (str(error), error.transient) == ("source 'crm': no answer within 1 s", True)


def test_a_lost_connection_passes_and_is_not_made_anew(server: PostgresServer, owner: Connection) -> None:
    owner.execute("create table log (id integer)")
    with opened(server.url) as source:
        assert read(source, "log") == []
        owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'scorecard' and datname = current_database()"
        )
        for _ in range(2):
            with pytest.raises(SourceUnavailable) as error:
                read(source, "log")
            assert error.value.transient
            assert str(error.value) == ("source 'crm': terminating connection due to administrator command")


def test_a_server_that_is_not_there_may_come_back() -> None:
    error = failure(f"postgresql://owner:{PASSWORD}@127.0.0.1:1/crm")
    assert isinstance(error, SourceUnavailable)
    assert str(error).startswith("source 'crm': connection failed: ")
    assert "Connection refused" in str(error)


def test_a_wrong_password_stays_wrong(server: PostgresServer) -> None:
    error = failure(server.url.replace(PASSWORD, "hunter2"))
    assert isinstance(error, SourceRejected)
    assert 'password authentication failed for user "owner"' in str(error)
    assert "hunter2" not in str(error)


def test_a_database_that_is_not_there_is_missing(server: PostgresServer) -> None:
    url = make_url(server.url).set(database="nowhere").render_as_string(hide_password=False)
    error = failure(url)
    assert isinstance(error, SourceMissing)
    assert 'database "nowhere" does not exist' in str(error)


@pytest.mark.parametrize("table", ["nothing", "public.nothing", "nowhere.nothing"])
def test_a_table_that_is_not_there_is_missing(server: PostgresServer, table: str) -> None:
    error = failure(server.url, table)
    assert isinstance(error, SourceMissing)
    assert str(error) == f"source 'crm': no table {table}"


DENIED = (
    "source 'crm': permission denied for table log: let the source's user read it, as by GRANT SELECT ON log"
)


def test_a_table_that_may_not_be_read_is_refused(server: PostgresServer, owner: Connection) -> None:
    owner.execute("create table log (id integer)")
    role = f"reader_{server.database}"
    owner.execute(f"create role {role} login password '{PASSWORD}'")  # type: ignore[call-overload]
    url = make_url(server.url).set(username=role).render_as_string(hide_password=False)
    error = failure(url, "log")
    owner.execute(f"drop role {role}")  # type: ignore[call-overload]
    assert isinstance(error, SourceRejected)
    assert str(error) == DENIED


def test_files_are_not_read_by_a_server(server: PostgresServer) -> None:
    with pytest.raises(SourceRejected) as error, opened(server.url) as source:
        source.columns(Dataset("log", "crm", files=("log.csv",)))
    assert str(error.value) == "source 'crm': dataset 'log' names files, which duckdb reads"


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_postgresql_url_goes_through_psycopg_3(server: PostgresServer, scheme: str) -> None:
    with opened(server.url.replace("postgresql", scheme, 1)) as source:
        assert source.fetch(sa.select(sa.literal_column("1").label("one"))).one() == {"one": 1}


def test_a_missing_driver_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ExtraMissing) as error, opened("postgresql://127.0.0.1/crm"):
        pass
    assert str(error.value) == "psycopg is not installed: pip install 'scorecard-server[postgres]'"


# -- what no calendar holds, and what a role may not read ---------------------------------------------------


def test_times_that_no_calendar_holds_stay_texts_and_fail_nothing(
    server: PostgresServer, owner: Connection
) -> None:
    owner.execute("CREATE TABLE log (id int, d date, t timestamp, u timestamptz)")
    owner.execute(
        "INSERT INTO log VALUES (1, '-infinity', '-infinity', '-infinity'), (2, 'infinity', 'infinity', 'infinity'),"
        " (3, '0044-03-15 BC', '0044-03-15 BC', '0044-03-15 BC'), (4, '20260-01-01', '20260-01-01', '20260-01-01'),"
        " (5, '2024-01-31', '2024-01-31', '2024-01-31 00:00+00')"
    )
    with opened(server.url) as source:
        found = {row["id"]: row for row in read(source, "log")}
    assert [found[number]["d"] for number in (1, 2, 3, 4)] == [
        "-infinity",
        "infinity",
        "0044-03-15 BC",
        "20260-01-01",
    ]
    assert found[3]["t"] == "0044-03-15 00:00:00 BC"
    assert found[1]["u"] == "-infinity"
    assert found[5] == {"id": 5, "d": date(2024, 1, 31), "t": datetime(2024, 1, 31),
                        "u": datetime(2024, 1, 31, tzinfo=UTC)}  # fmt: skip


def test_only_the_wait_for_the_server_counts(
    server: PostgresServer, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.execute("CREATE TABLE log AS SELECT generate_series(1, 3) id")
    slow = Columns.of_rows

    def handled(*given: Any) -> Columns:
        time.sleep(4)
        return slow(*given)

    with opened(server.url, timeout="1s") as source:
        source.columns(dataset("log"))
        monkeypatch.setattr(Columns, "of_rows", handled)
        assert len(read(source, "log")) == 3
        monkeypatch.undo()
        assert len(read(source, "log")) == 3


def test_a_reader_of_some_columns_reads_those(server: PostgresServer, owner: Connection) -> None:
    owner.execute("CREATE TABLE log (id int, name text, salary int)")
    owner.execute("INSERT INTO log VALUES (1, 'a', 5)")
    owner.execute("CREATE ROLE reader LOGIN PASSWORD 'x'")
    try:
        owner.execute("GRANT SELECT (id, name) ON log TO reader")
        url = make_url(server.url).set(username="reader", password="x").render_as_string(hide_password=False)
        with opened(url) as source:
            assert list(source.columns(dataset("log"))) == ["id", "name"]
            assert read(source, "log") == [{"id": 1, "name": "a"}]
            assert source.withheld(dataset("log")) == {"salary"}
        owner.execute("REVOKE SELECT (id, name) ON log FROM reader")
        assert str(failure(url, "log")) == DENIED
    finally:
        owner.execute("DROP OWNED BY reader")
        owner.execute("DROP ROLE reader")


def test_a_domain_over_a_domain_is_what_they_stand_on(server: PostgresServer, owner: Connection) -> None:
    owner.execute("CREATE DOMAIN level AS int")
    owner.execute("CREATE DOMAIN grade AS level CHECK (VALUE > 0)")
    owner.execute("CREATE DOMAIN mark AS grade")
    owner.execute("CREATE TABLE log (id mark)")
    owner.execute("INSERT INTO log VALUES (7)")
    with opened(server.url) as source:
        assert source.columns(dataset("log"))["id"].type == "integer"
        assert read(source, "log") == [{"id": 7}]


def test_a_table_outside_of_the_search_path_is_named(server: PostgresServer, owner: Connection) -> None:
    owner.execute("CREATE SCHEMA sales")
    owner.execute("CREATE TABLE sales.stages (id int)")
    assert str(failure(server.url, "stages")) == (
        "source 'crm': no table stages: the search path of the role does not hold it; there is sales.stages"
    )
    assert str(failure(server.url, "sales.stage")) == "source 'crm': no table sales.stage"


def test_days_to_an_open_end_are_unknown_and_fail_nothing(server: PostgresServer, owner: Connection) -> None:
    owner.execute("CREATE TABLE log (id int, a date, b date)")
    owner.execute("INSERT INTO log VALUES (1, '2024-01-01', 'infinity')")
    with opened(server.url) as source:
        assert evaluated(source, "log", "days_between(a, b)") is None
        assert evaluated(source, "log", "hours_between(a, b)") is None
        assert evaluated(source, "log", "a < b") is True
    owner.execute("UPDATE log SET b = '2024-01-31'")
    with opened(server.url) as source:
        assert evaluated(source, "log", "days_between(a, b)") == 30
