"""A metric's past as tracks: at any instant, the values of the latest period that was final by then.

A track is one metric at one grain. Its values are those that are known now (`current`), or those that were
first published as final (`first`); both stand at the instants at which their periods could become final, so
that the two can be compared. Periods without an end (grain `all`) have no past.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from metrics.finality import Finality
from metrics.grain import Grain, Period
from metrics.model import Metric
from metrics.observation import Dimensions, Observation, State
from metrics.series import PARTS

CLOSED = (State.FINAL, State.SMALL_SAMPLE)
Instants = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


class Vintage(StrEnum):
    """Which version of a value: as it is known now, or as it was first published as final."""

    CURRENT = "current"
    FIRST = "first"


@dataclass(frozen=True)
class Track:
    """The final values of one metric at one grain.

    `final_at` are milliseconds since 1970, ascending, one a period; each line of a segment has one number a
    period and part, nan where there is none.
    """

    grain: Grain
    periods: tuple[Period, ...]
    final_at: Instants
    lines: Mapping[Dimensions, Mapping[str, Numbers]]

    def at(self, instants: Instants) -> Instants:
        """Return for each instant (milliseconds) the index of the latest period final by then, -1 for none."""
        return np.searchsorted(self.final_at, instants, side="right").astype(np.int64) - 1


def milliseconds(instant: datetime) -> int:
    """Return an instant in milliseconds since 1970."""
    return round((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def tracks(metric: Metric, finality: Finality, observations: Iterable[Observation]) -> tuple[Track, ...]:
    """Return a metric's tracks from its observations; those that are not final count nowhere.

    There is one a grain, or one for each value of the kind's own dimensions: the periods of a curve become
    final age by age.
    """
    found: dict[tuple[Grain, Dimensions], list[Observation]] = {}
    for seen in observations:
        if seen.state in CLOSED and seen.period.end is not None:
            found.setdefault((seen.grain, seen.part_of(metric.own_dimensions)), []).append(seen)
    order = sorted(found, key=lambda key: (list(Grain).index(key[0]), key[1]))
    return tuple(_track(metric, finality, *key, found[key]) for key in order)


def _track(
    metric: Metric, finality: Finality, grain: Grain, own: Dimensions, seen: list[Observation]
) -> Track:
    periods = sorted({one.period for one in seen}, key=lambda period: str(period.start))
    ends = [finality.at(metric.metric, period, own) for period in periods]
    final_at = np.array([milliseconds(end) for end in ends if end is not None], dtype=np.int64)
    place = {period: index for index, period in enumerate(periods)}
    lines: dict[Dimensions, dict[str, Numbers]] = {}
    for one in seen:
        line = lines.get(one.dimensions)
        if line is None:
            line = lines[one.dimensions] = {part.name: np.full(len(periods), np.nan) for part in PARTS}
        index = place[one.period]
        for part in PARTS:
            number = getattr(one, part.name)
            if number is not None:
                line[part.name][index] = number
    return Track(grain, tuple(periods), final_at, lines)
