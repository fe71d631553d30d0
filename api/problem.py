"""Errors as people and machines read them: RFC 9457 problem documents, and a plain page for browsers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from flask import Flask, Response, current_app, render_template, request
from flask.globals import request_ctx
from marshmallow import Schema, ValidationError, fields
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.http import HTTP_STATUS_CODES

from metrics.errors import (
    NoStore,
    ScorecardError,
    StoreAway,
    StoreFull,
    StoreLocked,
    UnknownMetric,
    UnknownScorecard,
    UsageError,
)

MEDIA_TYPE = "application/problem+json"
_UNUSABLE = "The request has values that cannot be used."
FULL = "The disk of the store is full: what was found cannot be written. Make room, and refresh again."
_AWAY = "The store cannot be reached now: the server's log says why."
_MACHINE_PATHS = ("/api/", "/prometheus/", "/metrics", "/openapi.json", "/healthz", "/readyz")


class ProblemItemSchema(Schema):
    """One thing that is wrong in a request."""

    field = fields.String(required=True, metadata={"description": "Where: query.grain"})
    detail = fields.String(required=True, metadata={"description": "What is wrong with it"})


class ProblemSchema(Schema):
    """An RFC 9457 problem: the one shape of every error."""

    type = fields.String(required=True, metadata={"description": "Always about:blank"})
    title = fields.String(required=True, metadata={"description": "The status in words"})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status"})
    detail = fields.String(required=True, metadata={"description": "What went wrong, and what to do"})
    errors = fields.List(fields.Nested(ProblemItemSchema), metadata={"description": "Each wrong parameter"})


class Problem(Exception):
    """Stop a request with a status and words; `headers` are added to the answer."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        super().__init__(detail)


def register(app: Flask) -> None:
    """Answer every error of an app with a problem document, or with a page where a browser asks."""
    app.register_error_handler(
        Problem, lambda error: answer(error.status, error.detail, headers=error.headers)
    )
    app.register_error_handler(ScorecardError, _domain)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(HTTPException, _http)


def _domain(error: ScorecardError) -> Response:
    if isinstance(error, UsageError):
        missing = isinstance(error, UnknownMetric | UnknownScorecard)
        return answer(404 if missing else 400, str(error))
    if isinstance(error, StoreLocked):
        return answer(503, str(error), headers={"Retry-After": "5"})
    if isinstance(error, StoreFull | StoreAway):
        current_app.logger.error("%s", error)
        full = isinstance(error, StoreFull)
        return answer(507, FULL) if full else answer(503, _AWAY, headers={"Retry-After": "30"})
    if isinstance(error, NoStore):
        current_app.logger.error("%s", error)
        return answer(503, "The store is gone: whoever runs this server finds in its log what to do.")
    # Any other of our errors may name a path or a query: that is for the log alone.
    current_app.logger.error("%s: %s", type(error).__name__, error)
    return answer(500, InternalServerError.description or "")


def _invalid(error: ValidationError) -> Response:
    return answer(422, _UNUSABLE, list(_items({"query": {error.field_name: error.messages}})))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None and not isinstance(error, InternalServerError):
        return error.response  # type: ignore[return-value]
    headers = {
        key: value for key, value in error.get_headers(None) if key not in ("Content-Type", "Content-Length")
    }
    messages = (getattr(error, "data", None) or {}).get("messages")
    if messages:
        return answer(status, _UNUSABLE, list(_items(messages)), headers)
    return answer(status, error.description or HTTP_STATUS_CODES.get(status, ""), headers=headers)


def _items(messages: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Yield a problem's items from marshmallow's nested messages."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            yield from _items(below, f"{path}.{key}" if path else str(key))
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield {"field": path, "detail": str(message)}


def answer(
    status: int,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an error as a page where a browser asks for a page, else as a problem document."""
    title = HTTP_STATUS_CODES.get(status, "Error")
    if _wants_page():
        body: bytes | str = render_template("error.html", status=status, title=title, detail=detail)
        response = Response(body, status, mimetype="text/html")
    else:
        problem: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        if errors:
            problem["errors"] = errors
        response = Response(orjson.dumps(problem), status, mimetype=MEDIA_TYPE)
    response.headers.update(dict(headers or {}))
    return response


def _wants_page() -> bool:
    # A page has addresses in it, which cannot be made where the request's own host cannot be read.
    if request_ctx.url_adapter is None or request.path.startswith(_MACHINE_PATHS):
        return False
    best = request.accept_mimetypes.best_match(["text/html", MEDIA_TYPE, "application/json"])
    return best == "text/html" and "html" in request.headers.get("Accept", "")
