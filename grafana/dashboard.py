"""A dashboard: rows of panels, variables and annotations, and its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grafana.panel import SOURCE, WIDTH, Json, Panel
from grafana.variables import Variable

SCHEMA_VERSION = 39
"""Of Grafana 11; newer ones read it and bring it up to theirs."""

_BUILT_IN = {
    "builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard",
}  # fmt: skip
MILESTONES = "max by (label) (scorecard_milestone_timestamp_seconds) * 1000"
STATUS_MOVES = (
    "max by (scorecard, metric, cause, status_before, status) "
    "(scorecard_status_moved_timestamp_seconds) * 1000"
)
DEFINITION_CHANGES = "max by (metric, hash) (scorecard_definition_changed_timestamp_seconds) * 1000"


@dataclass(frozen=True)
class Row:
    """Panels under one heading; a collapsed row asks nothing until it is opened."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False


@dataclass(frozen=True)
class Dashboard:
    """One dashboard, in a folder; `fiscal_month` is the first month of the fiscal year."""

    uid: str
    folder: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...]
    tags: tuple[str, ...] = ()
    time_from: str = "now-3y"
    timezone: str = "browser"
    fiscal_month: int = 0
    week_start: str = "monday"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Return every panel, in order."""
        return tuple(panel for row in self.rows for panel in row.panels)

    def json(self) -> Json:
        """Return the dashboard as Grafana stores it."""
        return {
            "annotations": {"list": [_BUILT_IN, *_annotations()]},
            "description": self.description,
            "editable": False,
            "fiscalYearStartMonth": self.fiscal_month,
            "graphTooltip": 1,
            "links": [_link()],
            "panels": _laid_out(self.rows),
            "refresh": "",
            "schemaVersion": SCHEMA_VERSION,
            "tags": ["scorecard", *self.tags],
            "templating": {"list": [variable.json() for variable in self.variables]},
            "time": {"from": self.time_from, "to": "now"},
            "timezone": self.timezone,
            "title": self.title,
            "uid": self.uid,
            "version": 1,
            "weekStart": self.week_start,
        }

    def text(self) -> str:
        """Return the JSON text, the same for the same dashboard."""
        return json.dumps(self.json(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _annotations() -> Iterable[Json]:
    """Yield marks at the instants that the series hold as their values, in milliseconds."""
    shared = {"datasource": SOURCE, "enable": True, "hide": False, "step": "1d", "useValueForTime": True}
    yield shared | {
        "expr": MILESTONES, "iconColor": "purple", "name": "Milestones", "tagKeys": "",
        "textFormat": "{{label}}", "titleFormat": "Milestone",
    }  # fmt: skip
    yield shared | {
        "expr": DEFINITION_CHANGES, "iconColor": "orange", "name": "Definition changes", "tagKeys": "metric",
        "textFormat": "{{metric}} is computed by {{hash}} from here on", "titleFormat": "Definition changed",
    }  # fmt: skip
    yield shared | {
        "expr": STATUS_MOVES, "iconColor": "yellow", "name": "Statuses moved by definitions and goals",
        "tagKeys": "scorecard,metric,cause",
        "textFormat": "{{metric}} went from {{status_before}} to {{status}} because its {{cause}} changed",
        "titleFormat": "Status moved",
    }  # fmt: skip


def _link() -> Json:
    return {
        "asDropdown": True, "icon": "external link", "includeVars": True, "keepTime": True, "tags": ["scorecard"],
        "targetBlank": False, "title": "Scorecard dashboards", "tooltip": "", "type": "dashboards", "url": "",
    }  # fmt: skip


def _laid_out(rows: Sequence[Row]) -> list[Json]:
    made: list[Json] = []
    number, y = 1, 0
    for row in rows:
        heading: Json = {
            "collapsed": row.collapsed, "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": y}, "id": number,
            "panels": [], "title": row.title, "type": "row",
        }  # fmt: skip
        made.append(heading)
        number, y = number + 1, y + 1
        placed, bottom = _placed(row.panels, number, y)
        (heading["panels"] if row.collapsed else made).extend(placed)
        number += len(placed)
        # What a collapsed row holds takes no room.
        y = y if row.collapsed else bottom
    return made


def _placed(panels: Sequence[Panel], number: int, top: int) -> tuple[list[Json], int]:
    """Return panels side by side, a new line where one does not fit, and where the next row begins."""
    made: list[Json] = []
    x, y, tallest = 0, top, 0
    for offset, panel in enumerate(panels):
        if x + panel.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        made.append(panel.json(number + offset, x, y))
        x, tallest = x + panel.width, max(tallest, panel.height)
    return made, y + tallest
