"""Panels as plain values, and their JSON: stats, trends, bars and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from grafana.thresholds import NO_STEPS, Steps
from grafana.units import COUNT

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24
"""The columns of a dashboard."""

Json = dict[str, Any]
Properties = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Query:
    """One expression of a panel; `now` asks at the end of the time range alone."""

    ref: str
    expression: str
    legend: str = ""
    now: bool = False
    table: bool = False

    def json(self) -> Json:
        """Return the target as Grafana's Prometheus data source reads it."""
        return {
            "editorMode": "code",
            "expr": self.expression,
            "format": "table" if self.table else "time_series",
            "instant": self.now,
            "legendFormat": self.legend,
            "range": not self.now,
            "refId": self.ref,
        }


@dataclass(frozen=True)
class Panel:
    """One panel. `looks` are properties of single queries or fields; `links` are (title, address)."""

    kind: str
    title: str
    queries: tuple[Query, ...] = ()
    description: str = ""
    width: int = 8
    height: int = 8
    unit: str = COUNT
    steps: Steps = NO_STEPS
    options: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    looks: tuple[tuple[str, str, Properties], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    transformations: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    interval: str | None = None

    def sized(self, width: int, height: int) -> Panel:
        """Return the panel in another size."""
        return replace(self, width=width, height=height)

    def json(self, number: int, x: int, y: int) -> Json:
        """Return the panel at a place, as Grafana stores it."""
        made: Json = {
            "description": self.description,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "id": number,
            "options": dict(self.options),
            "title": self.title,
            "type": self.kind,
        }
        if not self.queries:
            return made
        made_of = [{"id": name, "options": dict(said)} for name, said in self.transformations]
        return made | {
            "datasource": SOURCE,
            "fieldConfig": {"defaults": self._defaults(), "overrides": self._overrides()},
            **({"interval": self.interval} if self.interval else {}),
            "targets": [query.json() for query in self.queries],
            **({"transformations": made_of} if made_of else {}),
        }

    def _defaults(self) -> Json:
        return {
            "color": {"mode": "palette-classic" if self.kind == "timeseries" else "thresholds"},
            "custom": dict(self.custom),
            "links": linked(self.links),
            "thresholds": {"mode": "absolute", "steps": stepped(self.steps)},
            "unit": self.unit,
            **self.fields,
        }

    def _overrides(self) -> list[Json]:
        return [
            {
                "matcher": {"id": matcher, "options": of},
                "properties": [{"id": name, "value": value} for name, value in properties],
            }
            for matcher, of, properties in self.looks
        ]


def linked(links: Iterable[tuple[str, str]]) -> list[Json]:
    """Return links of (title, address) as Grafana stores them."""
    return [{"targetBlank": True, "title": title, "url": url} for title, url in links]


def stepped(steps: Steps) -> list[Json]:
    """Return colours as Grafana stores them."""
    return [{"color": colour, "value": value} for colour, value in steps]


def looks(ref: str, **properties: Any) -> tuple[str, str, Properties]:
    """Return properties of what one query answers; `custom__x` is custom.x."""
    named = tuple((name.replace("__", "."), value) for name, value in properties.items())
    return "byFrameRefID", ref, named


def column(name: str, **properties: Any) -> tuple[str, str, Properties]:
    """Return properties of one column of a table, or of one line by its name."""
    return "byName", name, looks(name, **properties)[2]


_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_PLACE = {"graphMode": "none", "justifyMode": "auto", "orientation": "auto", "percentChangeColorMode": "standard",
          "reduceOptions": _LAST, "showPercentChange": False, "textMode": "auto", "wideLayout": True}  # fmt: skip
_LINES = {"drawStyle": "line", "fillOpacity": 0, "lineInterpolation": "stepAfter", "lineWidth": 2,
          "showPoints": "never", "spanNulls": False}  # fmt: skip
_LEGEND = {"legend": {"calcs": ["lastNotNull"], "displayMode": "list", "placement": "bottom", "showLegend": True},
           "tooltip": {"mode": "multi", "sort": "none"}}  # fmt: skip
_BARS = {
    "displayMode": "basic",
    "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
    "maxVizHeight": 300, "minVizHeight": 16, "minVizWidth": 8, "namePlacement": "auto", "orientation": "horizontal",
    "reduceOptions": _LAST, "showUnfilled": True, "sizing": "auto", "valueMode": "color",
}  # fmt: skip


def stat(title: str, *queries: Query, coloured: bool = True, **more: Any) -> Panel:
    """Return large numbers of now."""
    options = {**_PLACE, "colorMode": "value" if coloured else "none"}
    return Panel("stat", title, queries, options=options, **more)


def trend(title: str, *queries: Query, **more: Any) -> Panel:
    """Return lines over time; a figure holds until the next period's is final, so that lines are steps."""
    given = {"custom": _LINES, "interval": "1d", **more}
    return Panel("timeseries", title, queries, options=_LEGEND, **given)


def bars(title: str, *queries: Query, **more: Any) -> Panel:
    """Return horizontal bars of now, one a series."""
    return Panel("bargauge", title, queries, options=_BARS, **more)


def table(title: str, *queries: Query, hidden: tuple[str, ...] = ("Time",), **more: Any) -> Panel:
    """Return rows of now, one a series; `hidden` columns are left out."""
    asked = tuple(replace(query, now=True, table=True) for query in queries)
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "filterable": True}
    organised = ("organize", {"excludeByName": {name: True for name in hidden}})
    given = {"transformations": (organised,), **more}
    return Panel("table", title, asked, options={"frameIndex": 0, "showHeader": True}, custom=custom, **given)


def joined(title: str, field: str, *queries: Query, hidden: tuple[str, ...] = (), **more: Any) -> Panel:
    """Return rows of now, one for each value of a field; each query is a column that bears its legend."""
    many = ("Time", *(f"Time {number}" for number in range(1, len(queries) + 1)))
    names = {f"Value #{query.ref}": query.legend for query in queries if query.legend}
    organised = {"excludeByName": {name: True for name in (*many, *hidden)}, "renameByName": names}
    made_of = (("joinByField", {"byField": field, "mode": "inner"}), ("organize", organised))
    return table(title, *queries, transformations=made_of, **more)


def timeline(title: str, *queries: Query, **more: Any) -> Panel:
    """Return one line a query, in which a value stands as a block for as long as it holds."""
    options = {"alignValue": "center", "mergeValues": True, "rowHeight": 0.9, "showValue": "always",
               "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
               "tooltip": {"mode": "single", "sort": "none"}}  # fmt: skip
    given = {"custom": {"fillOpacity": 70, "lineWidth": 0}, "interval": "1d", **more}
    return Panel("state-timeline", title, queries, options=options, **given)
