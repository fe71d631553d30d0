"""The variables of dashboards: data source, address, period, department, segments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from grafana.panel import SOURCE, Json
from metrics.catalog.catalog import Catalog
from metrics.grain import Grain
from scorecard.model import Board, label_of

ADDRESS, GRAIN, DEPARTMENT = "scorecard_url", "grain", "department"
EVERYONE = ".+"


@dataclass(frozen=True)
class Variable:
    """One variable, and the values that a reader can choose where they are known beforehand."""

    name: str
    values: tuple[str, ...]
    body: Json = field(compare=False)

    def json(self) -> Json:
        """Return the variable as Grafana stores it."""
        return {"hide": 0, "name": self.name, "skipUrlSync": False, **self.body}


def datasource() -> Variable:
    """Return which Prometheus is asked."""
    body = {"includeAll": False, "label": "Data source", "multi": False, "options": [], "query": "prometheus",
            "refresh": 1, "regex": "", "type": "datasource"}  # fmt: skip
    return Variable("datasource", (), body)


def address(url: str) -> Variable:
    """Return where the scorecard server is, for links to its pages."""
    chosen = {"selected": True, "text": url, "value": url}
    body = {"current": chosen, "label": "Scorecard", "options": [chosen], "query": url, "type": "textbox"}
    return Variable(ADDRESS, (url,), body)


def grain(offered: Iterable[Grain], default: Grain) -> Variable:
    """Return how long the shown periods are."""
    return _choice(GRAIN, "Period", [(each.value, each.value) for each in offered], default.value)


def department(catalog: Catalog, board: Board) -> Variable:
    """Return whose metrics are shown: a department's value is a pattern of its metrics' names."""
    options = [("All", EVERYONE)]
    for name in board.departments:
        names = [each.metric for each in catalog.metrics.values() if name in (each.leads, *each.supports)]
        if names:
            options.append((board.label(name), "|".join(names)))
    return _choice(DEPARTMENT, "Department", options, EVERYONE)


def segment(dimension: str) -> Variable:
    """Return which values of a dimension are shown, wherever figures are cut by it."""
    query = f'label_values({{__name__=~"kpi_.+",by="{dimension}"}}, {dimension})'
    every = {"selected": True, "text": ["All"], "value": ["$__all"]}
    body = {
        "allValue": ".*", "current": every, "datasource": SOURCE, "includeAll": True,
        "label": label_of(dimension), "multi": True, "options": [],
        "query": {"query": query, "refId": segment_name(dimension)}, "refresh": 2, "regex": "", "sort": 1,
        "type": "query",
    }  # fmt: skip
    return Variable(segment_name(dimension), (), body)


def segment_name(dimension: str) -> str:
    """Return the name of the variable of a dimension's values; a dimension may be called like another variable."""
    return f"segment_{dimension}"


def _choice(name: str, label: str, options: list[tuple[str, str]], default: str) -> Variable:
    made: list[dict[str, Any]] = [
        {"selected": value == default, "text": text, "value": value} for text, value in options
    ]
    body = {
        "current": next(option for option in made if option["selected"]),
        "includeAll": False,
        "label": label,
        "multi": False,
        "options": made,
        "query": ",".join(
            value if text == value else f"{_escaped(text)} : {_escaped(value)}" for text, value in options
        ),
        "type": "custom",
    }
    return Variable(name, tuple(value for _, value in options), body)


def _escaped(text: str) -> str:
    return text.replace(",", "\\,")
