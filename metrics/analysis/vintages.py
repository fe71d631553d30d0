"""A metric's past as tracks: at any instant, the values of the latest period that was final by then.

A track is one metric at one grain. Its values are those that are known now (`current`), or those that were
first published as final (`first`); both stand at the instants at which their periods could become final, so
that the two can be compared. Periods without an end (grain `all`) have no past.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from metrics.analysis.finality import Finality
from metrics.catalog.metric import Metric
from metrics.describe.series_names import PARTS, VINTAGE, has_series
from metrics.grain import Grain, Period
from metrics.observation import Dimensions
from metrics.store.final_values import FINAL_FIGURES, Codes, FinalValues

Instants = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
NEVER = np.iinfo(np.int64).max
Cell = TypeVar("Cell")


class Vintage(StrEnum):
    """Which version of a value: as it is known now, or as it was first published as final."""

    CURRENT = "current"
    FIRST = "first"


@dataclass(frozen=True)
class Track:
    """The final values of one metric at one grain.

    `final_at` are milliseconds since 1970, ascending, one a period: from then on it, or a later one, is the
    latest. `figures` hold by part one line a segment and in it one number a period, nan where there is none.
    `late` holds the same for the instants at which each value became final, None where all are `final_at`.
    """

    grain: Grain
    vintage: Vintage
    periods: tuple[Period, ...]
    final_at: Instants
    segments: tuple[Dimensions, ...]
    figures: Mapping[str, Numbers]
    late: Instants | None = None

    @cached_property
    def labels(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """Return the labels of each segment, sorted, without the name and without empty ones."""
        shared = ("grain", self.grain.value), (VINTAGE, self.vintage.value)
        whole = ((*shared, ("by", _by(segment)), *segment) for segment in self.segments)
        return tuple(tuple(sorted(pair for pair in each if pair[1])) for each in whole)

    def at(self, instants: Instants) -> Instants:
        """Return for each instant (milliseconds) the index of the latest period final by then, -1 for none."""
        return np.searchsorted(self.final_at, instants, side="right").astype(np.int64) - 1

    def valued(self, part: str, instants: Instants, rows: Sequence[int] | None = None) -> Numbers:
        """Return one line a segment, or one for each of some, and in it one number an instant, nan for none."""
        chosen, some = self.at(instants), slice(None) if rows is None else np.array(rows, dtype=np.int64)
        found: Numbers = self.figures[part][some][:, np.maximum(chosen, 0)]
        found[:, chosen < 0] = np.nan
        if self.late is not None:
            found[self.late[some][:, np.maximum(chosen, 0)] > instants] = np.nan
        return found


def milliseconds(instant: datetime) -> int:
    """Return an instant in milliseconds since 1970."""
    return round((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def tracks(metric: Metric, finality: Finality, found: FinalValues, vintage: Vintage) -> tuple[Track, ...]:
    """Return a metric's tracks from its final values.

    There is one a grain, or one for each value of the kind's own dimensions: the periods of a curve become
    final age by age. What another definition has stored at other grains or cuts has no series.
    """
    ours, own, grains = has_series(metric), metric.own_dimensions, tuple(Grain)
    rows = np.flatnonzero(
        np.array([period.end is not None for period in found.periods], np.bool_)[found.period]
    )
    grain = np.array([grains.index(period.grain) for period in found.periods], np.int64)[found.period[rows]]
    # Few grains and segments stand in many rows: what is looked at is looked at once.
    width = max(1, len(found.segments))
    pairs, pair = np.unique(grain * width + found.segment[rows], return_inverse=True)
    kept: dict[tuple[Grain, Dimensions], list[int]] = {}
    for index, (of_grain, of_segment) in enumerate(zip(pairs // width, pairs % width, strict=True)):
        key = grains[of_grain], found.segments[of_segment]
        if ours(*key):
            apart = tuple(part for part in key[1] if part[0] in own)
            kept.setdefault((key[0], apart), []).append(index)
    order = sorted(kept, key=lambda key: (grains.index(key[0]), key[1]))
    number = np.full(len(pairs), -1)
    for place, key in enumerate(order):
        number[kept[key]] = place
    of_track = number[pair]
    sort = np.argsort(of_track, kind="stable")
    cuts = np.searchsorted(of_track[sort], np.arange(len(order) + 1))
    return tuple(
        _track(metric, finality, vintage, found, rows[sort[start:end]]) for start, end in pairwise(cuts)
    )


def _track(metric: Metric, finality: Finality, vintage: Vintage, found: FinalValues, rows: Codes) -> Track:
    period, segment = found.period[rows], found.segment[rows]
    periods, column = _placed(period, found.periods, lambda one: str(one.start))
    # In the order of their labels, so that an answer has little to sort.
    segments, line = _placed(segment, found.segments, lambda one: (_by(one), one))
    shape = len(segments), len(periods)
    figures = {}
    for part in PARTS:
        figures[part.name] = np.full(shape, np.nan)
        figures[part.name][line, column] = found.figures[FINAL_FIGURES.index(part.name)][rows]
    instants = _instants(metric, finality, found, rows)
    late = np.full(shape, NEVER)
    late[line, column] = instants
    first = late.min(axis=0)
    # A period that took longer than the next one is never the latest.
    final_at = np.minimum.accumulate(first[::-1])[::-1]
    apart = bool((instants > final_at[column]).any())
    grain = periods[0].grain
    return Track(grain, vintage, periods, final_at, segments, figures, late if apart else None)


def _placed(
    codes: Codes, cells: Sequence[Cell], key: Callable[[Cell], Any]
) -> tuple[tuple[Cell, ...], Codes]:
    """Return the cells that there are codes of, in order, and the place of each code's cell among them."""
    used = sorted(np.unique(codes).tolist(), key=lambda code: key(cells[code]))
    places = np.zeros(len(cells), dtype=np.int64)
    places[used] = np.arange(len(used))
    return tuple(cells[code] for code in used), places[codes]


def _by(segment: Dimensions) -> str:
    return ",".join(name for name, _ in segment)


def _instants(metric: Metric, finality: Finality, found: FinalValues, rows: Codes) -> Instants:
    """Return when the values of some rows became final; they are of one track."""
    period, segment = found.period[rows].tolist(), found.segments[found.segment[rows[0]]]
    values = found.figures[0][rows].tolist() if finality.decided(metric.metric) else [None] * len(rows)
    known: dict[tuple[int, float | None], int] = {}
    instants = []
    for code, value in zip(period, values, strict=True):
        # Within a track all else that an instant depends on is the same.
        key = code, None if value is None or np.isnan(value) else value
        if key not in known:
            at = finality.at(metric.metric, found.periods[code], segment, key[1])
            assert at is not None
            known[key] = milliseconds(at)
        instants.append(known[key])
    # What was written as final was so by what was known then: a formula over a payback, for one, closes
    # before the payback's horizon.
    marks = [NEVER if mark is None else milliseconds(mark) for mark in found.watermarks]
    return np.minimum(np.array(instants, np.int64), np.array(marks, np.int64)[found.watermark[rows]])
