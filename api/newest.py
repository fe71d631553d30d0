"""Choose the newest values of a metric: those of the latest final period, and those still open."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby

from metrics.grain import Grain, Period
from metrics.observation import Dimensions, Observation, State

CLOSED = (State.FINAL, State.SMALL_SAMPLE)

Newest = dict[Grain, tuple[Period, tuple[Observation, ...]]]
"""By grain: the period, and its observations in order of their segments."""


def live(observations: Iterable[Observation], apart: Collection[str] = ()) -> Newest:
    """Return, by grain, the latest period that is final, and its final observations.

    A segment that has no final value in that period is left out, however recent its last one is. Values
    that differ in a dimension of `apart`, such as the ages of a curve, each have a latest period of their
    own; the one that is named is then the latest of these.
    """
    return _newest(observations, CLOSED, apart)


def still_open(observations: Iterable[Observation], apart: Collection[str] = ()) -> Newest:
    """Return, by grain, the latest provisional period and its provisional observations."""
    return _newest(observations, (State.PROVISIONAL,), apart)


def _newest(observations: Iterable[Observation], states: tuple[State, ...], apart: Collection[str]) -> Newest:
    chosen: Newest = {}
    meant = sorted((seen for seen in observations if seen.state in states), key=_order)
    for grain, group in groupby(meant, key=lambda seen: seen.grain):
        seen = list(group)
        last = {each.part_of(apart): each.period for each in seen}
        newest = tuple(each for each in seen if each.period == last[each.part_of(apart)])
        chosen[grain] = (seen[-1].period, newest)
    return chosen


def _order(seen: Observation) -> tuple[str, str, Dimensions]:
    start = seen.period.start
    return seen.grain.value, start.isoformat() if start else "", seen.dimensions
