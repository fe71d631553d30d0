"""Everything that Prometheus and Grafana are given, as texts by their paths. Pure: the same in, the same out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from grafana import alertmanager, provisioning
from grafana.boards._company import Company
from grafana.dashboard import Dashboard
from grafana.literal import for_dashboards, in_rules
from grafana.names import JOINT, uid
from grafana.rules import alerts, recording
from grafana.rules.rule import Group, text
from metrics.catalog.catalog import Catalog
from metrics.errors import UsageError
from metrics.registry import discover
from scorecard.model import Board

REFRESH_EVERY = timedelta(hours=1)
"""How often a company without a schedule is thought to refresh."""

_ORDER = ("joint", "department", "journey", "clv_cac", "loyalty", "service", "health")


def build(catalog: Catalog, board: Board, *, url: str, on: datetime,
          refresh_every: timedelta = REFRESH_EVERY) -> Mapping[str, str]:  # fmt: skip
    """Return the text of every file by its path.

    Args:
        catalog: The metrics.
        board: The departments, the journey, the scorecards.
        url: The address of the scorecard server, for links; no slash at its end.
        on: The instant whose targets colour the values (aware).
        refresh_every: The longest time between two refreshes; an alert must hold for two.

    Raises:
        UsageError: two dashboards would share a uid, or a title in one folder.
    """
    made = dashboards(Company(*for_dashboards(catalog, board), url, on))
    folders = tuple(dict.fromkeys(each.folder for each in made))
    files = {f"dashboards/{uid(each.folder)}/{each.uid}.json": each.text() for each in made}
    files |= {
        f"rules/{name}.yml": text(groups)
        for name, groups in rules(catalog, board, url, refresh_every).items()
    }
    files["provisioning/datasources/scorecard.yml"] = provisioning.datasources()
    files["provisioning/dashboards/scorecard.yml"] = provisioning.dashboards(board, folders)
    files["alertmanager.example.yml"] = alertmanager.example(board)
    return MappingProxyType(files)


def dashboards(company: Company) -> tuple[Dashboard, ...]:
    """Return every dashboard, the joint ones first; raise UsageError where names meet."""
    found = discover("grafana.boards")
    names = sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))
    made = tuple(dashboard for name in names for dashboard in found[name].make(company))
    if JOINT in company.board.departments:
        raise UsageError(f"a department may not be called {JOINT!r}: that folder is everyone's")
    for what, keys in (("uid", [each.uid for each in made]),
                       ("title", [f"{each.folder}/{each.title}" for each in made])):  # fmt: skip
        twice = [key for key, count in Counter(keys).items() if count > 1]
        if twice:
            raise UsageError(
                f"two dashboards share the {what} {twice[0]!r}: name one of the definitions otherwise"
            )
    return made


def rules(catalog: Catalog, board: Board, url: str, refresh_every: timedelta) -> dict[str, tuple[Group, ...]]:
    """Return the groups of each rules file by its name: recording, health, and one a department."""
    held, url = 2 * refresh_every, in_rules(url)
    departments = alerts.by_department(catalog, board, url, held)
    return {
        "recording": recording.groups(catalog, board),
        "health": (alerts.health(catalog, url, held),),
        **{uid("department", name): (group,) for name, group in departments.items()},
    }
