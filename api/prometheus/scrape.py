"""`GET /metrics`: the newest values as OpenMetrics or as text, as the scraper prefers. No source is asked."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from flask import Response, request

from api.context import now, project
from api.project.project import Project
from api.prometheus.exposition import Form, Values, shared, values, written
from metrics.store.records import Progress

_LEVEL = 5


def view() -> Callable[[], Response]:
    """Return the view function, with a memory of its own."""
    held = Exposition()

    def scrape() -> Response:
        form, zipped = form_of(request.headers.get("Accept", "")), wants_gzip(
            request.headers.get("Accept-Encoding", "")
        )  # fmt: skip
        answer = Response(held.text(project(), now(), form, zipped=zipped), content_type=form.content_type)
        answer.headers["Vary"] = "Accept, Accept-Encoding"
        if zipped:
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    return scrape


def form_of(accept: str) -> Form:
    """Return the form that an Accept header prefers, the text where it names neither."""
    best, chosen = 0.0, Form.TEXT
    for name, quality, said in _preferences(accept):
        form = {"application/openmetrics-text": Form.OPENMETRICS, "text/plain": Form.TEXT}.get(name)
        foreign = form is Form.OPENMETRICS and said.get("version", "1.0.0") not in ("1.0.0", "0.0.1")
        if form is not None and not foreign and quality > best:
            best, chosen = quality, form
    return chosen


def wants_gzip(accept_encoding: str) -> bool:
    """Tell whether an Accept-Encoding header takes gzip."""
    return any(name == "gzip" and quality > 0 for name, quality, _ in _preferences(accept_encoding))


def _preferences(header: str) -> list[tuple[str, float, dict[str, str]]]:
    """Return what a header lists: name, quality from 0 to 1, and parameters."""
    found = []
    for item in header.lower().split(","):
        name, *rest = (part.strip() for part in item.split(";"))
        said = {key.strip(): value.strip(' "') for key, _, value in (part.partition("=") for part in rest)}
        try:
            quality = min(1.0, max(0.0, float(said.get("q", "1"))))
        except ValueError:
            quality = 0.0
        found.append((name, quality, said))
    return found


@dataclass
class _Kept:
    """What was made of one project: each metric's values with its run, and the text with all runs."""

    project: Project
    values: dict[str, tuple[int, Values]] = field(default_factory=dict)
    texts: dict[tuple[str, Form], tuple[int, bytes]] = field(default_factory=dict)
    made_from: Progress | None = None
    whole: dict[tuple[Form, bool], bytes] = field(default_factory=dict)
    last: dict[tuple[Form, bool], bytes] = field(default_factory=dict)


class Exposition:
    """The exposition of one process.

    It is made anew once the store or the definitions have changed, and of it the values of those metrics
    alone that were computed since: while a refresh runs, every scrape finds another metric computed. Whoever
    asks while it is being made gets the last whole one instead of waiting for it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: _Kept | None = None

    def text(self, project: Project, now: datetime, form: Form = Form.TEXT, *, zipped: bool = False) -> bytes:
        """Return the whole exposition; the store's last run and refresh decide whether it still holds."""
        progress = project.store.progress()
        if not self._lock.acquire(blocking=False):
            before = self._kept
            if before is not None and before.project is project and (form, zipped) in before.last:
                return before.last[form, zipped]
            self._lock.acquire()
        try:
            # A reload makes a new project; to compare two by value would read all of their definitions.
            if self._kept is None or self._kept.project is not project:
                self._kept = _Kept(project)
            kept = self._kept
            if kept.made_from != progress:
                kept.made_from, kept.whole = progress, {}
            if (form, False) not in kept.whole:
                kept.whole[form, False] = _made(kept, progress.successes, now, form)
            if zipped and (form, True) not in kept.whole:
                kept.whole[form, True] = gzip.compress(kept.whole[form, False], _LEVEL, mtime=0)
            kept.last[form, zipped] = kept.whole[form, zipped]
            return kept.last[form, zipped]
        finally:
            self._lock.release()


def _made(kept: _Kept, successes: Mapping[str, int], now: datetime, form: Form) -> bytes:
    texts, now_at = [], {name: successes.get(name, 0) for name in kept.project.catalog.metrics}
    changed = [name for name, at in now_at.items() if name not in kept.values or kept.values[name][0] != at]
    kept.values |= {name: (now_at[name], found) for name, found in values(kept.project, changed).items()}
    for name, success in now_at.items():
        known = kept.texts.get((name, form))
        if known is None or known[0] != success:
            known = kept.texts[name, form] = success, written(kept.values[name][1].families, form)
        texts.append(known[1])
    every = {name: found for name, (_, found) in kept.values.items()}
    return b"".join((*texts, written(shared(kept.project, now, every), form), form.end))
