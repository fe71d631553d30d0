"""What `scorecard grafana build` needs beside the pure build: definitions, the schedule, a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from api.project.project import read_definitions
from api.refresh.scheduler import trigger_of
from metrics.catalog.catalog import Catalog
from metrics.errors import UsageError
from scorecard.model import Board

LIST = "files.json"
"""The list of what a build wrote, so that the next one deletes what is made no more and nothing else."""

_FIRES = 200
# Any year would do; a fixed one keeps the alerts' `for` the same from day to day.
_SINCE = datetime(2024, 1, 1, tzinfo=UTC)


def definitions(root: Path, roots: tuple[str, ...] = ()) -> tuple[Catalog, Board]:
    """Return the definitions of a project folder, without its store; raise DefinitionsInvalid."""
    catalog, board, _, _ = read_definitions(root, roots)
    return catalog, board


def longest_interval(catalog: Catalog) -> timedelta | None:
    """Return the longest time between two scheduled refreshes; None without a schedule.

    Raises:
        UsageError: the cron line cannot be read, or never fires.
    """
    refresh = catalog.company.refresh
    if refresh is None:
        return None
    trigger = trigger_of(refresh.cron, catalog.company.calendar.zone)
    fires: list[datetime | None] = [trigger.get_next_fire_time(None, _SINCE)]
    while (last := fires[-1]) is not None and len(fires) < _FIRES:
        fires.append(trigger.get_next_fire_time(last, last + timedelta(seconds=1)))
    instants = [each.astimezone(UTC) for each in fires if each is not None]
    if len(instants) < 2:
        raise UsageError(f"{refresh.cron!r} never fires: no alert can wait for two refreshes")
    return max(later - earlier for earlier, later in pairwise(instants))


def put(out: Path, files: Mapping[str, str]) -> list[str]:
    """Write files into a folder; return those of the last build that are made no more, now deleted.

    Raises:
        OSError: a file cannot be written.
        UsageError: the folder holds something else that is not of a build.
    """
    known = _written(out)
    if known is None and out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} holds other files: name an empty folder, or one that was built before")
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    gone = sorted((known or set()) - set(files))
    for name in gone:
        (out / name).unlink(missing_ok=True)
    (out / LIST).write_text(json.dumps(sorted(files), indent=1) + "\n", encoding="utf-8")
    return gone


def _written(out: Path) -> set[str] | None:
    try:
        names = json.loads((out / LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    inside = out.resolve()
    # A list that somebody edited must not delete elsewhere.
    return {name for name in names if isinstance(name, str) and (out / name).resolve().is_relative_to(inside)}
