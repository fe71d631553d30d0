"""A metric's past as tracks: at any instant, the values of the latest period that was final by then.

A track is one metric at one grain. Its values are those that are known now (`current`), or those that were
first published as final (`first`); both stand at the instants at which their periods could become final, so
that the two can be compared. Periods without an end (grain `all`) have no past.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from metrics.closed import Closed
from metrics.finality import Finality
from metrics.grain import Grain, Period
from metrics.model import Metric
from metrics.observation import Dimensions
from metrics.series import PARTS, covered

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
    periods: tuple[Period, ...]
    final_at: Instants
    segments: tuple[Dimensions, ...]
    figures: Mapping[str, Numbers]
    late: Instants | None = None

    def at(self, instants: Instants) -> Instants:
        """Return for each instant (milliseconds) the index of the latest period final by then, -1 for none."""
        return np.searchsorted(self.final_at, instants, side="right").astype(np.int64) - 1

    def valued(self, part: str, instants: Instants) -> Numbers:
        """Return one line a segment and in it one number an instant, nan where there is none."""
        chosen = self.at(instants)
        found = self.figures[part][:, np.maximum(chosen, 0)]
        found[:, chosen < 0] = np.nan
        if self.late is not None:
            found[self.late[:, np.maximum(chosen, 0)] > instants] = np.nan
        return found


def milliseconds(instant: datetime) -> int:
    """Return an instant in milliseconds since 1970."""
    return round((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def tracks(metric: Metric, finality: Finality, found: Iterable[Closed]) -> tuple[Track, ...]:
    """Return a metric's tracks from its final values.

    There is one a grain, or one for each value of the kind's own dimensions: the periods of a curve become
    final age by age. What another definition has stored at other grains or cuts has no series.
    """
    kept: dict[tuple[Grain, Dimensions], list[Closed]] = {}
    own = metric.own_dimensions
    for seen in covered(metric, found):
        if seen.period.end is not None:
            apart = tuple(pair for pair in seen.dimensions if pair[0] in own) if own else ()
            kept.setdefault((seen.grain, apart), []).append(seen)
    order = sorted(kept, key=lambda key: (list(Grain).index(key[0]), key[1]))
    return tuple(_track(metric, finality, grain, kept[grain, apart]) for grain, apart in order)


def _track(metric: Metric, finality: Finality, grain: Grain, seen: list[Closed]) -> Track:
    periods = sorted({one.period for one in seen}, key=lambda period: str(period.start))
    rows, columns = _places(one.dimensions for one in seen), {one: i for i, one in enumerate(periods)}
    row = np.fromiter((rows[one.dimensions] for one in seen), np.int64, len(seen))
    column = np.fromiter((columns[one.period] for one in seen), np.int64, len(seen))
    shape = len(rows), len(periods)
    figures = {}
    for index, part in enumerate(PARTS):
        figures[part.name] = np.full(shape, np.nan)
        # None becomes nan.
        figures[part.name][row, column] = np.array([one.figures[index] for one in seen], dtype=np.float64)
    instants = np.fromiter(_instants(metric, finality, seen), np.int64, len(seen))
    late = np.full(shape, NEVER)
    late[row, column] = instants
    first = late.min(axis=0)
    # A period that took longer than the next one is never the latest.
    final_at = np.minimum.accumulate(first[::-1])[::-1]
    apart = bool((instants > final_at[column]).any())
    return Track(grain, tuple(periods), final_at, tuple(rows), figures, late if apart else None)


def _places(segments: Iterable[Dimensions]) -> dict[Dimensions, int]:
    return {segment: index for index, segment in enumerate(dict.fromkeys(segments))}


def _instants(metric: Metric, finality: Finality, seen: Iterable[Closed]) -> Iterator[int]:
    known: dict[tuple[Period, float | None], datetime] = {}
    for one in seen:
        # Within a track all else that an instant depends on is the same.
        key = one.period, one.figures[0] if finality.decided(metric.metric) else None
        if key not in known:
            at = finality.at(metric.metric, one.period, one.dimensions, one.figures[0])
            assert at is not None
            known[key] = at
        at = known[key]
        # What was written as final was so by what was known then: a formula over a payback, for one, closes
        # before the payback's horizon.
        yield milliseconds(at if one.watermark is None else min(at, one.watermark))
