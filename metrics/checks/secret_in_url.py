"""No password or token stands in the definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "secret-in-url"


_REFERENCE = re.compile(r"\$\{[^}]*\}")
_SECRET = re.compile(r"pass|pwd|secret|token|api_?key|credential", re.IGNORECASE)


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each source whose url holds a secret itself; the message never shows it."""
    for name, source in catalog.sources.items():
        if holds_secret(source.url):
            message = "the url holds a secret in plain text: write ${NAME} and set NAME in the environment"
            yield Finding(at("source", name, "url"), CODE, message)


def holds_secret(url: str) -> bool:
    """Tell whether a url has a password, or a parameter of a telling name, that is no reference."""
    rest = _REFERENCE.sub("", url).partition("://")[2]
    address, _, query = rest.partition("?")
    user, colon, password = address.rpartition("@")[0].partition(":")
    if colon and password and "/" not in user:
        return True
    return any(_SECRET.search(key) for key, _ in parse_qsl(query))
