"""`check --data` fails where a refresh does, with the place, the column, a value and what to do; and only there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from metrics.check import check
from metrics.data_check import check_data
from metrics.engine.planner import Planner
from metrics.errors import Level, SourceUnavailable
from metrics.loading.loader import load
from metrics.operations.refresh import Refresher
from metrics.store.store import Store
from tests.postgres_server import PASSWORD, PostgresServer

NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)
COMPANY = "company: Small\ntimezone: UTC\ncurrency: GBP\nstrict: false\n"
DATASET = "definitions/datasets/orders.yml"
METRIC = "definitions/metrics/sales/asked.yml"
HEAD = "id,day,amount,channel\n"
TWO = "1,2026-01-02,10,web\n2,2026-01-03,20,fair\n"
TABLE = (
    "create table orders (id int, day date, amount numeric, channel text, opened time, tags int[], said text, "
    "texted text, double double precision)",
    "insert into orders values (1, '2026-01-02', 10, 'web', '09:00', array[1], '10', '2026-01-02', 1), "
    "(2, '2026-01-03', 20, 'fair', '10:00', array[2], '20', '2026-01-03', 2)",
)
CLEAN = "correct it at its source, or clean it under `columns`, such as by replace() before a cast()"
FAILS = "a refresh fails for asked"


@dataclass(frozen=True)
class Case:
    """What is defined and done to sound rows, and what is said of it; `rows` are of a file, or statements."""

    name: str
    said: str
    rows: str | Sequence[str] = ""
    measure: str = "sum(amount)"
    time: str = "day"
    dataset: str = ""
    metric: str = ""
    engines: tuple[str, ...] = ("duckdb", "postgres")


def _dataset(case: Case, source: str) -> str:
    return (
        f"dataset: orders\nsource: shop\n{source}\nkey: id\ntime: {case.time}\n"
        f"dimensions: {{channel: channel}}\n{case.dataset}"
    )


def _metric(case: Case, name: str = "asked", more: str | None = None) -> str:
    measure = case.measure if more is None else "count"
    return (
        f"metric: {name}\nlabel: {name}\nowner: ann\ndirection: none\nkind: aggregate\ndataset: orders\n"
        f"measure: {measure}\n{case.metric if more is None else more}"
    )


def _project(root: Path, case: Case, source: str, url: str) -> Path:
    for path, text in {
        "company.yml": COMPANY,
        "sources.yml": f'sources: {{shop: {{url: "{url}"}}}}\n',
        "datasets/orders.yml": _dataset(case, source),
        "metrics/sales/asked.yml": _metric(case),
    }.items():
        (root / "definitions" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "definitions" / path).write_text(text, encoding="utf-8")
    (root / "data").mkdir(exist_ok=True)
    return root


def _holds(root: Path, case: Case) -> None:
    """Refresh and check agree: both fail, with these words, or neither."""
    loaded = load(root)
    assert loaded.catalog is not None
    assert [str(each) for each in check(loaded) if each.level is Level.ERROR] == []
    with Store.open("sqlite://") as store:
        summary = Refresher(loaded.catalog, root, store, lambda: NOW).refresh()
    found = [
        each for each in check_data(loaded.catalog, loaded.places, root, NOW) if each.level is Level.FAILURE
    ]
    assert [line.metric for line in summary.failed] == (["asked"] if case.said else [])
    assert [f"{each.position} {each.code} {each.message}" for each in found] == (
        [case.said] if case.said else []
    )


FILES = [
    Case("sound", "", HEAD + TWO, metric="dimensions: [channel]\n"),
    Case(
        "a time that is text",
        f"{DATASET}:5:7 expression-type the time of 'orders' is text, not a date or time: 1 of 3 texts in day is "
        "not a time, such as 'soon'; correct it at its source, or say under `types` that it is a date or timestamp, "
        "and its format",
        HEAD + TWO + "3,soon,5,web\n",
    ),
    Case(
        "an impossible date",
        f"{DATASET}:5:7 expression-type the time of 'orders' is text, not a date or time: 1 of 3 texts in day is "
        "not a time, such as '2026-02-30'; correct it at its source, or say under `types` that it is a date or "
        "timestamp, and its format",
        HEAD + TWO + "3,2026-02-30,5,web\n",
    ),
    Case(
        "an impossible date of a declared type",
        f"{DATASET}:7:14 refused-metric column day of 'orders' cannot be read (Conversion Error: date field value "
        f'out of range: "2026-02-30" when casting from source column day): {CLEAN}; {FAILS}',
        HEAD + TWO + "3,2026-02-30,5,web\n",
        dataset="types: {day: {type: date}}\n",
    ),
    Case(
        "an impossible date of a declared form",
        f"{DATASET}:7:14 unparsable-time 1 texts do not fit the format '%Y-%m-%d', such as '2026-02-30'",
        HEAD + TWO + "3,2026-02-30,5,web\n",
        dataset='types: {day: {type: date, format: "%Y-%m-%d"}}\n',
    ),
    Case(
        "money with a sign",
        f"{METRIC}:7:14 expression-type a number is wanted here, got text: 1 of 3 texts in amount is not a number, "
        "such as '$1,200.50'; correct it at its source, or clean it under `columns`, such as by cast(replace(...) "
        "as decimal)",
        HEAD + TWO + '3,2026-02-03,"$1,200.50",web\n',
    ),
    Case(
        "money with a sign in a money column",
        f"{DATASET}:7:32 refused-metric column amount of 'orders' cannot be read (Conversion Error: Could not "
        f'convert string "$1,200.50" to DECIMAL(18,6) when casting from source column amount): {CLEAN}; {FAILS}',
        HEAD + TWO + '3,2026-02-03,"$1,200.50",web\n',
        dataset="columns: {amount: {expression: amount, currency: \"'GBP'\"}}\n",
    ),
    Case(
        "a sum that no number holds",
        f"{DATASET}:3:8 refused-metric a result is inf, not a finite number: what is added up is too large; the "
        "greatest of amount in 'orders' is 1e+308: correct it at its source, or leave such rows out by `where`; "
        f"{FAILS}",
        HEAD + "3,2026-01-03,1e308,web\n4,2026-01-03,1e308,web\n",
    ),
    Case(
        "a long label",
        f"{DATASET}:6:23 refused-metric a value of dimension 'channel' takes 1,100 bytes of the 1,024 allowed: "
        "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' and so on; shorten it by substr(), or cut by another dimension; "
        f"{FAILS}",
        HEAD + TWO + f"3,2026-01-03,5,{'x' * 1100}\n",
        metric="dimensions: [channel]\n",
    ),
    Case(
        "a file with a header alone",
        f"{DATASET}:3:8 refused-metric dataset 'orders' has no rows: until when it is complete is not known: load "
        f"it, as what is empty may be half loaded, and nothing becomes 0 by it; {FAILS}",
        HEAD,
    ),
    Case(
        "an empty file",
        f"{DATASET}:3:8 missing-table orders.csv is empty, without a line of column names",
        "",
    ),
    Case(
        "a line with a value too many",
        f"{DATASET}:3:8 missing-table line 4 of orders.csv has 5 values, and the first line 4: "
        "'3,2026-01-04,1,200,web'; a value with a ',' in it stands in double quotes",
        HEAD + TWO + "3,2026-01-04,1,200,web\n",
    ),
    Case(
        "a line with a value too many, late in the file",
        f"{DATASET}:3:8 missing-table Invalid Input Error: CSV Error on Line: 30002, Original Line: "
        "3,2026-01-04,1,200,web, Expected Number of Columns: 4 Found: 5",
        HEAD + "1,2026-01-02,5,web\n" * 30000 + "3,2026-01-04,1,200,web\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", FILES, ids=lambda case: case.name)
def test_what_is_refused_of_a_file(case: Case, tmp_path: Path) -> None:
    root = _project(tmp_path, case, "files: data/orders.csv", "duckdb:///:memory:")
    (root / "data" / "orders.csv").write_text(str(case.rows), encoding="utf-8")
    _holds(root, case)


def test_too_many_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metrics.engine.cardinality.SERIES_LIMIT", 5)
    case = Case(
        "",
        f"{METRIC}:8:13 refused-metric 6 series exceed the 5 allowed: cut by fewer dimensions (channel has 2 values, "
        f"such as 'fair'); {FAILS}",
        metric="dimensions: [channel]\n",
    )
    root = _project(tmp_path, case, "files: data/orders.csv", "duckdb:///:memory:")
    (root / "data" / "orders.csv").write_text(HEAD + TWO, encoding="utf-8")
    _holds(root, case)


TABLES = [
    Case("sound", "", metric="dimensions: [channel]\n"),
    Case(
        "a time that is text",
        f"{DATASET}:5:7 expression-type the time of 'orders' is text, not a date or time: texted is text, such as "
        "'2026-01-02'; correct it at its source, or say under `types` that it is a date or timestamp, and its format",
        time="texted",
    ),
    Case(
        "an impossible date",
        f"{DATASET}:7:17 refused-metric column texted of 'orders' cannot be read ({{source}}): {CLEAN}; {FAILS}",
        ["update orders set texted = '2026-02-30' where id = 2"],
        time="texted",
        dataset="types: {texted: {type: date}}\n",
    ),
    Case(
        "money with a sign",
        f"{DATASET}:7:15 refused-metric column said of 'orders' cannot be read ({{source}}): {CLEAN}; {FAILS}",
        ["update orders set said = '$1,200.50' where id = 2"],
        measure="sum(said)",
        dataset="types: {said: {type: decimal}}\n",
    ),
    Case(
        "money with a sign in a cast",
        f"{METRIC}:7:10 refused-metric cast(said as decimal) of 'orders' cannot be read ({{source}}): {CLEAN}; {FAILS}",
        ["update orders set said = '$1,200.50' where id = 2"],
        measure="sum(cast(said as decimal))",
    ),
    Case(
        "a sum that no number holds",
        f"{DATASET}:3:8 refused-metric {{source}}; the greatest of double in 'orders' is 1e+308: correct it at its "
        f"source, or leave such rows out by `where`; {FAILS}",
        ["update orders set double = 1e308"],
        measure="sum(double)",
    ),
    Case(
        "a TIME that is compared",
        f"{METRIC}:8:8 refused-metric opened > '25:00' of 'orders' cannot be read ({{source}}): opened holds such as "
        f"'09:00:00', and is compared as text alone: write cast(opened as text); {FAILS}",
        metric="where: \"opened > '25:00'\"\n",
    ),
    Case("a TIME that is compared as text", "", metric="where: \"cast(opened as text) > '09:30'\"\n"),
    Case(
        "an array that is compared",
        f"{METRIC}:8:8 refused-metric tags = 1 of 'orders' cannot be read ({{source}}): tags holds such as {{array}}, "
        f"and is compared as text alone: write cast(tags as text); {FAILS}",
        metric='where: "tags = 1"\n',
    ),
    Case(
        "a long label",
        f"{DATASET}:6:23 refused-metric a value of dimension 'channel' takes 1,100 bytes of the 1,024 allowed: "
        "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' and so on; shorten it by substr(), or cut by another dimension; "
        f"{FAILS}",
        ["update orders set channel = repeat('x', 1100) where id = 2"],
        metric="dimensions: [channel]\n",
    ),
    Case(
        "an empty table",
        f"{DATASET}:3:8 refused-metric dataset 'orders' has no rows: until when it is complete is not known: load "
        f"it, as what is empty may be half loaded, and nothing becomes 0 by it; {FAILS}",
        ["delete from orders"],
    ),
    Case(
        "a table without a grant",
        f"{DATASET}:3:8 missing-table permission denied for table orders: let the source's user read it, as by "
        "GRANT SELECT ON orders",
        ["revoke all on orders from {role}"],
        engines=("postgres",),
    ),
    Case(
        "a column without a grant",
        f"{METRIC}:7:14 expression-type the source's user may not read column 'amount' of dataset 'orders': let it, "
        "as by GRANT SELECT (amount) ON orders",
        [
            "revoke all on orders from {role}",
            "grant select (id, day, channel, opened, tags, said, texted) on orders to {role}",
        ],
        engines=("postgres",),
    ),
]  # fmt: skip
SOURCE = {
    ("an impossible date", "duckdb"): "Conversion Error: date field value out of range: \"2026-02-30\" when casting "
    "from source column texted",
    ("an impossible date", "postgres"): 'date/time field value out of range: "2026-02-30"',
    ("money with a sign", "duckdb"): 'Conversion Error: Could not convert string "$1,200.50" to DECIMAL(18,6) when '
    "casting from source column said",
    ("money with a sign in a cast", "duckdb"): 'Conversion Error: Could not convert string "$1,200.50" to '
    "DECIMAL(38,10) when casting from source column said",
    ("money with a sign", "postgres"): 'invalid input syntax for type numeric: "$1,200.50"',
    ("money with a sign in a cast", "postgres"): 'invalid input syntax for type numeric: "$1,200.50"',
    ("a sum that no number holds", "duckdb"): "a result is inf, not a finite number: what is added up is too large",
    ("a sum that no number holds", "postgres"): "value out of range: overflow",
    ("a TIME that is compared", "duckdb"): 'Conversion Error: time field value out of range: "25:00", expected '
    "format is ([YYYY-MM-DD ]HH:MM:SS[.MS])",
    ("a TIME that is compared", "postgres"): "operator does not exist: time without time zone > character varying",
    ("an array that is compared", "duckdb"): "Conversion Error: Unimplemented type for cast (INTEGER -> INTEGER[])",
    ("an array that is compared", "postgres"): "operator does not exist: integer[] = bigint",
}  # fmt: skip


def _said(case: Case, engine: str) -> Case:
    array = "'[1]'" if engine == "duckdb" else "'{1}'"
    said = case.said.replace("{source}", SOURCE.get((case.name, engine), "")).replace("{array}", array)
    return replace(case, said=said)


@pytest.mark.parametrize(
    "case", [each for each in TABLES if "duckdb" in each.engines], ids=lambda case: case.name
)
def test_what_is_refused_of_a_database_file(case: Case, tmp_path: Path) -> None:
    root = _project(tmp_path, case, "table: orders", "duckdb:///data/shop.duckdb")
    with duckdb.connect(str(root / "data" / "shop.duckdb")) as connection:
        for statement in (*TABLE, *case.rows):
            connection.execute(statement)
    _holds(root, _said(case, "duckdb"))


@pytest.fixture(scope="module")
def served(postgres: PostgresServer) -> Callable[[Case, Path], Path]:
    """Return what makes a project of a case over one database, whose user may read what it is let."""
    role = "refused_reader"
    with postgres.connect() as connection:
        if not connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
            connection.execute(f"create role {role} login password '{PASSWORD}'")

    def made(case: Case, root: Path) -> Path:
        with postgres.connect() as connection:
            connection.execute("drop schema if exists refused cascade")
            connection.execute("create schema refused")
            connection.execute("set search_path to refused")
            grants = (f"grant usage on schema refused to {role}", f"grant select on orders to {role}")
            for statement in (*TABLE, *grants, *case.rows):
                connection.execute(statement.replace("{role}", role))  # type: ignore[arg-type]
        at = f"{postgres.port}/{postgres.database}?options=-csearch_path%3Drefused"
        return _project(
            root, case, "table: orders", f"postgresql://{role}:${{READER_PASSWORD}}@127.0.0.1:{at}"
        )

    return made


@pytest.mark.postgres
@pytest.mark.parametrize("case", TABLES, ids=lambda case: case.name)
def test_what_is_refused_of_postgresql(
    case: Case, served: Callable[[Case, Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READER_PASSWORD", PASSWORD)
    _holds(served(case, tmp_path), _said(case, "postgres"))


def test_no_bad_metric_hides_another_and_one_cause_is_said_once(tmp_path: Path) -> None:
    case = Case("", "", measure="sum(said)", dataset="types: {said: {type: decimal}}\n")
    root = _project(tmp_path, case, "table: orders", "duckdb:///data/shop.duckdb")
    folder = root / "definitions" / "metrics" / "sales"
    for name in ("a", "b", "c"):
        (folder / f"{name}.yml").write_text(_metric(case, name, 'where: "said > 1"\n'), encoding="utf-8")
    (folder / "odd.yml").write_text(_metric(case, "odd", 'where: "tags = 1"\n'), encoding="utf-8")
    (folder / "well.yml").write_text(_metric(case, "well", ""), encoding="utf-8")
    (folder / "twice.yml").write_text(
        "metric: twice\nlabel: twice\nowner: ann\ndirection: none\nkind: derived\nformula: asked * 2\n",
        encoding="utf-8",
    )
    with duckdb.connect(str(root / "data" / "shop.duckdb")) as connection:
        for statement in (*TABLE, "update orders set said = '$1' where id = 2"):
            connection.execute(statement)
    loaded = load(root)
    assert loaded.catalog is not None
    found = [str(each) for each in check_data(loaded.catalog, loaded.places, root, NOW)]
    assert [(each.split()[0], each.rpartition("; ")[2]) for each in found] == [
        (f"{DATASET}:7:15", "a refresh fails for a, asked, b and 1 more"),
        ("definitions/metrics/sales/odd.yml:8:8", "a refresh fails for odd"),
    ]


@pytest.mark.postgres
def test_a_source_that_is_away_is_one_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READER_PASSWORD", PASSWORD)
    case = Case("", "")
    root = _project(tmp_path, case, "table: orders", "postgresql://reader:${READER_PASSWORD}@127.0.0.1:1/crm")
    for name in ("a", "b"):
        path = root / "definitions" / "metrics" / "sales" / f"{name}.yml"
        path.write_text(_metric(case, name, ""), encoding="utf-8")
    loaded = load(root)
    assert loaded.catalog is not None
    (found,) = check_data(loaded.catalog, loaded.places, root, NOW)
    assert str(found).startswith("definitions/sources.yml:1:23 source-unreachable connection failed")


def test_a_source_that_is_lost_on_the_way_is_one_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case("", "")
    root = _project(tmp_path, case, "table: orders", "duckdb:///data/shop.duckdb")
    for name in ("a", "b"):
        path = root / "definitions" / "metrics" / "sales" / f"{name}.yml"
        path.write_text(_metric(case, name, ""), encoding="utf-8")
    with duckdb.connect(str(root / "data" / "shop.duckdb")) as connection:
        for statement in TABLE:
            connection.execute(statement)

    def lost(*_: object) -> None:
        raise SourceUnavailable("shop", "the connection was closed")

    monkeypatch.setattr(Planner, "answer", lost)
    loaded = load(root)
    assert loaded.catalog is not None
    assert [str(each) for each in check_data(loaded.catalog, loaded.places, root, NOW)] == [
        "definitions/sources.yml:1:23 refused-metric the connection was closed: try again once it answers; a refresh "
        "fails for a, asked, b"
    ]
