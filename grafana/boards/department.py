"""One dashboard a department: what it leads, stage by stage, and what it supports."""

from __future__ import annotations

from collections.abc import Iterator

from grafana.boards._company import Company
from grafana.dashboard import Dashboard
from grafana.names import uid


def make(company: Company) -> Iterator[Dashboard]:
    """Yield a dashboard for each department that leads or supports a metric, in a folder of its own."""
    cards = company.cards()
    for name in company.board.departments:
        leads = [metric for metric in company.metrics if metric.leads == name]
        supports = [metric for metric in company.metrics if name in metric.supports]
        if not leads and not supports:
            continue
        label = company.board.label(name)
        yield company.dashboard(
            uid("department", name),
            label,
            f"What {label} leads, and what it supports.",
            (
                *company.by_stage(leads, cards, prefix="Leads: "),
                *company.by_stage(supports, cards, prefix="Supports: ", collapsed=True),
            ),
            shown=[*leads, *supports],
            folder=name,
        )
