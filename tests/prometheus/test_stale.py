"""From a dataset that stands still to the alert of its department: a refresh, a scrape, Prometheus' own rules."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from api.app import create_app
from api.project.project import Project
from grafana.build import build
from metrics.operations.refresh import Refresher
from tests.metrics.live import COMPANY, ORDERS, Clock, Live, aggregate
from tests.prometheus.servers import DEADLINE, prometheus, serving

pytestmark = pytest.mark.prometheus

DEPARTMENTS = """\
departments:
  sales: {label: Sales, head: sales-lead}
  service: {label: Customer service, head: service-lead}
"""
FRESHNESS = "freshness: {{warn: 26h, fail: 50h}}\ndepartment: {}\n"
RETURNS = ORDERS.replace("dataset: orders", "dataset: returns").replace("table: orders", "table: returns")


@pytest.fixture
def company(tmp_path):
    # Rules are evaluated by Prometheus' clock, and so the rows are of these days.
    live = Live(tmp_path, Clock(datetime.now(UTC)))
    live.only("revenue")
    live.define("company.yml", COMPANY + DEPARTMENTS)
    live.define("datasets/orders.yml", ORDERS + FRESHNESS.format("sales"))
    live.define("datasets/returns.yml", RETURNS + FRESHNESS.format("service"))
    live.define("metrics/sales/returns_made.yml", aggregate("returns_made", "returns", "count"))
    live.fill(90)
    live.sql("shop", "create table returns as select * from orders")
    project = Project.open(live.root)
    yield live, project
    project.store.close()


def synced(live, table, ago):
    """Move a table's rows in time, so that the last one was synced so long ago."""
    last = (live.clock() - ago).strftime("%Y-%m-%d %H:%M:%S")
    span = f"select timestamp '{last}' - max(synced_at) as span from {table}"
    live.sql("shop", f"create or replace table moved as {span}",
             f"update {table} set ordered_at = ordered_at + (select span from moved), "
             "synced_at = synced_at + (select span from moved)")  # fmt: skip


def refresh(live, project):
    assert Refresher(project.catalog, live.root, project.store, live.clock).refresh().failed == ()


def alerts(server):
    """Return what fires: the alert, its department, its severity."""
    told = [each["labels"] for each in server.get("alerts")["alerts"] if each["state"] == "firing"]
    return {(labels["alertname"], labels["department"], labels["severity"]) for labels in told}


def eventually(find, wanted):
    deadline = time.monotonic() + DEADLINE
    while (found := find()) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_one_dataset_that_stands_still_is_told_to_its_department(company, tmp_path):
    live, project = company
    built = build(
        project.catalog, project.board, url="http://x", on=live.clock(), refresh_every=timedelta(seconds=1)
    )
    rules = tmp_path / "health.yml"
    rules.write_text(built["rules/health.yml"])
    synced(live, "orders", timedelta(hours=7))
    synced(live, "returns", timedelta(days=19))
    refresh(live, project)
    more = f"rule_files: [{json.dumps(str(rules))}]\n"
    with (
        serving(create_app(project)) as target,
        prometheus(tmp_path / "prometheus", target, more, remote=False) as server,
    ):
        late, too_late = (("DatasetStaleReturns", "service", each) for each in ("info", "warning"))
        eventually(lambda: alerts(server), {late, too_late})
        age = "time() - kpi_dataset_watermark_timestamp_seconds"
        hours = {
            dict(key)["dataset"]: round(value / 3600)
            for key, value in server.instant(age, time.time()).items()
        }
        assert hours == {"orders": 7, "returns": 19 * 24}
        (source,) = server.instant("time() - kpi_source_watermark_timestamp_seconds", time.time()).values()
        assert round(source / 3600) == 19 * 24
        metrics = "time() - kpi_metric_watermark_timestamp_seconds"
        hours = {dict(key)["metric"]: round(value / 3600)
                 for key, value in server.instant(metrics, time.time()).items()}  # fmt: skip
        assert hours == {"revenue": 7, "returns_made": 19 * 24}

        synced(live, "returns", timedelta(hours=30))
        refresh(live, project)
        eventually(lambda: alerts(server), {late})
        synced(live, "returns", timedelta(hours=1))
        refresh(live, project)
        eventually(lambda: alerts(server), set())
