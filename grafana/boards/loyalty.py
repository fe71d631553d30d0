"""Who stays and who comes back: retention, its cohorts by age, and win-back, by cohort and segment."""

from __future__ import annotations

from collections.abc import Iterator

from grafana.boards._company import Company
from grafana.cards import Cards
from grafana.cohorts import side_by_side, triangle
from grafana.dashboard import Dashboard, Row
from grafana.panel import Panel, Query, bars
from grafana.units import unit
from metrics.catalog.metric import Metric


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
    cards = company.cards([*base, *changes])
    rows = [
        Row("Retention", _all(cards, kept)),
        Row("Cohorts by age", tuple(panel for each in curves for panel in _curve(company, each))),
        Row("Win-back", (*_all(cards, back), *(_came_back(cards, each) for each in back))),
        Row("Changes", _all(cards, changes)),
    ]
    yield company.dashboard(
        "retention",
        "Retention and win-back",
        "Of the customers there were, how many stay; of those who left, how many come back.",
        rows,
        cards=cards,
    )  # fmt: skip


def _all(cards: Cards, metrics: list[Metric]) -> tuple[Panel, ...]:
    return tuple(panel for metric in metrics for panel in cards.of(metric))


def _came_back(cards: Cards, metric: Metric) -> Panel:
    return side_by_side(cards, metric, "lapsed", "came back")


def _curve(company: Company, metric: Metric) -> tuple[Panel, ...]:
    """Return each cohort at each age, and of the newest cohorts how many are left."""
    grain = company.grain if company.grain in metric.grains else metric.grains[0]
    cards = company.cards([metric], grain)
    figures = cards.figures(metric)
    newest = bars(
        f"{cards.title(metric)}: by age", Query("A", figures.live(), "{{age}}", now=True), width=8,
        description=f"{cards.describe(metric)} For each age, the newest cohort that has reached it.",
        unit=unit(metric, company.catalog), links=cards.links(metric),
    )  # fmt: skip
    return triangle(cards, metric), newest, *(each.sized(16, 8) for each in cards.past(metric))
