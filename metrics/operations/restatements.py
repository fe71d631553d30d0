"""What was said and is said otherwise by now: each total that moved since an instant, and what moved it.

A value moves because its metric is counted by another definition, because the program computes it otherwise,
because rows came late or were edited after it was final, or because its period was still open and the world went on.
The four parts add up to the movement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from math import fsum

from metrics.catalog.catalog import Catalog
from metrics.observation import PUBLISHED, Observation, State
from metrics.store.store import Store


class Mover(StrEnum):
    """What moves a value that was said before."""

    DEFINITION = "definition"
    SOFTWARE = "software"
    LATER_DATA = "later_data"
    WORLD = "world"


@dataclass(frozen=True)
class Said:
    """A value as it was said: its number, what it is worth, and the definition that it follows."""

    value: float | None
    state: State
    definition_hash: str


@dataclass(frozen=True)
class Parts:
    """What each mover adds to a movement, in the metric's unit."""

    definition: float
    software: float
    later_data: float
    world: float


@dataclass(frozen=True)
class Restatement:
    """One period's total that is another than it was said to be.

    `difference` and `parts` are None where one of the two is no number; `movers` say what was at work all the
    same. `was_final` tells of a value that nobody would have expected to move by itself.
    """

    metric: str
    grain: str
    period_name: str
    period_start: date | None
    then: Said
    now: Said
    difference: float | None
    parts: Parts | None
    movers: tuple[Mover, ...]

    @property
    def was_final(self) -> bool:
        """Tell whether the value had been final."""
        return self.then.state in PUBLISHED


@dataclass(frozen=True)
class Restatements:
    """What moved since an instant, final values first; `new` counts the periods that were first told since."""

    since: datetime
    moved: tuple[Restatement, ...]
    new: int


def restatements(store: Store, catalog: Catalog, metrics: Iterable[str], since: datetime) -> Restatements:
    """Return the totals that are another than what was known before an instant, by metric and period.

    Raises UnknownMetric.
    """
    names = [catalog.metric(name).metric for name in metrics]
    found: list[Restatement] = []
    new = 0
    for name in names:
        then = {one.key: one for one in store.latest(name, by=(), as_known=since)}
        for one in store.latest(name, by=()):
            known = then.get(one.key)
            if known is None or known.state is State.NO_DATA:
                new += one.state is not State.NO_DATA
            elif _said(known) != _said(one) and (known.value, known.state) != (one.value, one.state):
                found.append(_restatement(store, catalog, known))
    return Restatements(since, tuple(sorted(found, key=lambda one: not one.was_final)), new)


def _restatement(store: Store, catalog: Catalog, known: Observation) -> Restatement:
    versions = store.history(known.metric, known.grain, known.period)
    path = [one for one in versions if one.computed_at >= known.computed_at]
    steps = list(_steps(path))
    then, now = path[0], path[-1]
    whole = then.value is not None and now.value is not None
    apart = {mover: fsum(size for cause, size in steps if cause is mover) for mover in Mover}
    return Restatement(
        known.metric,
        known.grain.value,
        catalog.company.calendar.name(known.period),
        known.period.start,
        _said(then),
        _said(now),
        now.value - then.value if now.value is not None and then.value is not None else None,
        Parts(**{mover.value: size for mover, size in apart.items()}) if whole else None,
        tuple(dict.fromkeys(cause for cause, _ in steps)),
    )


def _steps(path: Sequence[Observation]) -> Iterator[tuple[Mover, float]]:
    """Yield what moved a value from each version to the next, and how far.

    A value that was away for a while moves when it is back, by the first of what took it away and brought it back.
    """
    number, away = path[0].value, list[Mover]()
    for before, after in pairwise(path):
        mover = _mover(before, after)
        if after.value is None or number is None:
            away.append(mover)
            if after.value is None:
                yield mover, 0.0
                continue
        yield min((*away, mover), key=list(Mover).index), 0.0 if number is None else after.value - number
        number, away = after.value, []


def _mover(before: Observation, after: Observation) -> Mover:
    if before.definition_hash != after.definition_hash:
        return Mover.DEFINITION
    if before.code_version != after.code_version:
        return Mover.SOFTWARE
    return Mover.LATER_DATA if before.state in PUBLISHED else Mover.WORLD


def _said(seen: Observation) -> Said:
    return Said(seen.value, seen.state, seen.definition_hash)
