"""What every view of one app works with: the running definitions, the clock, the keys, the refresh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app, g

from api.auth import Keys
from api.metric.statements import Statements
from api.project.known import known_at
from api.project.preview import Preview
from api.project.project import Project
from api.project.reloading import Live
from api.refresh.starter import RefreshStarter

_EXTENSION = "scorecard"


@dataclass(frozen=True)
class Context:
    """The parts of one app; `now` is the project's clock, keys expire by `key_clock`."""

    live: Live
    now: Callable[[], datetime]
    key_clock: Callable[[], datetime]
    keys: Keys
    anonymous: bool
    refresh: RefreshStarter | None = None
    statements: Callable[[Project, str], Statements] | None = None
    preview: Preview | None = None


def attach(app: Flask, context: Context) -> None:
    """Give an app its context."""
    app.extensions[_EXTENSION] = context


def current() -> Context:
    """Return the context of the app that answers the request."""
    context = current_app.extensions[_EXTENSION]
    assert isinstance(context, Context)
    return context


def project() -> Project:
    """Return the project as the request first saw it, so that a reload never splits an answer."""
    if "project" not in g:
        g.project = current().live.project
    found = g.project
    assert isinstance(found, Project)
    return found


def look_back(instant: datetime) -> None:
    """Answer the request from what was known before an instant, as if it were asked then.

    Raises UsageError where nothing was known.
    """
    g.project, g.now = known_at(project(), instant, now()), instant


def now() -> datetime:
    """Return the instant that the whole request is answered for."""
    if "now" not in g:
        g.now = current().now()
    found = g.now
    assert isinstance(found, datetime)
    return found
