"""Read the final values of a metric's whole past, as columns: there may be hundreds of thousands.

Observations are only added, so that what was read once stays true: later on only rows with a greater id are read.
Writers of one metric wait for each other, so that none of them can come in below an id that was read.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from sqlalchemy import Column, ColumnElement, Engine, Select, literal, select, type_coerce
from sqlalchemy.types import NullType

from metrics.grain import Grain, Period
from metrics.observation import FIGURES, PUBLISHED, Dimensions
from metrics.store.tables import observations
from metrics.store.versions import first, newest

FINAL_FIGURES = tuple(name for name in FIGURES if name != "maturity")
"""The figures that are read: what is final waits for nothing."""

Codes = npt.NDArray[np.int64]
Known = TypeVar("Known", bound=Hashable)

_STATES = frozenset(state.value for state in PUBLISHED)
_FINAL = observations.c.state.in_(sorted(_STATES))
_CHUNK = 10_000
_RAW = ("id", "grain", "period_start", "period_end", "dimensions", "state", *FINAL_FIGURES)


@dataclass(frozen=True)
class FinalValues:
    """Final values of a metric, one row a period and segment.

    The same few periods, segments and watermarks come again and again: `period`, `segment` and `watermark` say of
    each row which one of `periods`, `segments` and `watermarks` it has. Watermarks are None unless they were asked
    for. `figures` has one line for each of FINAL_FIGURES, nan where there is none. `upto` is the greatest id that
    was read.
    """

    periods: tuple[Period, ...]
    segments: tuple[Dimensions, ...]
    watermarks: tuple[datetime | None, ...]
    period: Codes
    segment: Codes
    watermark: Codes
    figures: npt.NDArray[np.float64]
    upto: int = 0


class FinalValueReader:
    """Reads the final values of one store; a small sample is final too."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def current(
        self,
        metric: str,
        definition_hash: str,
        *,
        watermarks: bool = False,
        known: FinalValues | None = None,
    ) -> FinalValues:
        """Return what is final of what is known now.

        `known` is what was read before of the same metric and hash: only what was written since is read then.
        """
        of = observations.c.metric == metric, observations.c.definition_hash == definition_hash
        if known is None:
            return _read(self._engine, newest(*of).where(_FINAL), watermarks)[0]
        # A value may have been opened again or ended since.
        return _joined(known, *_read(self._engine, _since(known, *of), watermarks), latest=True)

    def first(
        self, metric: str, *, watermarks: bool = False, known: FinalValues | None = None
    ) -> FinalValues:
        """Return what was first written as final, whatever its definition; `known` as for `current`."""
        of = observations.c.metric == metric, _FINAL
        if known is None:
            return _read(self._engine, first(*of), watermarks)[0]
        return _joined(known, *_read(self._engine, _since(known, *of), watermarks), latest=False)


def _since(known: FinalValues, *where: ColumnElement[bool]) -> Select[Any]:
    return select(observations).where(*where, observations.c.id > known.upto).order_by(observations.c.id)


class _Codes(dict[Known, int]):
    """The number of each different cell, in the order in which they come."""

    def __missing__(self, cell: Known) -> int:
        self[cell] = len(self)
        return self[cell]

    def of(self, cells: Iterable[Known]) -> Codes:
        """Return the numbers of cells."""
        return np.array(list(map(self.__getitem__, cells)), dtype=np.int64)


def _read(engine: Engine, wanted: Select[Any], watermarks: bool) -> tuple[FinalValues, npt.NDArray[np.bool_]]:
    """Return the rows of a select in its order, and which of them are final."""
    # As they lie in the database: to decode a cell costs more than all else, and few are different.
    raw = [type_coerce(observations.c[name], NullType()) for name in _RAW]
    marks = type_coerce(observations.c.watermark, NullType()) if watermarks else literal(None, NullType())
    spans: _Codes[tuple[Any, ...]] = _Codes()
    segments: _Codes[Any] = _Codes()
    instants: _Codes[Any] = _Codes()
    # Where there are no rows, there is still a first part to join.
    lines: list[list[npt.NDArray[Any]]] = [
        [np.empty(0, np.int64)] * 3 + [np.empty((len(FINAL_FIGURES), 0)), np.empty(0, np.bool_)]
    ]
    upto = 0
    with engine.connect() as connection:
        result = connection.execution_options(yield_per=_CHUNK).execute(wanted.with_only_columns(*raw, marks))
        for rows in result.partitions():
            ids, grains, starts, ends, texts, states, *figures, known = zip(*rows, strict=True)
            lines.append([
                spans.of(zip(grains, starts, ends, strict=True)),
                segments.of(texts),
                instants.of(known),
                # None becomes nan.
                np.array(figures, dtype=np.float64),
                np.array([state in _STATES for state in states], np.bool_),
            ])  # fmt: skip
            upto = max(upto, *ids)
    period, segment, watermark, numbers, final = (
        np.concatenate(each, axis=-1) for each in zip(*lines, strict=True)
    )
    start, end, dimensions, mark = (
        _decoder(engine, observations.c[name])
        for name in ("period_start", "period_end", "dimensions", "watermark")
    )
    found = FinalValues(
        tuple(Period(Grain(name), start(since), end(until)) for name, since, until in spans),
        tuple(map(dimensions, segments)),
        tuple(map(mark, instants)),
        period,
        segment,
        watermark,
        numbers,
        upto,
    )
    return found, final


def _decoder(engine: Engine, column: Column[Any]) -> Callable[[Any], Any]:
    """Return what reads a cell as its column's type does."""
    decode = column.type.dialect_impl(engine.dialect).result_processor(engine.dialect, None)
    return decode or (lambda cell: cell)


def _joined(
    known: FinalValues, since: FinalValues, final: npt.NDArray[np.bool_], *, latest: bool
) -> FinalValues:
    """Return the latest, or the first, of each period and segment, of those that are final."""
    periods, period = _both(known.periods, known.period, since.periods, since.period)
    segments, segment = _both(known.segments, known.segment, since.segments, since.segment)
    watermarks, watermark = _both(known.watermarks, known.watermark, since.watermarks, since.watermark)
    keys = period * len(segments) + segment
    # Of equal keys the first is found: backwards, the last.
    step = -1 if latest else 1
    rows = np.sort(np.unique(keys[::step], return_index=True)[1])
    rows = np.sort(len(keys) - 1 - rows) if latest else rows
    rows = rows[np.concatenate([np.ones(len(known.period), np.bool_), final])[rows]]
    figures = np.concatenate([known.figures, since.figures], axis=1)[:, rows]
    upto = max(known.upto, since.upto)
    return FinalValues(
        periods, segments, watermarks, period[rows], segment[rows], watermark[rows], figures, upto
    )


def _both(
    old: tuple[Known, ...], old_codes: Codes, new: tuple[Known, ...], new_codes: Codes
) -> tuple[tuple[Known, ...], Codes]:
    """Return the different cells of both, and the codes of all rows, the old ones first."""
    known: _Codes[Known] = _Codes(zip(old, range(len(old)), strict=True))
    moved = known.of(new)
    return tuple(known), np.concatenate([old_codes, moved[new_codes]])
