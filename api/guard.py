"""Who may make a request: keys, the Host header of loopback servers, and the headers of every answer."""

from __future__ import annotations

from ipaddress import ip_address

from flask import Flask, Response, request

from api.auth import Scope
from api.context import current
from api.problem import Problem
from api.prometheus.remote_read.endpoint import PATH as REMOTE_READ

PUBLIC = frozenset({"/healthz", "/readyz"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARER = 'Bearer realm="scorecard"'
_BASIC = 'Basic realm="scorecard: any name, an API key as the password", charset="UTF-8"'

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def register(app: Flask) -> None:
    """Check every request before its view, and add the security headers to every answer."""
    app.before_request(_check_host)
    app.before_request(_check_key)
    app.after_request(_secure)


def _check_host() -> None:
    """Refuse foreign names on a loopback server, which a hostile page could otherwise read through DNS."""
    if current().anonymous and not is_loopback(_host_name(request.headers.get("Host", ""))):
        raise Problem(
            400,
            "This server answers on this machine alone: use localhost, 127.0.0.1 or [::1] in the address.",
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host, bound to or asked for, is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[: host.find("]") + 1].lower()
    return host.partition(":")[0].lower()


def required_scope() -> Scope | None:
    """Return the scope that the request needs; None is open to all."""
    if request.path == REMOTE_READ:
        # It reads, though Prometheus sends what it asks as a POST.
        return Scope.METRICS
    if request.method not in _SAFE:
        return Scope.ADMIN
    if request.path in PUBLIC or request.path.startswith("/static/"):
        return None
    return Scope.METRICS if request.path == "/metrics" else Scope.READ


def _check_key() -> None:
    scope = required_scope()
    if scope is None:
        return
    text = _presented(scope)
    if text is None:
        if current().anonymous and scope is not Scope.ADMIN:
            return
        raise Problem(401, f"An API key with the scope {scope} is needed.", _challenge(scope))
    key = current().keys.check(text, current().key_clock())
    if key is None:
        raise Problem(401, "The API key is unknown, revoked or expired.", _challenge(scope))
    if not key.allows(scope):
        raise Problem(403, f"The API key {key.id} lacks the scope {scope}.")


def _presented(scope: Scope) -> str | None:
    """Return the key that the request carries, or None."""
    try:
        authorization = request.authorization
    except ValueError:
        # What is no base64 at all is a wrong key too.
        return ""
    if authorization is None:
        # A header that cannot be read is a wrong key, not an anonymous reader.
        return "" if "Authorization" in request.headers else None
    if authorization.type == "bearer":
        return authorization.token or ""
    # A browser repeats Basic by itself on requests that other sites cause, so it never writes.
    if authorization.type == "basic" and scope is not Scope.ADMIN:
        return authorization.password or ""
    return ""


def _challenge(scope: Scope) -> dict[str, str]:
    basic = scope is Scope.READ and not request.path.startswith("/api/")
    return {"WWW-Authenticate": f"{_BEARER}, {_BASIC}" if basic else _BEARER}


def _secure(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if not current().anonymous and not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "private, no-cache")
    else:
        response.headers.setdefault("Cache-Control", "no-cache")
    return response
