"""An example of Alertmanager's routing: each department gets the alerts of what it leads."""

from __future__ import annotations

from typing import Any

from grafana.rules.alerts import NOBODY, PLATFORM
from grafana.rules.rule import yaml
from scorecard.model import Board

_HEAD = """\
# An example: put in your own addresses. Written by `scorecard grafana build`.
# Each department receives the alerts of the metrics that it leads, of its datasets, and of the sources that are
# its own; the platform has those of shared sources and of the server. While the server is not scraped, all else
# is quiet; so is what should be looked at where it is worse already.
"""


def example(board: Board) -> str:
    """Return the configuration."""
    names = list(dict.fromkeys((*board.departments, NOBODY, PLATFORM)))
    routes = [{"receiver": name, "matchers": [f'department="{name}"']} for name in names]
    content: dict[str, Any] = {
        "route": {
            "receiver": PLATFORM,
            "group_by": ["department", "severity"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "1d",
            "routes": routes,
        },
        "inhibit_rules": [{
            "source_matchers": ['alertname="ScorecardAbsent"'],
            "target_matchers": ['alertname!="ScorecardAbsent"', 'department!=""'],
        }, {
            "source_matchers": ['severity="warning"'],
            "target_matchers": ['severity="info"'],
            "equal": ["alertname", "dataset"],
        }],
        "receivers": [
            {"name": name, "webhook_configs": [{"url": f"http://127.0.0.1:9095/{name}", "send_resolved": True}]}
            for name in names
        ],
    }  # fmt: skip
    return _HEAD + yaml(content)
