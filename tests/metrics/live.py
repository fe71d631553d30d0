"""A small company whose rows really lie in DuckDB, for tests of the run, the planner, extents and queries.

Three sources: `shop` and `desk` are database files, `sheets` reads CSV. A day has one order, one ticket and
one survey, so that every value can be worked out by hand: order n is of day n (from 1 January 2026), worth n.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from metrics.catalog.catalog import Catalog
from metrics.grain import Grain, Period
from metrics.loading.loader import load
from metrics.observation import Dimensions, Observation
from metrics.operations.refresh import Refresher, Summary
from metrics.store.store import Store

FIRST = date(2026, 1, 1)

COMPANY = """\
company: Live
timezone: UTC
currency: GBP
"""
SOURCES = """\
sources:
  shop: {url: "duckdb:///data/shop.duckdb", timeout: 30s}
  desk: {url: "duckdb:///data/desk.duckdb", timeout: 30s}
  sheets: {url: "duckdb:///:memory:", timeout: 30s}
"""
ORDERS = """\
dataset: orders
source: shop
table: orders
key: order_id
time: ordered_at
entities: {customer: customer}
conditions: {kept: "kept"}
dimensions: {channel: channel}
loaded_at: synced_at
"""
TICKETS = """\
dataset: tickets
source: desk
table: tickets
key: ticket_id
time: opened_at
dimensions: {channel: channel}
loaded_at: synced_at
"""
SURVEYS = """\
dataset: surveys
source: sheets
files: data/surveys.csv
key: survey_id
time: answered_on
types: {answered_on: {type: date, format: "%d/%m/%Y"}}
dimensions: {channel: channel}
"""


def aggregate(name: str, dataset: str, measure: str, more: str = "") -> str:
    return f"""\
metric: {name}
label: {name}
direction: up
kind: aggregate
dataset: {dataset}
measure: {measure}
{more}"""


def derived(name: str, formula: str, more: str = "") -> str:
    return f"metric: {name}\nlabel: {name}\ndirection: up\nkind: derived\nformula: {formula}\n{more}"


REVENUE = aggregate("revenue", "orders", "sum(amount)", "dimensions: [channel]\n")
KEPT = """\
metric: kept_promises
label: kept
direction: up
kind: proportion
dataset: orders
share: kept
"""
COMPLAINTS = aggregate("complaints", "tickets", "count", "dimensions: [channel]\n")
CSAT = """\
metric: csat
label: csat
direction: up
kind: proportion
dataset: surveys
share: score >= 4
dimensions: [channel]
"""
CONTACT_RATE = """\
metric: contact_rate
label: contact rate
direction: down
kind: ratio
numerator: {dataset: tickets, measure: count}
denominator: {dataset: orders, measure: count}
"""
REVENUE_PER_COMPLAINT = derived("revenue_per_complaint", "revenue / complaints")

DEFINITIONS: Mapping[str, str] = {
    "company.yml": COMPANY,
    "sources.yml": SOURCES,
    "datasets/orders.yml": ORDERS,
    "datasets/tickets.yml": TICKETS,
    "datasets/surveys.yml": SURVEYS,
    "metrics/sales/revenue.yml": REVENUE,
    "metrics/sales/kept_promises.yml": KEPT,
    "metrics/service/complaints.yml": COMPLAINTS,
    "metrics/service/csat.yml": CSAT,
    "metrics/service/contact_rate.yml": CONTACT_RATE,
    "metrics/joint/revenue_per_complaint.yml": REVENUE_PER_COMPLAINT,
}


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def month(text: str) -> Period:
    year, number = (int(part) for part in text.split("-"))
    return Period(Grain.MONTH, date(year, number, 1), date(year + number // 12, number % 12 + 1, 1))


@dataclass
class Live:
    """A project folder with rows and a store."""

    root: Path
    clock: Clock = field(default_factory=lambda: Clock(at("2026-04-01T06:00")))

    def __post_init__(self) -> None:
        for path, text in DEFINITIONS.items():
            self.define(path, text)
        (self.root / "data").mkdir(parents=True)

    # -- definitions ------------------------------------------------------------------------------

    def define(self, path: str, text: str | None) -> None:
        file = self.root / "definitions" / path
        if text is None:
            file.unlink()
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def only(self, *metrics: str) -> None:
        """Keep these metrics' files alone."""
        for path in (self.root / "definitions" / "metrics").rglob("*.yml"):
            if path.stem not in metrics:
                path.unlink()

    @property
    def catalog(self) -> Catalog:
        loaded = load(self.root)
        assert [str(found) for found in loaded.findings] == []
        assert loaded.catalog is not None
        return loaded.catalog

    # -- rows ---------------------------------------------------------------------------------------

    def file(self, source: str) -> Path:
        return self.root / "data" / ("surveys.csv" if source == "sheets" else f"{source}.duckdb")

    def sql(self, source: str, *statements: str) -> None:
        with duckdb.connect(str(self.file(source))) as connection:
            for statement in statements:
                connection.execute(statement)

    def fill(self, days: int) -> None:
        """Write the rows of the first so many days, anew; each is synced at 5 o'clock the next morning."""
        for source, table, columns in (
            ("shop", "orders",
             "n as order_id, n::decimal(18, 2) as amount, 'c' || n % 5 as customer, n % 3 <> 0 as kept"),
            ("desk", "tickets", "n as ticket_id, n % 2 = 0 as urgent"),
        ):  # fmt: skip
            time = "ordered_at" if source == "shop" else "opened_at"
            self.sql(
                source,
                f"create or replace table {table} as select {columns}, "
                f"case when n % 2 = 0 then 'web' else 'phone' end as channel, "
                f"timestamp '2025-12-31 12:00' + n * interval 1 day as {time}, "
                f"timestamp '2026-01-01 05:00' + n * interval 1 day as synced_at "
                f"from range(1, {days + 1}) as r(n)",
            )
        with self.file("sheets").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["survey_id", "answered_on", "score", "channel"])
            for n in range(1, days + 1):
                day = FIRST + timedelta(days=n - 1)
                writer.writerow([n, f"{day:%d/%m/%Y}", n % 5 + 1, "web" if n % 2 == 0 else "phone"])

    @contextmanager
    def writer(self, source: str) -> Iterator[int]:
        """Hold a database file open for writing in another process."""
        script = (
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", script, str(self.file(source))]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            yield process.pid
            process.communicate()

    # -- the store ------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"sqlite:///{self.root / '.scorecard' / 'store.db'}"

    def refresh(self, store: Store, *metrics: str, as_of: datetime | None = None) -> Summary:
        refresher = Refresher(self.catalog, self.root, store, self.clock)
        return refresher.refresh(metrics or None, as_of=as_of)


def values(store: Store, metric: str, grain: Grain = Grain.MONTH, as_known: datetime | None = None
           ) -> dict[tuple[str, Dimensions], tuple[float | None, str]]:  # fmt: skip
    """Return the latest value and state by first day and segment."""
    rows = store.latest(metric, grain=grain, as_known=as_known)
    return {(str(row.period.start), row.dimensions): (row.value, str(row.state)) for row in rows}


def said(store: Store, metric: str) -> list[Observation]:
    """Return the latest observations without what says who computed them when."""
    return [_plain(row) for row in store.latest(metric)]


def _plain(row: Observation) -> Observation:
    return replace(row, computed_at=datetime.min.replace(tzinfo=UTC), run=None, watermark=None)
