"""One decorator for an endpoint of the API: its address, what goes in, what comes out, how it can fail."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema

View = TypeVar("View", bound=Callable[..., Any])

_DESCRIBED = {"metric": "The metric's name", "scorecard": "The scorecard's name"}
_ETAG = {"ETag": {"description": "Send it back as If-None-Match", "schema": {"type": "string"}}}


def endpoint(
    blueprint: Blueprint,
    rule: str,
    answer: type[Schema] | Schema,
    *,
    query: type[Schema] | None = None,
    status: int = 200,
    description: str | None = None,
    tagged: bool = False,
    method: str = "GET",
    fails: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Register a view and describe it in the OpenAPI document.

    With `query` the view's first argument is the mapping of query parameters; unknown ones are refused.
    `tagged` says that it sends an ETag and may answer 304. `fails` adds to 401, 403 and 503, to 404 where the
    address names something, and to 400 and 422 where there is a query.
    """

    def register(view: View) -> View:
        described: Any = view
        for code in _failures(rule, query, fails):
            described = blueprint.alt_response(code.value, code.name)(described)
        if tagged:
            words = "Nothing has changed since the given ETag"
            described = blueprint.alt_response(304, description=words)(described)
        headers = _ETAG if tagged else None
        described = blueprint.response(status, answer, description=description, headers=headers)(described)
        if query is not None:
            described = blueprint.arguments(query, location="query", unknown=RAISE)(described)
        named = [name for name in _DESCRIBED if f"<{name}>" in rule]
        parameters = [{"in": "path", "name": name, "description": _DESCRIBED[name]} for name in named]
        blueprint.route(rule, methods=[method], parameters=parameters)(described)
        return view

    return register


def _failures(rule: str, query: type[Schema] | None, more: tuple[int, ...]) -> list[HTTPStatus]:
    # Whatever is asked, a key is looked for in the store, and the store may be away.
    codes = {401, 403, 503, *more}
    if "<" in rule:
        codes.add(404)
    if query is not None:
        # 422 is described by the query itself.
        codes.add(400)
    return [HTTPStatus(code) for code in sorted(codes)]
