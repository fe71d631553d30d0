"""A company of five sources: two PostgreSQL databases, a DuckDB file, CSV and Parquet.

Every source has the same rows under another name, n of day n (from 1 January 2026), so that what a source
that answers gives is easily known. The CRM stands behind a proxy and lets a role read it that may be told
not to.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from metrics.catalog.catalog import Catalog
from metrics.loading.loader import load
from metrics.operations.refresh import Refresher, Summary
from metrics.store.store import Store
from tests.failures.network import Proxy
from tests.metrics.live import Clock, aggregate, at, derived
from tests.postgres_server import PASSWORD, PostgresServer

SOURCES = ("crm", "shop", "desk", "sheets", "events")
TABLES = {"crm": "leads", "shop": "orders", "desk": "tickets", "sheets": "surveys", "events": "visits"}
TIMEOUT = 3
# The CRM's answers are long, so that they can be cut in the middle.
DAILY = "dimensions: [channel]\ngrains: [day, month]\n"
MONTHLY = "dimensions: [channel]\ngrains: [month]\n"


def _dataset(source: str) -> str:
    name = TABLES[source]
    files = {"sheets": "files: data/surveys.csv", "events": "files: data/visits.parquet"}
    return (
        f"dataset: {name}\nsource: {source}\n{files.get(source, f'table: {name}')}\nkey: id\ntime: at\n"
        "dimensions: {channel: channel}\ncomplete_through: {lag: 0 days}\n"
    )


DEFINITIONS = {
    "company.yml": ("company: Five\ntimezone: UTC\ncurrency: GBP\ndepartments: {sales: {label: Sales}}\n"),
    "sources.yml": (
        "sources:\n"
        f'  crm: {{url: "${{CRM_URL}}", timeout: {TIMEOUT}s}}\n'
        '  shop: {url: "${SHOP_URL}", timeout: 30s}\n'
        '  desk: {url: "duckdb:///data/desk.duckdb", timeout: 30s}\n'
        '  sheets: {url: "duckdb:///:memory:", timeout: 30s}\n'
        '  events: {url: "duckdb:///:memory:", timeout: 30s}\n'
    ),
    "datasets/deals.yml": (
        "dataset: deals\nsource: crm\ntable: deals\nkey: id\ntime: at\ncomplete_through: {lag: 0 days}\n"
    ),
    **{f"datasets/{TABLES[source]}.yml": _dataset(source) for source in SOURCES},
    **{
        f"metrics/{source}/{TABLES[source]}_{name}.yml": aggregate(
            f"{TABLES[source]}_{name}", TABLES[source], measure, DAILY if source == "crm" else MONTHLY
        )
        for source in SOURCES
        for name, measure in (("in", "count"), ("worth", "sum(amount)"))
    },
    "metrics/crm/deals_in.yml": aggregate("deals_in", "deals", "count"),
    "metrics/joint/leads_an_order.yml": (
        "metric: leads_an_order\nlabel: Leads an order\ndirection: up\nkind: ratio\n"
        "numerator: {dataset: leads, measure: count}\ndenominator: {dataset: orders, measure: count}\n"
    ),
    "metrics/joint/orders_a_visit.yml": derived(
        "orders_a_visit", "orders_in / visits_in", "grains: [month]\n"
    ),
    "metrics/joint/worth_of_a_lead.yml": derived(
        "worth_of_a_lead", "orders_worth / leads_in", "grains: [month]\n"
    ),
    "scorecards/five.yml": (
        "scorecard: five\ngrain: month\nperspectives:\n"
        "  - perspective: all\n    objectives:\n"
        "      - {objective: all, statement: All of it, indicators: [{metric: leads_in}, {metric: orders_in}]}\n"
    ),
}
READS = {
    "leads": {"leads_in", "leads_worth", "leads_an_order", "worth_of_a_lead"},
    "deals": {"deals_in"},
    "tickets": {"tickets_in", "tickets_worth"},
    "surveys": {"surveys_in", "surveys_worth"},
    "visits": {"visits_in", "visits_worth", "orders_a_visit"},
}
CRM = READS["leads"] | READS["deals"]
"""The metrics that need the CRM."""

_COLUMNS = (
    "n as id, cast(n as decimal(18, 2)) as amount, case when n % 2 = 0 then 'web' else 'phone' end as channel, "
    "timestamp '2025-12-31 12:00' + n * interval '1 day' as at"
)


@dataclass
class Company:
    """A project folder, its two databases, and the proxy before one of them."""

    root: Path
    crm: PostgresServer
    shop: PostgresServer
    proxy: Proxy
    role: str
    clock: Clock = field(default_factory=lambda: Clock(at("2026-03-01T06:00")))
    writers: list[subprocess.Popen[str]] = field(default_factory=list)

    def write(self) -> None:
        """Write the definitions."""
        for path, text in DEFINITIONS.items():
            file = self.root / "definitions" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        (self.root / "data").mkdir(parents=True)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.root / '.scorecard' / 'store.db'}"

    def crm_url(self, port: int | None = None) -> str:
        """Return the CRM's address: through the proxy, unless another port is given."""
        return f"postgresql://{self.role}:{PASSWORD}@127.0.0.1:{port or self.proxy.port}/{self.crm.database}"

    @property
    def catalog(self) -> Catalog:
        loaded = load(self.root, ("departments",))
        assert [str(found) for found in loaded.findings] == []
        assert loaded.catalog is not None
        return loaded.catalog

    def fill(self, days: int) -> None:
        """Write the rows of the first so many days, anew, where everything is as it should be."""
        for server, names in ((self.crm, ("leads", "deals")), (self.shop, ("orders",))):
            with server.connect() as connection:
                for name in names:
                    connection.execute(f"drop view if exists {name}") if _is_view(connection, name) else None
                    connection.execute(f"drop table if exists {name} cascade")
                    connection.execute(
                        f"create table {name} as select {_COLUMNS} from generate_series(1, {days}) as r(n)"
                    )
                    connection.execute(f'grant select on {name} to "{self.role}"')
        rows = f"select {_COLUMNS} from range(1, {days + 1}) as r(n)"
        with duckdb.connect(str(self.root / "data" / "desk.duckdb")) as connection:
            connection.execute(f"create or replace table tickets as {rows}")
        with duckdb.connect() as connection:
            for file, form in (("surveys.csv", "csv, header"), ("visits.parquet", "parquet")):
                connection.execute(f"copy ({rows}) to '{self.root / 'data' / file}' (format {form})")

    def file(self, source: str) -> Path:
        """Return the file of a source that has one."""
        names = {"desk": "desk.duckdb", "sheets": "surveys.csv", "events": "visits.parquet"}
        return self.root / "data" / names[source]

    def write_to(self, source: str) -> None:
        """Hold a database file open for writing in another process, until all is mended."""
        script = (
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", script, str(self.file(source))]
        writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.writers.append(writer)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"

    def mend(self) -> None:
        """Let every source answer again; its rows must be written anew."""
        self.proxy.behave()
        for writer in self.writers:
            writer.communicate()
        self.writers.clear()
        for file in (self.root / "data").iterdir():
            file.unlink()

    def in_crm(self, *statements: str) -> None:
        """Run statements as the CRM's owner."""
        with self.crm.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def refresh(self, store: Store) -> Summary:
        return Refresher(self.catalog, self.root, store, self.clock).refresh()


def _is_view(connection: psycopg.Connection[Any], name: str) -> bool:
    found = connection.execute("select relkind from pg_class where oid = to_regclass(%s)", [name]).fetchone()
    return found is not None and found[0] == "v"


@contextmanager
def reader(server: PostgresServer) -> Iterator[str]:
    """Make a role that may log in and nothing else, and drop it at the end."""
    name = f"r{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.execute(f"create role \"{name}\" login password '{PASSWORD}'")
    yield name
    with server.connect() as connection:
        connection.execute(f'drop role "{name}"')
