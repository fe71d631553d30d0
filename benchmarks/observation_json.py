"""10,000 observations as the API sends them, against orjson of the same rows; and the whole answer."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson

from api.app import create_app
from api.project.project import Project
from api.v1.metrics import value_unit
from api.v1.written import as_list, written
from benchmarks.harness import compare_work
from metrics.grain import Grain, Period
from metrics.observation import Observation, State
from metrics.store.store import Run

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
FILES = {
    "company.yml": "company: Northwind\ntimezone: Europe/London\ncurrency: GBP\ndepartments: {sales: {label: Sales}}\n",
    "sources.yml": 'sources: {crm: {url: "duckdb:///:memory:"}}\n',
    "datasets/orders.yml": "dataset: orders\nsource: crm\ntable: orders\nkey: order_id\n"
    "time: ordered_at\ndimensions: {channel: channel}\n",
    "metrics/sales/orders_made.yml": "metric: orders_made\nlabel: Orders\nkind: aggregate\ndirection: up\n"
    "leads: sales\ndataset: orders\nmeasure: count\ndimensions: [channel]\ngrains: [day]\n",
}
SELECT = """select * from observations where id in (
    select max(id) from observations where metric = ? and definition_hash = ?
    group by grain, cut, dimensions, period_start
) order by grain, period_start, dimensions"""


def project_of(root: Path, days: int, channels: int) -> Project:
    """Return a project with a metric of days times channels values."""
    for name, text in FILES.items():
        path = root / "definitions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    project = Project.open(root)
    project.store.write(a_run(project), observations(project, days, channels))
    return project


def a_run(project: Project) -> Run:
    """Return a run of the metric."""
    return Run(
        "first", "orders_made", project.hash_of("orders_made"), 1, NOW, NOW, NOW, "ok", None,
        (Grain.DAY,), (("channel",),), 1.0,
    )  # fmt: skip


def observations(project: Project, days: int, channels: int) -> list[Observation]:
    """Return the metric's values."""
    first, hashed = date(2020, 1, 1), project.hash_of("orders_made")
    return [
        Observation(
            metric="orders_made", definition_hash=hashed, code_version=1, grain=Grain.DAY,
            period=Period(Grain.DAY, first + timedelta(day), first + timedelta(day + 1)),
            dimensions=(("channel", f"channel {channel}"),), state=State.FINAL, watermark=NOW, computed_at=NOW,
            value=day / 7, numerator=day / 3, denominator=3.0, lower=day / 8, upper=day / 6, sample_size=day,
        )
        for day in range(days)
        for channel in range(channels)
    ]  # fmt: skip


def main() -> None:
    """Compare both."""
    with tempfile.TemporaryDirectory() as folder:
        project = project_of(Path(folder), days=1_000, channels=10)
        kept = project.store.latest("orders_made")
        metric = project.catalog.metric("orders_made")

        unit = value_unit(project, metric)

        def ours() -> bytes:
            return orjson.dumps(as_list(written(project, unit, metric.metric, kept)))

        rows = [_row(one, item["period"]) for one, item in zip(kept, orjson.loads(ours()), strict=True)]
        assert orjson.loads(orjson.dumps(rows)) == orjson.loads(ours())
        compare_work(
            f"{len(rows):,} observations against orjson of the same rows", ours, lambda: orjson.dumps(rows)
        )
        client = create_app(project, now=lambda: NOW).test_client()
        path = "/api/v1/metrics/orders_made/observations?by=channel&limit=10000"
        store = Path(folder) / ".scorecard" / "store.db"
        compare_work(
            "the whole answer against a select by hand and orjson",
            lambda: client.get(path).data,
            _by_hand(store, project.hash_of("orders_made")),
        )
        project.store.close()


def _row(one: Observation, period: str) -> dict[str, object]:
    """Return a row as one would hand it to orjson."""
    return {
        "metric": one.metric, "grain": one.grain.value, "period": period, "period_start": one.period.start,
        "period_end": one.period.end, "dimensions": dict(one.dimensions), **one.figures(), "unit": "",
        "state": one.state.value, "final_on": None, "awaits": None, "to_date": None,
        "definition_hash": one.definition_hash, "code_version": one.code_version, "watermark": one.watermark,
        "computed_at": one.computed_at, "run": one.run,
    }  # fmt: skip


def _by_hand(store: Path, hashed: str) -> Callable[[], bytes]:
    def answer() -> bytes:
        connection = sqlite3.connect(store)
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute(SELECT, ("orders_made", hashed))]
        for row in found:
            row["dimensions"] = orjson.Fragment(row["dimensions"])
        connection.close()
        return orjson.dumps(found)

    return answer


if __name__ == "__main__":
    main()
