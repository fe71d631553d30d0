"""Service and promises: what the departments that hold the customers lead, and all that is measured there."""

from __future__ import annotations

from collections.abc import Iterator

from grafana.boards._company import Company
from grafana.dashboard import Dashboard
from metrics.catalog.metric import Metric
from scorecard.model import Phase

_ELSEWHERE = ("retention", "win_back", "clv", "payback")


def make(company: Company) -> Iterator[Dashboard]:
    """Yield the dashboard where a stage is a bucket; retention and lifetime value have their own."""
    stages = {stage.stage for stage in company.board.stages if stage.phase is Phase.BUCKETS}
    leads = {stage.leads for stage in company.board.stages if stage.phase is Phase.BUCKETS}

    def belongs(metric: Metric) -> bool:
        return metric.kind not in _ELSEWHERE and (metric.stage in stages or metric.leads in leads)

    shown = [metric for metric in company.metrics if belongs(metric)]
    if not shown:
        return
    cards = company.cards(shown)
    yield company.dashboard(
        "service",
        "Service and promises",
        "What customers were promised, what they got, and how quickly they were helped.",
        company.by_weight(shown, cards, "Service and promises"),
        cards=cards,
    )
