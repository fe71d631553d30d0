"""How a metric's definition came to be what it is: who changed it, when and why, and what that did to a figure.

Git says who, when and why, where the project lies in a repository; the store says since when values follow a
definition, and what a period's value was by either. Definitions that were computed and never committed are told
from the store alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from api.metric.definition_log import DefinitionLog, Move, Named, Promise, State
from api.project.project import Project
from api.project.repository import Repository
from metrics.catalog.definition_difference import Difference, differences
from metrics.catalog.definition_hash import canonical_text
from metrics.catalog.metric import Metric
from metrics.errors import UsageError
from metrics.grain import Grain
from metrics.observation import PUBLISHED, Observation
from metrics.store.records import Definition
from scorecard.cause_model import CommitReport


@dataclass(frozen=True)
class DefinitionEffect:
    """What one period's total was by the definition before, and by the one after, when it was counted anew."""

    period_name: str
    unit: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class DefinitionStep:
    """One change of a metric's definition: its hashes before and after, None where there was none.

    `computed_since` is the refresh from which on values follow it, None where none ever did; `subject` and `body`
    are what the commit says, `people` those whom it names beside its author, and `promised` what it says that a value
    will be. `differences` are empty for the first.
    """

    before: str | None
    after: str | None
    computed_since: datetime | None
    commit: CommitReport | None
    subject: str | None
    body: str | None
    merged: CommitReport | None
    people: tuple[Named, ...]
    promised: Promise | None
    differences: tuple[Difference, ...]
    effect: DefinitionEffect | None


@dataclass(frozen=True)
class DefinitionHistory:
    """The changes of a metric's definition, the youngest first; `from_git` says whether git was there to be asked."""

    metric: str
    from_git: bool
    changes: tuple[DefinitionStep, ...]


def definition_history(project: Project, metric: Metric, grain: Grain) -> DefinitionHistory:
    """Return how a metric's definition changed; effects are told of its totals at a grain."""
    moves = _moves(project.root, project.commit, metric.metric)
    held = {each.hash: each for each in project.store.definitions.of(metric.metric)}
    found = list(_changes(moves or (), held))
    effects = _Effects(project, metric, grain, held)
    changes = tuple(_with_effect(change, effects) for change in sorted(found, key=_when, reverse=True))
    return DefinitionHistory(metric.metric, moves is not None, changes)


@lru_cache(maxsize=512)
def _moves(root: Path, commit: str | None, metric: str) -> tuple[Move, ...] | None:
    """Return the moves that a commit grew from; None where there is no repository."""
    if commit is None:
        return None
    try:
        with Repository.around(root) as repository:
            return tuple(DefinitionLog(repository, metric).moves(commit))
    except (UsageError, KeyError, OSError):
        # A shallow or damaged repository says nothing that could be relied on.
        return None


def _changes(moves: Iterable[Move], held: Mapping[str, Definition]) -> Iterator[DefinitionStep]:
    told = set()
    for move in moves:
        told.add(move.after.hash)
        computed = held.get(move.after.hash) if move.after.hash else None
        yield DefinitionStep(
            move.before.hash, move.after.hash, computed.first_seen if computed else None, move.commit,
            move.subject, move.body, move.merged, move.people, move.promised, _apart(move.before, move.after), None,
        )  # fmt: skip
    before = State(None, None)
    for each in held.values():
        after = State(each.hash, json.loads(each.canonical))
        if each.hash not in told:
            yield DefinitionStep(
                before.hash, each.hash, each.first_seen, None, None, None, None, (), None,
                _apart(before, after), None,
            )  # fmt: skip
        before = after


def _apart(before: State, after: State) -> tuple[Difference, ...]:
    if before.resolved is None or after.resolved is None:
        return ()
    # Through the text, so that both are what JSON makes of them.
    one, other = (json.loads(canonical_text(each)) for each in (before.resolved, after.resolved))
    return differences(one, other)


def _when(change: DefinitionStep) -> float:
    at = (change.merged or change.commit).authored_at if change.commit else change.computed_since
    return at.timestamp() if at else 0.0


def _with_effect(change: DefinitionStep, effects: _Effects) -> DefinitionStep:
    return replace(change, effect=effects.of(change))


class _Effects:
    """What changes did to a metric's totals, as far as the store knows both values."""

    def __init__(
        self, project: Project, metric: Metric, grain: Grain, held: Mapping[str, Definition]
    ) -> None:
        self._project = project
        self._metric = metric
        self._grain = grain
        self._held = held
        self._known: dict[str, dict[date, Observation]] = {}

    def of(self, change: DefinitionStep) -> DefinitionEffect | None:
        """Return the effect on the last period that both definitions counted whole."""
        if change.before not in self._held or change.after not in self._held:
            return None
        assert change.before is not None
        assert change.after is not None
        one, other = self._held[change.before], self._held[change.after]
        if self._metric.private or one.unit != other.unit:
            return None
        for start in sorted(
            self._totals(change.before).keys() & self._totals(change.after).keys(), reverse=True
        ):
            pair = self._pair(self._totals(change.after)[start], change.before, change.after)
            if pair is not None:
                name = self._project.catalog.company.calendar.name(pair[0].period)
                return DefinitionEffect(name, other.unit or "", pair[0].value, pair[1].value)
        return None

    def _totals(self, hashed: str) -> dict[date, Observation]:
        if hashed not in self._known:
            found = self._project.store.latest(
                self._metric.metric, grain=self._grain, by=(), definition_hash=hashed
            )
            self._known[hashed] = {
                each.period.start: each
                for each in found
                if each.period.start is not None and each.state in PUBLISHED
            }
        return self._known[hashed]

    def _pair(self, seen: Observation, before: str, after: str) -> tuple[Observation, Observation] | None:
        """Return the last value by one definition and the first by the next, where they follow each other."""
        versions = self._project.store.history(self._metric.metric, self._grain, seen.period)
        for earlier, later in pairwise(versions):
            if (earlier.definition_hash, later.definition_hash) == (before, after):
                return (earlier, later) if {earlier.state, later.state} <= PUBLISHED else None
        return None
