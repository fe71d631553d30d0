"""Answers that are addressed by what they were made from: an unchanged one is not made again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from flask import Response, request


def tag_of(parts: Iterable[object]) -> str:
    """Return the ETag of an answer that these parts and the request's own address decide."""
    text = "\x1f".join([request.full_path, *(str(part) for part in parts)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def unchanged(tag: str) -> Response | None:
    """Return a 304 where the client holds the answer already, else None."""
    if not request.if_none_match.contains_weak(tag):
        return None
    response = Response(status=304)
    response.set_etag(tag, weak=True)
    return response


def headers(tag: str) -> dict[str, str]:
    """Return the headers that carry an ETag; weak, as a proxy may compress the answer."""
    return {"ETag": f'W/"{tag}"'}
