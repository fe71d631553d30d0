"""What a customer brings against what it costs: CLV, CAC, their ratio and how soon the cost is paid back."""

from __future__ import annotations

from collections.abc import Iterator

from grafana.boards._company import Company
from grafana.dashboard import Dashboard, Row
from metrics.catalog.metric import Metric
from metrics.catalog.money import is_money
from metrics.kind import kind_of

_NEW = "count_new"


def make(company: Company) -> Iterator[Dashboard]:
    """Yield the dashboard where a metric is a customer's lifetime value, cost, payback, or made of these."""
    values = [metric for metric in company.metrics if metric.kind in ("clv", "payback")]
    costs = [metric for metric in company.metrics if _is_cost(metric, company)]
    made = _made_of({each.metric for each in (*values, *costs)}, company)
    behind = {each.metric for metric in made for each in company.made_of(metric)}
    rest = [
        each for each in company.metrics if each.metric in behind and each not in (*values, *costs, *made)
    ]
    shown = [*made, *values, *costs, *rest]
    if not shown:
        return
    cards = company.cards(shown)
    rows = [("Value against cost", made), ("Lifetime value and payback", values), ("Cost of a customer", costs),
            ("What they are computed from", rest)]  # fmt: skip
    yield company.dashboard(
        "clv-cac",
        "Lifetime value against cost",
        "What a new customer brings, what it costs to win, and how soon that is paid back.",
        [Row(title, tuple(panel for metric in chosen for panel in cards.of(metric))) for title, chosen in rows],
        cards=cards,
    )  # fmt: skip


def _is_cost(metric: Metric, company: Company) -> bool:
    """Tell whether a metric is money for each new customer, or for each lead."""
    sides = kind_of(metric).sides(metric)
    if sides is None or not is_money(sides[0], company.catalog):
        return False
    below = sides[1].measure
    if below is not None and below.function == _NEW:
        return True
    stage = company.stage(metric)
    return stage is not None and stage.phase.value == "taps" and not is_money(sides[1], company.catalog)


def _made_of(names: set[str], company: Company) -> list[Metric]:
    """Return the metrics that are computed from any of the named, however far."""
    found: list[Metric] = []
    while more := [each for each in company.metrics
                   if each.metric not in names and {one.metric for one in company.made_of(each)} & names]:  # fmt: skip
        names |= {each.metric for each in more}
        found += more
    return found
