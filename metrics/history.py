"""A metric's past as tracks: at any instant, the values of the latest period that was final by then.

A track is one metric at one grain. Its values are those that are known now (`current`), or those that were
first published as final (`first`); both stand at the instants at which their periods could become final, so
that the two can be compared. Periods without an end (grain `all`) have no past.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from metrics.closed import Closed
from metrics.finality import Finality
from metrics.grain import Grain, Period
from metrics.model import Metric
from metrics.observation import Dimensions
from metrics.series import PARTS, VINTAGE, covered

Instants = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
NEVER = np.iinfo(np.int64).max


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


def tracks(metric: Metric, finality: Finality, found: Closed, vintage: Vintage) -> tuple[Track, ...]:
    """Return a metric's tracks from its final values.

    There is one a grain, or one for each value of the kind's own dimensions: the periods of a curve become
    final age by age. What another definition has stored at other grains or cuts has no series.
    """
    ours, own = covered(metric), metric.own_dimensions
    places: dict[tuple[Grain, Dimensions], list[int] | None] = {}
    kept: dict[tuple[Grain, Dimensions], list[int]] = {}
    for row, (period, segment) in enumerate(zip(found.periods, found.segments, strict=True)):
        key = period.grain, segment
        if key not in places:
            apart = tuple(pair for pair in segment if pair[0] in own)
            there = period.end is not None and ours(*key)
            places[key] = kept.setdefault((period.grain, apart), []) if there else None
        rows = places[key]
        if rows is not None:
            rows.append(row)
    order = sorted(kept, key=lambda key: (list(Grain).index(key[0]), key[1]))
    return tuple(_track(metric, finality, vintage, found, kept[key]) for key in order)


def _track(metric: Metric, finality: Finality, vintage: Vintage, found: Closed, rows: list[int]) -> Track:
    periods = sorted({found.periods[row] for row in rows}, key=lambda period: str(period.start))
    # In the order of their labels, so that an answer has little to sort.
    segments = sorted({found.segments[row] for row in rows}, key=lambda one: (_by(one), one))
    lines, columns = ({key: index for index, key in enumerate(keys)} for keys in (segments, periods))
    line = np.fromiter((lines[found.segments[row]] for row in rows), np.int64, len(rows))
    column = np.fromiter((columns[found.periods[row]] for row in rows), np.int64, len(rows))
    shape = len(segments), len(periods)
    figures = {}
    for index, part in enumerate(PARTS):
        figures[part.name] = np.full(shape, np.nan)
        figures[part.name][line, column] = found.figures[index][rows]
    instants = _instants(metric, finality, found, rows)
    late = np.full(shape, NEVER)
    late[line, column] = instants
    first = late.min(axis=0)
    # A period that took longer than the next one is never the latest.
    final_at = np.minimum.accumulate(first[::-1])[::-1]
    apart = bool((instants > final_at[column]).any())
    grain = periods[0].grain
    return Track(
        grain, vintage, tuple(periods), final_at, tuple(segments), figures, late if apart else None
    )  # fmt: skip


def _by(segment: Dimensions) -> str:
    return ",".join(name for name, _ in segment)


def _instants(metric: Metric, finality: Finality, found: Closed, rows: list[int]) -> Instants:
    """Return when the values of some rows became final; they are of one track."""
    values = found.figures[0][rows].tolist() if finality.decided(metric.metric) else [None] * len(rows)
    known: dict[tuple[Period, float | None], int] = {}
    instants = []
    for row, value in zip(rows, values, strict=True):
        # Within a track all else that an instant depends on is the same.
        key = found.periods[row], None if value is None or np.isnan(value) else value
        if key not in known:
            at = finality.at(metric.metric, key[0], found.segments[row], key[1])
            assert at is not None
            known[key] = milliseconds(at)
        mark = found.watermarks[row]
        # What was written as final was so by what was known then: a formula over a payback, for one, closes
        # before the payback's horizon.
        instants.append(known[key] if mark is None else min(known[key], milliseconds(mark)))
    return np.array(instants, dtype=np.int64)
