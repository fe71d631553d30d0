"""What Grafana reads at its start: the data source, and the folders that dashboards come from."""

from __future__ import annotations

from typing import Any

from grafana.literal import doubled
from grafana.names import JOINT, uid
from grafana.rules.rule import HEAD, yaml
from scorecard.model import Board

DATA_SOURCE = "scorecard-prometheus"
WHERE = "/var/lib/grafana-dashboards"
"""The folder in which Grafana finds the dashboards of a build."""


def datasources() -> str:
    """Return the data source file; the address is Prometheus', from the environment."""
    source: dict[str, Any] = {
        "name": "Prometheus (scorecard)",
        "uid": DATA_SOURCE,
        "type": "prometheus",
        "access": "proxy",
        "url": "$PROMETHEUS_URL",
        # A figure of the past may be restated at any time: nothing of it may be cached.
        "jsonData": {"httpMethod": "POST", "incrementalQuerying": False, "timeInterval": "60s"},
    }
    return HEAD + yaml({"apiVersion": 1, "datasources": [source]})


def dashboards(board: Board, folders: tuple[str, ...]) -> str:
    """Return the file of dashboard providers: one a folder."""
    providers = [
        {
            "name": f"scorecard-{folder}",
            "orgId": 1,
            "folder": doubled(folder_title(folder, board)),
            "folderUid": uid("scorecard-folder", folder),
            "type": "file",
            "disableDeletion": False,
            "allowUiUpdates": False,
            "updateIntervalSeconds": 60,
            "options": {"path": f"{WHERE}/{uid(folder)}"},
        }
        for folder in folders
    ]
    return HEAD + yaml({"apiVersion": 1, "providers": providers})


def folder_title(folder: str, board: Board) -> str:
    """Return a folder's title: a department's label, or that of what is shared."""
    return "Joint scorecard" if folder == JOINT else board.label(folder)
