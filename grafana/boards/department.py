"""One dashboard a department: the indicators that it leads, all else that it leads, and what it supports."""

from __future__ import annotations

from collections.abc import Iterator

from grafana.boards._company import Company
from grafana.cards import Cards
from grafana.dashboard import Dashboard, Row
from grafana.names import uid
from grafana.panel import Panel
from metrics.catalog.metric import Metric


def make(company: Company) -> Iterator[Dashboard]:
    """Yield a dashboard for each department that leads or supports a metric, in a folder of its own."""
    for name in company.board.departments:
        leads = [metric for metric in company.metrics if metric.leads == name]
        supports = [metric for metric in company.metrics if name in metric.supports and metric not in leads]
        if not leads and not supports:
            continue
        label, cards = company.board.label(name), company.cards(leads or supports)
        yield company.dashboard(
            uid("department", name),
            label,
            f"What {label} leads, the scorecard's indicators first, and what it supports.",
            (
                *company.by_weight(leads, cards, f"{label} leads"),
                Row(f"{label} supports", tuple(_supported(company, cards, supports)), collapsed=bool(leads)),
            ),
            cards=cards,
            folder=name,
        )


def _supported(company: Company, cards: Cards, metrics: list[Metric]) -> Iterator[Panel]:
    """Yield what a department supports, the scorecards' indicators first, by who leads it."""
    by_lead: dict[str, list[Metric]] = {}
    for metric in sorted(metrics, key=lambda each: each.metric not in company.indicators):
        by_lead.setdefault(metric.leads or "", []).append(metric)
    for lead, led in by_lead.items():
        yield cards.figures_of(f"{company.board.label(lead)} leads" if lead else "Nobody leads", led)
