"""Plans that are made together share the scans that read the same rows, up to the same watermark."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.metric import Direction, Metric
from metrics.catalog.options import Over
from metrics.engine.plan import Plan, share_scans
from metrics.engine.schedule import MetricRequest
from metrics.expressions.parser import parse_measure
from metrics.frame import Frame
from metrics.grain import Grain, Span
from metrics.sql.scan import Aggregate, Scan
from tests.metrics.live import at

NOW = at("2026-04-01T06:00")
CATALOG = Catalog(Company("c", "UTC", Currency("GBP")))


def scan(measure: str, dataset: str = "orders", **more: Any) -> Scan:
    return Scan(dataset, (Aggregate(measure, parse_measure(measure)),), (Grain.MONTH,), ((),), **more)


def plan(*scans: Scan, watermark: datetime = NOW) -> Plan:
    request = MetricRequest("m", (Grain.MONTH,), ((),))
    frame = Frame(CATALOG, request.grains, request.cuts, watermark)
    requests = {f"s{index}": each for index, each in enumerate(scans)}
    return Plan(Metric("m", "m", "ratio", Direction.UP, None), request, frame, requests)


def shared(*plans: Plan) -> list[list[Scan]]:
    return [list(each.scans.values()) for each in share_scans(plans, lambda dataset: "shop")]


COUNT, SUM = scan("count"), scan("sum(amount)")


def test_scans_of_the_same_rows_are_one() -> None:
    assert shared(plan(COUNT), plan(SUM, COUNT)) == [[COUNT.merged(SUM)], [COUNT.merged(SUM)] * 2]


def test_other_rows_are_scans_of_their_own() -> None:
    tickets, running = scan("count", "tickets"), scan("count", over=Over(trailing=Span.parse("2 months")))
    assert shared(plan(COUNT), plan(tickets), plan(running)) == [[COUNT], [tickets], [running]]


def test_rows_up_to_another_watermark_are_other_rows() -> None:
    assert shared(plan(COUNT), plan(SUM, watermark=at("2026-03-01T00:00"))) == [[COUNT], [SUM]]


def test_a_plan_without_scans_shares_none() -> None:
    assert shared(plan(), plan(COUNT)) == [[], [COUNT]]
