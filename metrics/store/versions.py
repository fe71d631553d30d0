"""Which version of a value is the last, and what a run adds to the versions that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, type_coerce
from sqlalchemy.types import NullType

from metrics.errors import StoreError
from metrics.grain import Grain, Period
from metrics.observation import FLOATS, RESULT, Dimensions, Observation, State, result, same_results
from metrics.store.bulk import Coded, decoder, read
from metrics.store.records import Run, Written, canonical_cut, canonical_dimensions
from metrics.store.tables import observation_columns, observations

_KEY = tuple(observations.c[name] for name in ("grain", "cut", "dimensions", "period_start"))

Key = tuple[Grain, date | None, Dimensions]
"""What identifies an observation within its metric: grain, the period's first day, and segment."""

_Told = tuple[date | None, Sequence[Any]]
"""Of what was last written of a key the day after its period, and its result."""

_WHERE = ("grain", "dimensions", "period_start", "period_end")
_HASH, _STATE = RESULT.index("definition_hash"), RESULT.index("state")
_FOREIGN = "is not of a grain and cut of its run"

_whose = attrgetter("metric", "definition_hash", "code_version")
_floats = attrgetter(*FLOATS)


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


def _key(observation: Observation) -> Key:
    return observation.grain, observation.period.start, observation.dimensions


def _covered(run: Run) -> tuple[ColumnElement[bool], ...]:
    grains = [grain.value for grain in run.grains]
    cuts = [canonical_cut(cut) for cut in run.cuts]
    return observations.c.metric == run.metric, observations.c.grain.in_(grains), observations.c.cut.in_(cuts)


def changes(connection: Connection, run: Run, given: Mapping[Key, Observation]) -> Changes:
    """Compare what a run gives with the last written of its keys, whatever definition wrote those."""
    last = _last(connection, run)
    new = [
        seen for key, seen in given.items() if key not in last or not same_results(result(seen), last[key][1])
    ]
    said_at = max((seen.computed_at for seen in given.values()), default=run.finished_at)
    gone = [
        _tombstone(key, end, run, said_at) for key, end in _vanished(connection, run, given, last).items()
    ]
    return Changes(tuple(new), tuple(gone), len(given) - len(new))


def _last(connection: Connection, run: Run) -> dict[Key, _Told]:
    """Return what was last written of each key that a run covers."""
    wanted = newest(*_covered(run)).with_only_columns(
        *(type_coerce(observations.c[name], NullType()) for name in (*_WHERE, *RESULT))
    )
    found = connection.execute(wanted).all()
    if not found:
        return {}
    grains, segments, starts, ends, *told = zip(*found, strict=True)
    day, segment = (decoder(connection.dialect, name) for name in ("period_start", "dimensions"))
    keys = zip(map(Coded(Grain).__getitem__, grains), map(day, starts), map(segment, segments), strict=True)
    return dict(zip(keys, zip(map(day, ends), zip(*told, strict=True), strict=True), strict=True))


def checked(run: Run, computed: Iterable[Observation]) -> dict[Key, Observation]:
    """Return the observations by key; raise StoreError on one that the run cannot have given."""
    if run.outcome != "ok":
        raise StoreError(f"run {run.id!r} of metric {run.metric!r} did not succeed: it has no observations")
    fits = _Fits(run)
    given: dict[Key, Observation] = {}
    for seen in computed:
        key = _key(seen)
        wrong = fits.wrong(seen) or ("comes twice" if key in given else None)
        if wrong is not None:
            where = f"{seen.grain} {seen.period.start or 'all'} {dict(seen.dimensions)}"
            raise StoreError(f"metric {run.metric!r}: the observation of {where} {wrong}")
        given[key] = seen
    return given


class _Fits:
    """What belongs to a run; the same few segments come period after period, and are looked at once."""

    def __init__(self, run: Run) -> None:
        self._ours = run.metric, run.definition_hash, run.code_version
        self._grains = frozenset(run.grains)
        self._cuts = {canonical_cut(cut) for cut in run.cuts}
        self._segments: dict[Dimensions, str | None] = {}

    def wrong(self, seen: Observation) -> str | None:
        """Say what is wrong with an observation of a run, or None."""
        if _whose(seen) != self._ours:
            return "is of another metric, definition or code version than its run"
        if seen.grain != seen.period.grain or seen.grain not in self._grains:
            return _FOREIGN
        if seen.dimensions not in self._segments:
            self._segments[seen.dimensions] = self._segment(seen)
        if self._segments[seen.dimensions] is not None:
            return self._segments[seen.dimensions]
        for number in _floats(seen):
            if number is not None and not isfinite(number):
                return "is not a finite number"
        return None

    def _segment(self, seen: Observation) -> str | None:
        if canonical_cut(seen.by) not in self._cuts:
            return _FOREIGN
        if seen.dimensions != canonical_dimensions(seen.dimensions) or len(set(seen.by)) < len(seen.by):
            return "has dimensions that are unsorted or named twice"
        return None


def _vanished(
    connection: Connection, run: Run, given: Mapping[Key, Observation], last: Mapping[Key, _Told]
) -> dict[Key, date | None]:
    """Return what was last written, and that the run covers and no longer gives: its keys with their last days."""
    absent = {key: told for key, told in last.items() if key not in given}
    # After a definition is taken back, a segment may have ended under the other one alone: without a row
    # of its own its old value would be read again.
    shown: set[Key] = set()
    if any(told[_HASH] != run.definition_hash for _, told in absent.values()):
        own = newest(*_covered(run), observations.c.definition_hash == run.definition_hash)
        shown = {_key(old) for old in read(connection, own) if old.state is not State.NO_DATA}
    return {key: end for key, (end, told) in absent.items() if told[_STATE] != State.NO_DATA or key in shown}


def _tombstone(key: Key, end: date | None, run: Run, computed_at: datetime) -> Observation:
    grain, start, segment = key
    return Observation(
        metric=run.metric,
        definition_hash=run.definition_hash,
        code_version=run.code_version,
        grain=grain,
        period=Period(grain, start, end),
        dimensions=segment,
        state=State.NO_DATA,
        watermark=run.watermark,
        computed_at=computed_at,
    )
