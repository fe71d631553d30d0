"""When a metric's definition moved, by git: the commits whose definitions give the metric another hash.

The line of first parents is followed, so that what counts is when a change came in; it is told by whoever
wrote it, also where others merged it. Of each commit only the files that the metric may rest on are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from api.project.repository import Repository
from metrics.catalog.definition_hash import hash_of, resolved
from metrics.errors import UnknownMetric
from metrics.loading.folder import TOP_FILES, folder_of, stem
from metrics.loading.loader import build
from scorecard.cause_model import CommitReport
from scorecard.definitions import COMPANY_KEYS

_WORD = re.compile(rb"[A-Za-z0-9_]+")


@dataclass(frozen=True)
class State:
    """A metric's definition in one commit: its hash, and all that it rests on; None where there is none."""

    hash: str | None
    resolved: Mapping[str, Any] | None
    label: str | None = None


@dataclass(frozen=True)
class Named:
    """Somebody whom a commit names beside its author, and as what: `Reviewed-by`, `Ann <ann@example.com>`."""

    role: str
    name: str


@dataclass(frozen=True)
class Promise:
    """What a commit says that a metric's total of a period is by either definition, in base units."""

    period_name: str
    before: float
    after: float


@dataclass(frozen=True)
class Move:
    """A commit that moved a metric's definition: from what to what, who wrote it, why, and who let it in.

    `merged` is None where it was written on the line that counts.
    """

    before: State
    after: State
    commit: CommitReport
    subject: str
    body: str
    merged: CommitReport | None
    people: tuple[Named, ...]
    promised: Promise | None


_NONE = State(None, None)
_TRAILER = re.compile(r"^((?:Reviewed|Approved|Acked|Signed-off|Co-authored)-by): (.+)$", re.MULTILINE)
_NUMBER = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
_PROMISE = re.compile(rf"^Scorecard-Impact: (\w+) (\S+) {_NUMBER} {_NUMBER}$", re.MULTILINE)


class DefinitionLog:
    """The log of one metric in an open repository."""

    def __init__(self, repository: Repository, metric: str) -> None:
        self._repository = repository
        self._metric = metric
        self._by_folder: dict[str | None, State] = {None: _NONE}
        self._by_files: dict[frozenset[tuple[str, str]], State] = {}
        self._words: dict[str, frozenset[str]] = {}

    def moves(self, until: str = "HEAD") -> Iterator[Move]:
        """Yield the moves that a revision grew from, the youngest first; the first of all came from nothing."""
        commit: str | None = self._repository.revision(until).commit.hash
        while commit is not None:
            parents = self._repository.parents(commit)
            before = self.state(parents[0]) if parents else _NONE
            after = self.state(commit)
            if before.hash != after.hash:
                yield self._move(commit, before, after)
            commit = parents[0] if parents else None

    def state(self, commit: str) -> State:
        """Return the metric's definition in a commit."""
        folder = self._repository.folder_name(commit)
        if folder not in self._by_folder:
            self._by_folder[folder] = self._read(self._repository.listing(commit), commit)
        return self._by_folder[folder]

    def _read(self, listing: Mapping[str, str], commit: str) -> State:
        files = self._closure(listing)
        key = frozenset((path, listing[path]) for path in files)
        if key not in self._by_files:
            contents = {path: self._repository.content(listing[path]) for path in files}
            folder = folder_of(contents, lambda path: self._repository.read(commit, path))
            catalog = build(folder, COMPANY_KEYS).catalog
            try:
                found = None if catalog is None else resolved(catalog, self._metric)
            except (UnknownMetric, KeyError):
                # What it rests on is not there: nothing was computed by it.
                found = None
            label = None if found is None or catalog is None else catalog.metric(self._metric).label
            self._by_files[key] = State(hash_of(found), found, label) if found is not None else _NONE
        return self._by_files[key]

    def _closure(self, listing: Mapping[str, str]) -> set[str]:
        """Return the files that a metric may rest on: those named, by any word, in one that it rests on."""
        by_name: dict[str, list[str]] = {}
        for path in listing:
            by_name.setdefault(_name(path), []).append(path)
        waiting = [path for path in listing if _name(path) in (*TOP_FILES, self._metric)]
        found: set[str] = set(waiting)
        while waiting:
            path = waiting.pop()
            if _name(path) in TOP_FILES and _name(path) != "identities":
                continue
            for word in self._words_of(listing[path]) & by_name.keys():
                waiting += [each for each in by_name[word] if each not in found]
                found.update(by_name[word])
        return found

    def _words_of(self, name: str) -> frozenset[str]:
        if name not in self._words:
            content = self._repository.content(name)
            self._words[name] = frozenset(word.decode() for word in _WORD.findall(content))
        return self._words[name]

    def _move(self, commit: str, before: State, after: State) -> Move:
        origin = self._origin(commit, before, after)
        subject, _, body = self._repository.message(origin).partition("\n")
        report, merge = (self._repository.revision(each).commit for each in (origin, commit))
        messages = [self._repository.message(each) for each in dict.fromkeys((origin, commit))]
        people = tuple(Named(*found) for text in messages for found in _TRAILER.findall(text))
        promised = next((found for text in messages if (found := self._promise(text))), None)
        return Move(
            before, after, report, subject.strip(), body.strip(),
            None if origin == commit else merge, people, promised,
        )  # fmt: skip

    def _promise(self, message: str) -> Promise | None:
        for metric, period, before, after in _PROMISE.findall(message):
            if metric == self._metric:
                return Promise(period, float(before), float(after))
        return None

    def _origin(self, commit: str, before: State, after: State) -> str:
        """Return the commit that wrote what a merge let in, the commit itself where it wrote it."""
        for side in self._repository.parents(commit)[1:]:
            if self.state(side).hash != after.hash:
                continue
            at = side
            while True:
                above = self._repository.parents(at)
                earlier = self.state(above[0]) if above else _NONE
                if earlier.hash != after.hash:
                    return self._origin(at, earlier, after)
                at = above[0]
        return commit


def _name(path: str) -> str:
    return stem(PurePosixPath(path).with_suffix("").as_posix())
