"""A source's url names an engine that is known, its references have names, and it has time to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding, suggest
from metrics.loading.loader import Places
from metrics.registry import discover

CODE = "source-shape"

_REFERENCE = re.compile(r"\$\{([^}]*)(\}?)")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each source that could never be opened."""
    for name, source in catalog.sources.items():
        if message := _problem(source.url):
            yield Finding(at("source", name, "url"), CODE, message)
        if not source.timeout.count:
            message = "a timeout of nothing leaves no time to answer: write 60s, or leave it out"
            yield Finding(at("source", name, "timeout"), CODE, message)


def _problem(url: str) -> str | None:
    for name, closing in _REFERENCE.findall(url):
        if not closing:
            return "a reference is never closed: write ${NAME}"
        if not name.strip():
            return "a reference is empty: write ${NAME} for a variable, or ${file:path}"
    engine, separator, _ = url.partition("://")
    if "${" in engine:
        return None
    known = sorted(
        backend for module in discover("metrics.sources", "source").values() for backend in module.BACKENDS
    )
    if not separator:
        return "the url names no engine: write duckdb:///data/sales.duckdb or postgresql://host/database"
    backend = engine.partition("+")[0]
    if backend not in known:
        hint = suggest(backend, known) or f": there are {', '.join(known)}"
        return f"no kind of source is called {backend!r}{hint}"
    return None
