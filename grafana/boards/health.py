"""Definitions and the health of their sources: what answers, how old it is, what failed, what changed."""

from __future__ import annotations

from collections.abc import Iterator
from math import nextafter

from grafana import variables
from grafana.boards._company import Company
from grafana.dashboard import Dashboard, Row
from grafana.panel import Panel, Query, bars, column, stat, table, trend
from grafana.promql import once, select
from grafana.rules.freshness import limits
from grafana.thresholds import AMBER, GREEN, RED
from grafana.units import SECONDS

_OF_METRIC = 'metric=~"${department:raw}"'
_INSTANT = "dateTimeAsIso"
_UP = [{"type": "value", "options": {"0": {"color": "red", "index": 1, "text": "down"},
                                     "1": {"color": "green", "index": 0, "text": "up"}}}]  # fmt: skip


def make(company: Company) -> Iterator[Dashboard]:
    """Yield the dashboard; it is there for every company."""
    homeless = [metric for metric in company.metrics
                if metric.leads not in company.board.departments and not company.stage(metric)]  # fmt: skip
    cards = company.cards(homeless)
    yield company.dashboard(
        "health",
        "Definitions and health",
        "Whether the sources answer, how old what they say is, what failed and which definitions changed.",
        (
            Row("Sources", tuple(_sources(company))),
            Row("Refreshes", tuple(_refreshes())),
            Row("Definitions", tuple(_definitions())),
            Row("Metrics of no department", tuple(panel for each in homeless for panel in cards.of(each))),
        ),
        cards=cards,
        more=(variables.department(company.catalog, company.board),),
        time_from="now-30d",
    )  # fmt: skip


def _sources(company: Company) -> Iterator[Panel]:
    up = once("kpi_source_up", "source")
    age = f"time() - {once('kpi_dataset_watermark_timestamp_seconds', 'source', 'dataset')}"
    answered = f"time() - {once('kpi_source_last_success_timestamp_seconds', 'source')}"
    looks = tuple(
        column(each.dataset.dataset, thresholds={"mode": "absolute", "steps": _steps(each.warn, each.fail)})
        for each in limits(company.catalog)
    )
    yield stat("Sources", Query("A", up, "{{source}}", now=True), width=6, fields={"mappings": _UP},
               steps=((RED, None), (GREEN, 1.0)),
               description="Whether each source answered when it was last asked.")  # fmt: skip
    yield bars("Age of what is known", Query("A", age, "{{dataset}}", now=True), width=9, unit=SECONDS,
               looks=looks, fields={"min": 0},
               description="How old the watermark of each dataset is; coloured by its freshness.")  # fmt: skip
    yield bars("Since the last answer", Query("A", answered, "{{source}}", now=True), width=9, unit=SECONDS,
               fields={"min": 0}, description="How long ago each source last answered.")  # fmt: skip
    known = once("kpi_dataset_watermark_timestamp_seconds", "source", "dataset")
    yield table("Until when the datasets are known", Query("A", f"{known} * 1000"), width=10,
                looks=(column("Value", unit=_INSTANT),),
                description="The watermark of each dataset: what came later is not in the figures yet.")  # fmt: skip
    yield trend("Age of what is known: past", Query("A", age, "{{dataset}}"), width=14, unit=SECONDS,
                interval="15m", description="As it was at the time, kept by Prometheus since it scrapes.")  # fmt: skip


def _steps(warn: float | None, fail: float | None) -> list[dict[str, object]]:
    found: list[tuple[str, float | None]] = [(GREEN, None)]
    found += [
        (colour, nextafter(at, at + 1)) for colour, at in ((AMBER, warn), (RED, fail)) if at is not None
    ]
    return [{"color": colour, "value": value} for colour, value in found]


def _refreshes() -> Iterator[Panel]:
    failing = once(select("kpi_refresh_success", _OF_METRIC), "metric")
    took = once(select("kpi_refresh_duration_seconds", _OF_METRIC), "metric")
    ends = once(select("kpi_period_end_timestamp_seconds", _OF_METRIC), "metric", "grain")
    yield table("Metrics whose last refresh failed", Query("A", f"{failing} == 0"), width=8,
                hidden=("Time", "Value"), description="They keep their last good value.")  # fmt: skip
    yield bars("How long a refresh takes", Query("A", took, "{{metric}}", now=True), unit=SECONDS,
               description="Of each metric, the last time.", fields={"min": 0})  # fmt: skip
    yield table("Until when the figures of now reach", Query("A", f"{ends} * 1000"), width=8,
                looks=(column("Value", unit=_INSTANT),),
                description="The end of each metric's latest final period, at each of its grains.")  # fmt: skip


def _definitions() -> Iterator[Panel]:
    running = once(select("scorecard_definition_info", _OF_METRIC), "metric", "hash", "commit")
    changed = once(select("scorecard_definition_changed_timestamp_seconds", _OF_METRIC), "metric", "hash")
    yield table("Definitions that the figures follow", Query("A", running), width=14, height=12,
                hidden=("Time", "Value"), looks=(_linked(),),
                description="The hash of each metric's definition, and the commit that it came with.")  # fmt: skip
    yield table("Definition changes", Query("A", f"{changed} * 1000"), width=10, height=12,
                looks=(column("Value", unit=_INSTANT), _linked()),
                description="When a metric was first computed by another definition than its first.")  # fmt: skip


def _linked() -> tuple[str, str, tuple[tuple[str, object], ...]]:
    url = "${scorecard_url:raw}/catalogue/${__value.raw}"
    return column("metric", links=[{"targetBlank": True, "title": "Definition and history", "url": url}])
