"""The journey as a funnel: the conversion of each stage, who entered and who went on, and all else there."""

from __future__ import annotations

from collections.abc import Iterator

from grafana.boards._company import Company
from grafana.dashboard import Dashboard, Row
from grafana.panel import Panel, Query, bars
from grafana.units import PERCENT
from metrics.model import Metric
from scorecard.model import label_of

_KIND = "conversion"


def make(company: Company) -> Iterator[Dashboard]:
    """Yield the dashboard, unless no metric belongs to a stage."""
    staged = [metric for metric in company.metrics if company.stage(metric)]
    if not staged:
        return
    conversions = [metric for metric in company.metrics if metric.kind == _KIND]
    yield company.dashboard(
        "journey",
        "Journey: the funnel",
        "How many of those who enter a stage go on, and what else is measured there.",
        (Row("Conversions, in the order of the journey", tuple(_funnel(company, conversions))),
         *_stages(company, staged)),
        shown=[*staged, *(metric for metric in conversions if metric not in staged)],
    )  # fmt: skip


def _funnel(company: Company, conversions: list[Metric]) -> Iterator[Panel]:
    cards = company.cards()
    queries = [Query(f"A{index}", cards.figures(metric).live(), metric.label, now=True)
               for index, metric in enumerate(conversions)]  # fmt: skip
    if queries:
        yield bars(
            "Conversion by stage", *queries, width=24, height=max(4, 2 * len(queries)), unit=PERCENT,
            description="The latest final period of each: windows that are still open count nowhere.",
            fields={"min": 0, "max": 1},
        )  # fmt: skip


def _stages(company: Company, staged: list[Metric]) -> Iterator[Row]:
    cards = company.cards()
    for stage in company.board.stages:
        here = [metric for metric in staged if metric.stage == stage.stage]
        panels: list[Panel] = []
        for metric in here:
            if metric.kind == _KIND:
                panels += [cards.now(metric), cards.past(metric).sized(12, 8),
                           cards.amounts(metric, "went on", "entered")]  # fmt: skip
        panels += [cards.now(metric).sized(6, 5) for metric in here if metric.kind != _KIND]
        yield Row(f"{label_of(stage.stage)}: {company.board.label(stage.leads)} leads", tuple(panels))
