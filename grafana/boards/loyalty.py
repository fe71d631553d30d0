"""Who stays and who comes back: retention, its cohort curves, and win-back, by cohort and segment."""

from __future__ import annotations

from collections.abc import Iterator

from grafana.boards._company import Company
from grafana.dashboard import Dashboard, Row
from grafana.panel import Panel, Query, bars
from grafana.units import unit
from metrics.model import Metric


def make(company: Company) -> Iterator[Dashboard]:
    """Yield the dashboard where a metric is retention or win-back, or a change of one."""
    base = [metric for metric in company.metrics if metric.kind in ("retention", "win_back")]
    if not base:
        return
    names = {metric.metric for metric in base}
    differences = [metric for metric in company.metrics if metric.kind == "difference"]
    changes = [each for each in differences if {one.metric for one in company.made_of(each)} & names]
    kept = [metric for metric in base if metric.kind == "retention" and not metric.own_dimensions]
    curves = [metric for metric in base if metric.own_dimensions]
    back = [metric for metric in base if metric.kind == "win_back"]
    cards = company.cards()
    titles = [("Retention", kept), ("Win-back", back), ("Changes", changes)]
    rows = [Row(title, tuple(panel for metric in of for panel in cards.of(metric))) for title, of in titles]
    rows.insert(1, Row("Cohorts by age", tuple(panel for each in curves for panel in _curve(company, each))))
    yield company.dashboard(
        "retention",
        "Retention and win-back",
        "Of the customers there were, how many stay; of those who left, how many come back.",
        rows,
        shown=[*base, *changes],
    )  # fmt: skip


def _curve(company: Company, metric: Metric) -> tuple[Panel, ...]:
    """Return how many of a cohort are left at each age: of the newest cohort for each, and of older ones."""
    cards = company.cards()
    figures = cards.figures(metric)
    age = "{{" + "}} {{".join(figures.own) + "}}"
    newest = bars(
        f"{metric.label}: by age", Query("A", figures.live(), age, now=True), width=8,
        description=f"{cards.describe(metric)} For each age, the newest cohort that has reached it.",
        unit=unit(metric, company.catalog), links=cards.links(metric),
    )  # fmt: skip
    return newest, cards.past(metric).sized(16, 8)
