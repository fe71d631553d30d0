"""Money stays exact on its way: a DECIMAL in, its sum a Decimal out, on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy.engine import make_url

from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.expressions.nodes import Measure, Name
from metrics.grain import Grain
from metrics.loading.loader import load
from metrics.observation import Estimate
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Aggregate, Scan
from metrics.sql.scan_query import ScanQuery
from tests.postgres_server import PostgresServer

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TABLE = "create table paid (id integer, day date, amount numeric(18, 2))"
ROWS = "insert into paid values (1, '2026-01-05', 99999999999999.99), (2, '2026-01-06', 0.10)"
PAID = "dataset: paid\nsource: bank\ntable: paid\nkey: id\ntime: day\n"
METRIC = """\
metric: paid
label: Paid
owner: me
direction: none
kind: aggregate
dataset: paid
measure: sum(amount)
grains: [month]
"""
WHOLE = Decimal("100000000000000.09")


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "definitions"
    for folder in ("datasets", "metrics/bank"):
        (root / folder).mkdir(parents=True)
    (root / "company.yml").write_text("company: Exact\ntimezone: UTC\ncurrency: GBP\n")
    (root / "datasets" / "paid.yml").write_text(PAID)
    (root / "metrics" / "bank" / "paid.yml").write_text(METRIC)
    if request.param == "duckdb":
        with duckdb.connect(str(tmp_path / "bank.duckdb")) as connection:
            connection.execute(TABLE).execute(ROWS)
        _sources(tmp_path, "duckdb:///bank.duckdb")
        yield tmp_path
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.fresh() as fresh:
        with fresh.connect() as connection:
            connection.execute(TABLE)
            connection.execute(ROWS)
        _sources(tmp_path, fresh.url)
        yield tmp_path


def _sources(root: Path, url: str) -> None:
    (root / "url").write_text(make_url(url).render_as_string(hide_password=False))
    (root / "definitions" / "sources.yml").write_text("sources:\n  bank: {url: '${file:url}'}\n")


def opened(project: Path) -> Session:
    loaded = load(project)
    assert [str(found) for found in loaded.findings] == []
    assert loaded.catalog is not None
    return Session(loaded.catalog, project, NOW)


def test_a_sum_of_decimals_comes_back_exact(project: Path) -> None:
    asked = [Aggregate(name, Measure(name, name, Name(("amount",)))) for name in ("sum", "min", "max")]
    scan = Scan("paid", tuple(asked), (Grain.MONTH, Grain.ALL), ((),), time=Name(("day",)))
    cells: dict[Any, Any] = {}
    with opened(project) as session:
        query = ScanQuery(scan, session.scope("paid"), TimeFrame(session.catalog.company.calendar, {}, NOW))
        for grains, select in query.selects():
            cells |= query.cells(session.fetch("bank", select), grains)
    wanted = dict(zip(asked, (WHOLE, Decimal("0.10"), Decimal("99999999999999.99")), strict=True))
    assert cells == {(Grain.MONTH, date(2026, 1, 1), ()): wanted, (Grain.ALL, None, ()): wanted}
    assert {str(value) for value in cells[Grain.ALL, None, ()].values()} == {str(v) for v in wanted.values()}


def test_a_metric_is_the_double_that_is_nearest_to_the_exact_sum(project: Path) -> None:
    with opened(project) as session:
        outcome: Outcome
        (outcome,) = Planner(session).compute([request_for(session.catalog.metrics["paid"])])
    assert outcome.error is None
    january: Estimate = outcome.estimates[0]
    assert (january.period.start, january.value) == (date(2026, 1, 1), float(WHOLE))
