"""Choose the newest values of a metric: those of the latest final period, and those of an open one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Set
from itertools import groupby

from metrics.engine.partly_covered import Beginnings, beginning_of
from metrics.grain import Calendar, Grain, Period
from metrics.observation import PUBLISHED, Dimensions, Observation, State

Newest = dict[Grain, tuple[Period, tuple[Observation, ...]]]
"""By grain: the period, and its observations in order of their segments."""


def live(observations: Iterable[Observation], apart: Collection[str] = ()) -> Newest:
    """Return, by grain, the latest period that is final, and its final observations.

    A segment that has no final value in that period is left out, however recent its last one is. Values
    that differ in a dimension of `apart`, such as the ages of a curve, each have a latest period of their
    own; the one that is named is then the latest of these.
    """
    return _newest(observations, PUBLISHED, apart)


def still_open(observations: Iterable[Observation], apart: Collection[str] = ()) -> Newest:
    """Return, by grain, one provisional period and its provisional observations.

    It is the latest in which the total has a value: a period that has only begun often has none, and would
    hide one that says something. Where no total has one it is the latest in which a segment has, else the
    latest of all.
    """
    return _newest(observations, {State.PROVISIONAL}, apart, lambda seen: _said(seen, apart))


def awaited(
    observations: Iterable[Observation], partly_covered: Beginnings, calendar: Calendar
) -> list[Observation]:
    """Return the observations without those of periods that are over and covered in part: no later row mends them."""

    def over(seen: Observation) -> bool:
        bounds = calendar.bounds(seen.period)
        return bounds is not None and seen.watermark is not None and bounds[1] <= seen.watermark

    return [
        seen
        for seen in observations
        if seen.state is not State.PROVISIONAL
        or beginning_of(partly_covered, seen.period) is None
        or not over(seen)
    ]


def _said(seen: Observation, apart: Collection[str]) -> int:
    """Return how much an observation says of its period: 2 for the total's value, 1 for a segment's."""
    if seen.value is None:
        return 0
    return 2 if seen.dimensions == seen.part_of(apart) else 1


def _newest(
    observations: Iterable[Observation],
    states: Set[State],
    apart: Collection[str],
    said: Callable[[Observation], int] = lambda _: 0,
) -> Newest:
    chosen: Newest = {}
    meant = sorted((seen for seen in observations if seen.state in states), key=_order)
    for grain, group in groupby(meant, key=lambda seen: seen.grain):
        seen = list(group)
        best: dict[Dimensions, Observation] = {}
        for each in seen:
            part = each.part_of(apart)
            if part not in best or said(each) >= said(best[part]):
                best[part] = each
        newest = tuple(each for each in seen if each.period == best[each.part_of(apart)].period)
        chosen[grain] = (newest[-1].period, newest)
    return chosen


def _order(seen: Observation) -> tuple[str, str, Dimensions]:
    start = seen.period.start
    return seen.grain.value, start.isoformat() if start else "", seen.dimensions
