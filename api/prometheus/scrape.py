"""`GET /metrics`: the newest values as OpenMetrics or as text, as the scraper prefers. No source is asked."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from flask import Response, request

from api.context import now, project
from api.project.memory import Lasting
from api.project.project import Project
from api.prometheus.exposition import Form, Values, shared, values, written
from metrics.store.store import Revision

_LEVEL = 5


def view() -> Callable[[], Response]:
    """Return the view function, with a memory of its own."""
    held = Exposition()

    def scrape() -> Response:
        form, zipped = form_of(request.headers.get("Accept", "")), wants_gzip(
            request.headers.get("Accept-Encoding", "")
        )  # fmt: skip
        body = held.body(project(), now(), form, zipped=zipped)
        answer = Response(body.text, content_type=form.content_type)
        answer.headers["Vary"] = "Accept, Accept-Encoding"
        answer.set_etag(body.tag)
        if zipped:
            answer.headers["Content-Encoding"] = "gzip"
        answer.make_conditional(request)
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


@dataclass(frozen=True)
class Body:
    """What is sent, and the tag that it goes by."""

    text: bytes
    tag: str


@dataclass
class _Kept:
    """What was made of one project: each metric's values with its run, and the text with all runs."""

    project: Project
    values: dict[str, tuple[int, Values]] = field(default_factory=dict)
    texts: dict[tuple[str, Form], tuple[int, bytes]] = field(default_factory=dict)
    revision: Revision | None = None
    whole: dict[tuple[Form, bool], Lasting[Body]] = field(default_factory=dict)
    last: dict[tuple[Form, bool], Lasting[Body]] = field(default_factory=dict)

    def found(self, revision: Revision, now: datetime, form: Form, *, zipped: bool) -> Body | None:
        """Return what is sent where the store and every freshness are as they were when it was made."""
        made = self.whole.get((form, zipped)) if revision == self.revision else None
        return made.value if made is not None and made.holds(now) else None


class Exposition:
    """The exposition of one process.

    It is made anew once the store, the definitions or the freshness of data have changed, and of it the values of
    those metrics alone that were computed since: while a refresh runs, every scrape finds another metric computed.
    Whoever asks while it is being made gets the last whole one instead of waiting for it, but none that calls data
    fresh which are old by now.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: _Kept | None = None

    def text(self, project: Project, now: datetime, form: Form = Form.TEXT, *, zipped: bool = False) -> bytes:
        """Return the whole exposition as it is sent."""
        return self.body(project, now, form, zipped=zipped).text

    def body(self, project: Project, now: datetime, form: Form = Form.TEXT, *, zipped: bool = False) -> Body:
        """Return the whole exposition; the store's revision and the instant decide whether it still holds."""
        revision, before = project.store.revision(), self._kept
        if before is not None and before.project is project:
            held = before.found(revision, now, form, zipped=zipped)
            if held is not None:
                return held
        if not self._lock.acquire(blocking=False):
            last = before.last.get((form, zipped)) if before and before.project is project else None
            if last is not None and last.holds(now):
                return last.value
            self._lock.acquire()
        try:
            # A reload makes a new project; to compare two by value would read all of their definitions.
            if self._kept is None or self._kept.project is not project:
                self._kept = _Kept(project)
            kept = self._kept
            if kept.revision != revision:
                kept.whole, kept.revision = {}, revision
            plain = kept.whole.get((form, False))
            if plain is None or not plain.holds(now):
                plain = _made(kept, now, form)
                kept.whole.pop((form, True), None)
            made = _zipped(plain) if zipped else plain
            kept.whole |= {(form, False): plain, (form, zipped): made}
            kept.last[form, zipped] = made
            return made.value
        finally:
            self._lock.release()


def _zipped(plain: Lasting[Body]) -> Lasting[Body]:
    return replace(plain, value=_body(gzip.compress(plain.value.text, _LEVEL, mtime=0)))


def _body(text: bytes) -> Body:
    return Body(text, hashlib.sha256(text).hexdigest()[:32])


def _made(kept: _Kept, now: datetime, form: Form) -> Lasting[Body]:
    project, texts = kept.project, []
    successes = project.store.progress().successes
    now_at = {name: successes.get(name, 0) for name in project.catalog.metrics}
    changed = [name for name, at in now_at.items() if name not in kept.values or kept.values[name][0] != at]
    kept.values |= {name: (now_at[name], found) for name, found in values(project, changed).items()}
    for name, success in now_at.items():
        known = kept.texts.get((name, form))
        if known is None or known[0] != success:
            known = kept.texts[name, form] = success, written(kept.values[name][1].families, form)
        texts.append(known[1])
    every = {name: found for name, (_, found) in kept.values.items()}
    body = _body(b"".join((*texts, written(shared(project, now, every), form), form.end)))
    ends = [project.reported(name, None, now).until for name in project.board.scorecards]
    return Lasting(body, now, min((end for end in ends if end is not None), default=None))
