"""How long remote read takes for 36 months of one metric, beside a select of the same rows.

Two stores of 10,000 series: 100 metrics of 100 series each, of which one is read, and one metric that has
all 10,000. The read is the whole answer to Prometheus, from its request's bytes to the answer's: a sample a
month, instants and values of every series. It is read once cold, which reads the store, once after a refresh
that has restated the newest month of every series, which reads what was written since, and then warm. The
other side is the select, by hand on the same SQLite file, that finds the newest version of the same rows.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import cramjam

from api.project.project import Project
from api.prometheus.remote_read import wire
from api.prometheus.remote_read.answer import Histories, answer
from benchmarks.harness import compare
from metrics.grain import Grain, Period, add_months
from metrics.observation import Observation, State
from metrics.store.store import Run

MONTHS, SERIES, EACH, ROUNDS = 36, 10_000, 100, 15
FIRST = date(2023, 10, 1)
NOW = datetime(2026, 10, 2, tzinfo=UTC)
COMPANY = "company: Bench\ntimezone: UTC\ncurrency: GBP\ndepartments: {sales: {label: Sales, head: a}}\n"
SOURCES = 'sources: {files: {url: "duckdb:///:memory:"}}\n'
DATASET = """\
dataset: orders
source: files
files: data/orders.csv
key: id
time: day
dimensions: {shop: shop}
"""
METRIC = """\
metric: revenue_{number}
label: Revenue {number}
direction: up
kind: aggregate
dataset: orders
measure: count
dimensions: [shop]
grains: [month]
"""
SQL = """\
select dimensions, period_start, period_end, state, value from observations where id in (
  select max(id) from observations where metric = ? and definition_hash = ?
  group by grain, cut, dimensions, period_start
)
"""


def main() -> None:
    """Read both stores."""
    for metrics in (SERIES // EACH, 1):
        with tempfile.TemporaryDirectory() as folder:
            _read_one_of(metrics, Path(folder))


def _read_one_of(metrics: int, root: Path) -> None:
    project = _project(root, metrics)
    body, histories, name = _request(), Histories(), "revenue_0"

    def ours() -> bytes:
        return wire.encode([answer(project, histories, asked) for asked in wire.decode(body)])

    spent, written = _processor(ours)
    print(f"{metrics} x {SERIES // metrics} series: cold {spent:.3f} s of the processor")
    _write(project, name, SERIES // metrics, "restated", restated=1.0)
    spent, written = _processor(ours)
    print(
        f"{metrics} x {SERIES // metrics} series: {spent:.3f} s of the processor after {SERIES // metrics:,} of "
        f"{MONTHS * SERIES // metrics:,} values were restated"
    )
    connection = sqlite3.connect(root / ".scorecard" / "store.db")
    rows = connection.execute(SQL, (name, project.hash_of(name))).fetchall()
    assert len(rows) == MONTHS * SERIES // metrics
    samples = _samples(written)
    assert (samples[0], samples[1] >= MONTHS * samples[0]) == (SERIES // metrics, True), samples
    print(f"{metrics} x {samples[0]} series: {samples[1]:,} samples, {len(written):,} bytes")
    compare(
        f"{metrics} x {SERIES // metrics} series, {MONTHS} months of one, warm",
        ours,
        lambda: connection.execute(SQL, (name, project.hash_of(name))).fetchall(),
        ROUNDS,
    )
    warm = statistics.median(_processor(ours)[0] for _ in range(ROUNDS))
    print(f"{metrics} x {samples[0]} series: {warm:.3f} s of the processor, warm")
    connection.close()
    project.store.close()


def _processor(run: Callable[[], bytes]) -> tuple[float, bytes]:
    """Return the seconds of the processor that something took, and what it returned."""
    started = time.process_time()
    found = run()
    return time.process_time() - started, found


def _project(root: Path, metrics: int) -> Project:
    """Return a project whose store holds every series of every metric."""
    files = {"company.yml": COMPANY, "sources.yml": SOURCES, "datasets/orders.yml": DATASET}
    files |= {f"metrics/sales/revenue_{n}.yml": METRIC.format(number=n) for n in range(metrics)}
    for path, text in files.items():
        file = root / "definitions" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    project = Project.open(root)
    for name in project.catalog.metrics:
        _write(project, name, SERIES // metrics, "first")
    return project


def _write(project: Project, name: str, series: int, mark: str, *, restated: float = 0.0) -> None:
    """Let a run write every value of a metric, those of the newest month by so much more."""
    metric = project.catalog.metric(name)
    run = Run(f"run-{mark}-{name}", name, project.hash_of(name), 1, NOW, NOW, NOW, "ok", None, metric.grains,
              metric.cut_sets, 1.0)  # fmt: skip
    seen = (_seen(run, month, n, restated if month == MONTHS - 1 else 0.0)
            for n in range(series) for month in range(MONTHS))  # fmt: skip
    project.store.write(run, seen)


def _seen(run: Run, month: int, number: int, more: float = 0.0) -> Observation:
    period = Period(Grain.MONTH, add_months(FIRST, month), add_months(FIRST, month + 1))
    segment = (("shop", f"shop {number}"),) if number else ()
    value = number + month / MONTHS + more
    return Observation(run.metric, run.definition_hash, 1, Grain.MONTH, period, segment, State.FINAL, NOW, NOW,
                       run.id, value=value, numerator=value, maturity=1.0)  # fmt: skip


def _request() -> bytes:
    """Return what Prometheus asks for a range query over three years in steps of 30 days and a bit."""
    end = round(NOW.timestamp() * 1000)
    step = round(timedelta(days=1096 / MONTHS).total_seconds() * 1000)
    start = end - (MONTHS - 1) * step - 300_000
    request = wire._CLASSES["ReadRequest"]()
    query = request.queries.add(start_timestamp_ms=start, end_timestamp_ms=end)
    query.matchers.add(type=0, name="__name__", value="kpi_revenue_0")
    query.matchers.add(type=0, name="vintage", value="current")
    query.hints.start_ms, query.hints.end_ms, query.hints.step_ms = start, end, step
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))


def _samples(body: bytes) -> tuple[int, int]:
    """Return how many series and samples an answer has."""
    response = wire._CLASSES["ReadResponse"].FromString(bytes(cramjam.snappy.decompress_raw(body)))
    found = [wire._CLASSES["TimeSeries"].FromString(one) for one in response.results[0].timeseries]
    return len(found), sum(len(one.samples) for one in found)


if __name__ == "__main__":
    main()
