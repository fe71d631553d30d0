"""Which version of a value is the last, and what a run adds to the versions that are there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Select, func, select

from metrics.errors import StoreError
from metrics.grain import Grain
from metrics.observation import FLOATS, Dimensions, Observation, State
from metrics.store.records import Cut, Run, Written, canonical_cut, canonical_dimensions
from metrics.store.tables import observation_columns, observation_of, observations

_KEY = tuple(observations.c[name] for name in ("grain", "cut", "dimensions", "period_start"))

Key = tuple[Grain, date | None, Dimensions]
"""What identifies an observation within its metric: grain, the period's first day, and segment."""


@dataclass(frozen=True)
class Changes:
    """What a run adds: the observations that say something new and those that end a segment."""

    new: tuple[Observation, ...]
    tombstones: tuple[Observation, ...]
    unchanged: int

    @property
    def counts(self) -> Written:
        """Return how many there are of each."""
        return Written(len(self.new), self.unchanged, len(self.tombstones))


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of two instants, None where there is neither."""
    return min((each for each in (one, other) if each is not None), default=None)


def written_before(
    written: ColumnElement[datetime], until: datetime | None
) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of what was written before an instant; None lets everything through."""
    return () if until is None else (written < until,)


def newest(*where: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    """Return the last written row of each key among those that meet the conditions."""
    newest = select(func.max(observations.c.id)).where(*where).group_by(*_KEY)
    return select(*observation_columns).where(observations.c.id.in_(newest))


def first(*where: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    """Return the first written row of each key among those that meet the conditions."""
    first = select(func.min(observations.c.id)).where(*where).group_by(*_KEY)
    return select(*observation_columns).where(observations.c.id.in_(first))


def read(connection: Connection, wanted: Select[tuple[object, ...]]) -> Iterator[Observation]:
    """Yield the observations that a select of their table finds."""
    return map(observation_of, connection.execute(wanted).mappings())


def _key(observation: Observation) -> Key:
    return observation.grain, observation.period.start, observation.dimensions


def _covered(run: Run) -> tuple[ColumnElement[bool], ...]:
    grains = [grain.value for grain in run.grains]
    cuts = [canonical_cut(cut) for cut in run.cuts]
    return observations.c.metric == run.metric, observations.c.grain.in_(grains), observations.c.cut.in_(cuts)


def changes(connection: Connection, run: Run, given: Mapping[Key, Observation]) -> Changes:
    """Compare what a run gives with the last written of its keys, whatever definition wrote those."""
    last = {_key(old): old for old in read(connection, newest(*_covered(run)))}
    new = [seen for key, seen in given.items() if key not in last or not seen.same_result(last[key])]
    said_at = max((seen.computed_at for seen in given.values()), default=run.finished_at)
    gone = [_tombstone(old, run, said_at) for old in _vanished(connection, run, given, last)]
    return Changes(tuple(new), tuple(gone), len(given) - len(new))


def checked(run: Run, computed: Iterable[Observation]) -> dict[Key, Observation]:
    """Return the observations by key; raise StoreError on one that the run cannot have given."""
    if run.outcome != "ok":
        raise StoreError(f"run {run.id!r} of metric {run.metric!r} did not succeed: it has no observations")
    cuts = {canonical_cut(cut) for cut in run.cuts}
    given: dict[Key, Observation] = {}
    for seen in computed:
        wrong = _misfit(run, cuts, seen) or ("comes twice" if _key(seen) in given else None)
        if wrong is not None:
            where = f"{seen.grain} {seen.period.start or 'all'} {dict(seen.dimensions)}"
            raise StoreError(f"metric {run.metric!r}: the observation of {where} {wrong}")
        given[_key(seen)] = seen
    return given


def _misfit(run: Run, cuts: set[Cut], seen: Observation) -> str | None:
    """Say what is wrong with an observation of a run, or None."""
    ours = (run.metric, run.definition_hash, run.code_version)
    if (seen.metric, seen.definition_hash, seen.code_version) != ours:
        return "is of another metric, definition or code version than its run"
    if seen.grain != seen.period.grain or seen.grain not in run.grains or canonical_cut(seen.by) not in cuts:
        return "is not of a grain and cut of its run"
    if seen.dimensions != canonical_dimensions(seen.dimensions) or len(set(seen.by)) < len(seen.by):
        return "has dimensions that are unsorted or named twice"
    numbers = [getattr(seen, name) for name in FLOATS]
    if not all(number is None or math.isfinite(number) for number in numbers):
        return "is not a finite number"
    return None


def _vanished(
    connection: Connection, run: Run, given: Mapping[Key, Observation], last: Mapping[Key, Observation]
) -> list[Observation]:
    """Return the last written observations that the run covers and no longer gives."""
    absent = {key: old for key, old in last.items() if key not in given}
    # After a definition is taken back, a segment may have ended under the other one alone: without a row
    # of its own its old value would be read again.
    shown: set[Key] = set()
    if any(old.definition_hash != run.definition_hash for old in absent.values()):
        own = newest(*_covered(run), observations.c.definition_hash == run.definition_hash)
        shown = {_key(old) for old in read(connection, own) if old.state is not State.NO_DATA}
    return [old for key, old in absent.items() if old.state is not State.NO_DATA or key in shown]


def _tombstone(old: Observation, run: Run, computed_at: datetime) -> Observation:
    return Observation(
        metric=run.metric,
        definition_hash=run.definition_hash,
        code_version=run.code_version,
        grain=old.grain,
        period=old.period,
        dimensions=old.dimensions,
        state=State.NO_DATA,
        watermark=run.watermark,
        computed_at=computed_at,
    )
