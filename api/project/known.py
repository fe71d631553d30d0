"""A project as it was known on a day: by the store, and by the definitions that the store kept then.

Git is not asked: what was published is what the store was refreshed by, committed or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from api.project.memory import Memory
from api.project.project import Project
from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import definition_hash
from metrics.errors import UsageError
from metrics.grain import Calendar
from metrics.loading.folder import NAME, Folder, folder_of
from scorecard.definitions import build

_NOT_KEPT = ("sources.yml", "sources.yaml")
"""Where the systems are and how one gets in is nobody's history."""


def recorded_files(folder: Folder, catalog: Catalog) -> dict[str, bytes]:
    """Return the files that a project's definitions stand in, by path from the project, without its sources."""
    files = {f"{NAME}/{path}": content for path, content in folder.files.items() if path not in _NOT_KEPT}
    named = [each.holidays for each in catalog.company.calendars.values() if each.holidays is not None]
    for path in (path for name in named for path in (name, f"{NAME}/{name}")):
        content = folder.beside(path)
        if content is not None:
            files[path] = content
    return files


def known_at(project: Project, instant: datetime, now: datetime) -> Project:
    """Return a project as it was known before an instant.

    Values, statuses and scores follow the definitions, goals and weights of the last refresh before it.

    Raises:
        UsageError: the instant is after now, or nothing had been refreshed by then.
    """
    calendar = project.catalog.company.calendar
    refuse_to_come(instant, now, calendar)
    store = project.store.as_known(instant)
    if store.last_refresh() is None:
        raise UsageError(f"nothing was known before {_said(instant, calendar)}: no refresh had ended by then")
    files, commit = store.last_definitions()
    then = replace(project, store=store, commit=commit, findings=(), known=instant, memory=Memory())
    return _with_definitions(then, files) if files else then


def refuse_to_come(instant: datetime, now: datetime, calendar: Calendar) -> None:
    """Raise UsageError where an instant lies after now: nothing was known then."""
    if instant > now:
        raise UsageError(f"{_said(instant, calendar)} is yet to come: nothing is known as of then")


def _with_definitions(project: Project, files: Mapping[str, bytes]) -> Project:
    inside = {
        path.removeprefix(f"{NAME}/"): content
        for path, content in files.items()
        if path.startswith(f"{NAME}/")
    }
    own = {path: content for path, content in project.folder.files.items() if path in _NOT_KEPT}
    folder = folder_of({**inside, **own}, files.get)
    definitions = build(folder)
    if definitions.catalog is None:
        raise UsageError("the definitions of then cannot be read by this version of the program")
    catalog = definitions.catalog
    hashes = {name: definition_hash(catalog, name) for name in catalog.metrics}
    return replace(project, catalog=catalog, board=definitions.board, folder=folder, hashes=hashes)


def _said(instant: datetime, calendar: Calendar) -> str:
    return f"{instant.astimezone(calendar.zone):%-d %B %Y %H:%M}"
