"""`/docs` and `/openapi.json`: the API as its own document describes it, without any outside asset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

from api.pages.site import pages

documents = Blueprint("documents", __name__)
EXTENSION = "scorecard-openapi"
_VERBS = ("get", "post", "put", "delete")


@dataclass(frozen=True)
class Parameter:
    """One parameter of an endpoint."""

    name: str
    place: str
    required: bool
    type: str
    description: str


@dataclass(frozen=True)
class Endpoint:
    """One address and method."""

    verb: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    answers: tuple[tuple[str, str], ...]


def specification() -> dict[str, Any]:
    """Return the OpenAPI document of the app."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, dict)
    return found


@documents.route("/openapi.json")
def openapi() -> Response:
    """Serve the OpenAPI document."""
    return jsonify(specification())


@pages.route("/docs")
def docs() -> str:
    """Show the API."""
    spec = specification()
    tags = [{**tag, "endpoints": list(_endpoints(spec, tag["name"]))} for tag in spec.get("tags", [])]
    return render_template("documents.html", section="documents", spec=spec, tags=tags)


def _endpoints(spec: Mapping[str, Any], tag: str) -> Iterator[Endpoint]:
    for path, item in spec["paths"].items():
        shared = item.get("parameters", [])
        for verb in _VERBS:
            operation = item.get(verb)
            if operation is None or tag not in operation.get("tags", []):
                continue
            parameters = [_resolve(spec, one) for one in (*shared, *operation.get("parameters", []))]
            yield Endpoint(
                verb=verb.upper(),
                path=path,
                summary=operation.get("summary", ""),
                description=operation.get("description", ""),
                parameters=tuple(_parameter(one) for one in parameters),
                answers=tuple(
                    (code, str(_resolve(spec, answer).get("description", "")))
                    for code, answer in sorted(operation["responses"].items())
                    if code != "default"
                ),
            )


def _parameter(one: Mapping[str, Any]) -> Parameter:
    schema = one.get("schema", {})
    kind = schema.get("type", "")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if "enum" in schema:
        words = ", ".join(str(value) for value in schema["enum"])
    return Parameter(
        name=one["name"],
        place=one["in"],
        required=bool(one.get("required")),
        type=words,
        description=one.get("description", ""),
    )


def _resolve(spec: Mapping[str, Any], one: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference inside the document refers to."""
    if "$ref" not in one:
        return one
    found: Any = spec
    for part in one["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    assert isinstance(found, Mapping)
    return found
