"""A small company whose two states of data alternate, so that every refresh has something to restate.

Odd rounds see `a`, even rounds `b`: amounts of some days differ, a channel ends and another begins. The
catalog is made once, where a process begins: a refresh then takes a fraction of a second.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir

import duckdb

from metrics.catalog.catalog import Catalog
from metrics.loading.folder import folder_of
from metrics.loading.loader import build
from metrics.operations.refresh import Refresher, Summary
from metrics.store.store import Store
from tests.metrics.live import aggregate, derived

FIRST = datetime(2026, 2, 1, 6, tzinfo=UTC)
CUT = "dimensions: [channel]\ngrains: [day, month]\n"
FILES = {
    "company.yml": "company: Twice\ntimezone: UTC\ncurrency: GBP\n",
    # The states of the data lie in a folder beside the project's.
    "sources.yml": f'sources: {{shop: {{url: "duckdb:///data/shop.duckdb"}}}}\nroots: ["{gettempdir()}"]\n',
    "datasets/orders.yml": (
        "dataset: orders\nsource: shop\ntable: orders\nkey: order_id\ntime: day\n"
        "dimensions: {channel: channel}\ncomplete_through: {lag: 0 days}\n"
    ),
    "metrics/sales/orders_taken.yml": aggregate("orders_taken", "orders", "count", CUT),
    "metrics/sales/revenue.yml": aggregate("revenue", "orders", "sum(amount)", CUT),
    "metrics/sales/order_value.yml": derived(
        "order_value", "revenue / orders_taken", "grains: [day, month]\n"
    ),
}
DAYS = 8


def _catalog() -> Catalog:
    loaded = build(folder_of({path: text.encode() for path, text in FILES.items()}))
    assert [str(found) for found in loaded.findings] == []
    assert loaded.catalog is not None
    return loaded.catalog


CATALOG = _catalog()


def now(number: int) -> datetime:
    """Return when the nth refresh runs."""
    return FIRST + timedelta(minutes=number)


def fill(states: Path) -> None:
    """Write the two states of the data into a folder."""
    for state, channels, factor in (("a", "n % 2", 1), ("b", "case n % 2 when 0 then 0 else 2 end", 3)):
        (states / state).mkdir(parents=True)
        with duckdb.connect(str(states / state / "shop.duckdb")) as connection:
            connection.execute(
                "create table orders as select n as order_id, 'c' || cast("
                + channels
                + " as text) as channel, "
                "cast(n as decimal(18, 2)) * case when n % 3 = 0 then "
                + str(factor)
                + " else 1 end as amount, "
                f"date '2026-01-01' + (n // 4)::integer as day from range({4 * DAYS}) as r(n)"
            )


def show(root: Path, states: Path, number: int) -> None:
    """Let a project folder see the data of the nth round."""
    root.mkdir(parents=True, exist_ok=True)
    link = root / "data.new"
    link.symlink_to(states / ("a" if number % 2 else "b"))
    os.replace(link, root / "data")


def refresh(store: Store, root: Path, number: int) -> Summary:
    """Run the nth refresh of a project folder."""
    return Refresher(CATALOG, root, store, lambda: now(number)).refresh()
