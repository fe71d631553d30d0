"""`create_app`: the only place that knows all parts of the server."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from flask import Flask, Response, current_app, jsonify
from flask_smorest import Api

from api import guard, problem
from api.auth import Keys
from api.clock import Clock, present
from api.context import Context, attach, current, project
from api.metric.statements import Statements
from api.pages import catalogue, documents, metric, scorecard
from api.pages import preview as preview_page
from api.pages.site import pages
from api.project.preview import Preview
from api.project.project import Project
from api.project.reloading import Live
from api.prometheus import scrape
from api.prometheus.remote_read import endpoint as remote_read
from api.refresh.starter import RefreshStarter
from api.v1 import changes, flat, metrics, scorecards
from api.v1 import refresh as refreshes
from metrics.errors import NoStore, StoreError

_DESCRIPTION = (
    "The scorecard that the departments share, and the metrics behind it. Reading needs no key on this "
    "machine; elsewhere send one in the header Authorization: Bearer sc_..."
)
_VIEWS = (scorecard, catalogue, metric, preview_page, documents)


def create_app(
    project: Project,
    *,
    now: Clock = present,
    anonymous: bool = True,
    refresh: RefreshStarter | None = None,
    statements: Callable[[Project, str], Statements] | None = None,
    live: Live | None = None,
    key_clock: Clock | None = None,
    preview: Preview | None = None,
) -> Flask:
    """Return the WSGI application of a project.

    Args:
        project: The project folder; it is read again when its definitions change.
        now: The project's clock: returns an aware instant.
        anonymous: Read without a key; only for a server that is bound to loopback.
        refresh: Runs a refresh for `POST /api/v1/refresh`; None refuses it.
        statements: Returns a metric's SQL, where its page is asked for it; None never shows any.
        live: Holds the project instead of a new holder, as tests do.
        key_clock: The clock that API keys expire by; that of the project by default.
        preview: Proposed definitions and what they do, for the page `/preview`.
    """
    app = Flask("api", static_folder="static", template_folder="templates")
    app.config.update(
        API_TITLE="Scorecard",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={"info": {"description": _DESCRIPTION}},
        MAX_CONTENT_LENGTH=1 << 20,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    keys = Keys(project.store)
    context = Context(
        live or Live(project), now, key_clock or now, keys, anonymous, refresh, statements, preview
    )
    attach(app, context)
    guard.register(app)
    _register_api(app)
    app.register_blueprint(documents.documents)
    app.register_blueprint(pages)
    app.register_blueprint(remote_read.blueprint())
    app.add_url_rule("/metrics", "prometheus", scrape.view())
    app.add_url_rule("/healthz", "health", _health)
    app.add_url_rule("/readyz", "ready", _ready)
    problem.register(app)
    return app


class _Api(Api):  # type: ignore[misc]
    """flask-smorest with our errors: one shape, one media type."""

    ERROR_SCHEMA = problem.ProblemSchema

    def _register_error_handlers(self) -> None:
        """Leave errors to `api.problem`, which also answers those outside of the API."""


def _register_api(app: Flask) -> None:
    api = _Api(app)
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    for module in (metrics, changes, scorecards, flat, refreshes):
        api.register_blueprint(module.blueprint)
    app.extensions[documents.EXTENSION] = _specification(api)


def _specification(api: Api) -> dict[str, Any]:
    """Return the OpenAPI document; errors are problem documents, also in the media type."""
    spec: dict[str, Any] = deepcopy(api.spec.to_dict())
    for answer in spec["components"]["responses"].values():
        if "content" in answer:
            answer["content"] = {problem.MEDIA_TYPE: answer["content"].pop("application/json")}
    # On loopback a reader needs no key, elsewhere everybody does.
    spec["security"] = [{"key": []}, {}]
    return spec


def _health() -> Response:
    """Say that the process answers; sources and definitions do not count."""
    return jsonify({"status": "ok"})


def _ready() -> Response | tuple[Response, int]:
    """Say whether requests can be answered: the store can be read, and definitions are loaded."""
    rejected = current().live.rejected
    try:
        refresh = project().store.last_refresh()
    except StoreError as error:
        current_app.logger.error("not ready: %s", error)
        store = "is gone" if isinstance(error, NoStore) else "cannot be read"
        return jsonify({"status": "unavailable", "store": store}), 503
    return jsonify(
        {
            "status": "ok",
            "definitions": "the changed definitions are invalid; the last valid ones run"
            if rejected
            else "ok",
            "metrics": len(project().catalog.metrics),
            "refreshed": refresh.finished_at.isoformat() if refresh else None,
        }
    )
