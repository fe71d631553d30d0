"""The variables of dashboards: data source, address, period, department, segments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from grafana.panel import SOURCE, Json
from metrics.grain import Grain
from metrics.model import Catalog
from scorecard.model import Board

ADDRESS, GRAIN, DEPARTMENT, BY, SEGMENT = "scorecard_url", "grain", "department", "by", "segment"
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


def grain(grains: Iterable[Grain], default: Grain) -> Variable:
    """Return how long the shown periods are."""
    known = set(grains)
    chosen = [each for each in Grain if each in known]
    first = default if default in chosen else chosen[-1]
    return _choice(GRAIN, "Period", [(each.value, each.value) for each in chosen], first.value)


def department(catalog: Catalog, board: Board) -> Variable:
    """Return whose metrics are shown: a department's value is a pattern of its metrics' names."""
    options = [("All", EVERYONE)]
    for name in board.departments:
        names = [each.metric for each in catalog.metrics.values() if name in (each.leads, *each.supports)]
        if names:
            options.append((board.label(name), "|".join(names)))
    return _choice(DEPARTMENT, "Department", options, EVERYONE)


def segments(dimensions: Iterable[str]) -> tuple[Variable, ...]:
    """Return the dimension that figures are cut by, and which of its values are shown."""
    names = list(dict.fromkeys(dimensions))
    if not names:
        return ()
    query = f'label_values({{__name__=~"kpi_.+",{BY}="${BY}"}}, ${BY})'
    every = {"selected": True, "text": ["All"], "value": ["$__all"]}
    body = {
        "allValue": ".*", "current": every, "datasource": SOURCE, "includeAll": True, "label": "Segment",
        "multi": True, "options": [], "query": {"query": query, "refId": "segments"}, "refresh": 2, "regex": "",
        "sort": 1, "type": "query",
    }  # fmt: skip
    return _choice(BY, "Segments by", [(name, name) for name in names], names[0]), Variable(SEGMENT, (), body)


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
