"""The colours of a value by its target, in base units: red, amber and green from the lowest value up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf, nextafter

from metrics.analysis.finality import Finality
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Direction, Metric
from metrics.describe.series_names import base_of
from metrics.grain import Grain, Period
from scorecard.target import ActiveTarget, target_for

RED, AMBER, GREEN, PLAIN = "red", "orange", "green", "text"

Steps = tuple[tuple[str, float | None], ...]
"""(colour, value from which on it holds), the first from minus infinity, which is None."""

NO_STEPS: Steps = ((PLAIN, None),)
SCORE: Steps = ((RED, None), (AMBER, 100 / 3), (GREEN, 200 / 3))
"""A score of 0 to 100: a red flag is a third of the way, a goal two thirds."""


@dataclass(frozen=True)
class Colours:
    """The colours of values that are live at an instant."""

    catalog: Catalog
    on: datetime

    def of(self, metric: Metric, *grains: Grain) -> Steps:
        """Return the colours of a metric's live value; none where the grains do not share them."""
        found = {self._at(metric, grain) for grain in grains or metric.grains if grain in metric.grains}
        return found.pop() if len(found) == 1 else NO_STEPS

    def _at(self, metric: Metric, grain: Grain) -> Steps:
        # The values of a curve have no period in common.
        whole = not metric.own_dimensions
        period = live_period(metric, grain, self.catalog, self.on) if whole else None
        target = target_for(metric, period, self.catalog) if period else None
        if target is None or metric.direction is Direction.NONE:
            return NO_STEPS
        return steps(target, metric.direction, base_of(metric, self.catalog).factor)


def live_period(metric: Metric, grain: Grain, catalog: Catalog, on: datetime) -> Period | None:
    """Return the latest period that can be final at an instant; None for grain `all`."""
    calendar, finality = catalog.company.calendar, Finality(catalog)
    period = calendar.period_of(calendar.local_day(on), grain)
    # A window of many years is final for nobody yet.
    while period.start is not None and period.start > calendar.local_day(on - timedelta(days=3653)):
        end = finality.at(metric.metric, period)
        if end is None:
            return None
        if end <= on:
            return period
        period = calendar.previous(period)
    return None


def steps(target: ActiveTarget, direction: Direction, factor: float) -> Steps:
    """Return the colours around a target; a value on its goal is green, on its red flag amber."""
    goal, flag = target.goal, target.red_flag
    if isinstance(goal, tuple):
        return _band(goal, flag if isinstance(flag, tuple) else None, factor)
    assert not isinstance(flag, tuple)
    if direction is Direction.DOWN:
        over = [(AMBER if flag is not None else RED, _above(goal * factor))]
        return ((GREEN, None), *over, *([(RED, _above(flag * factor))] if flag is not None else []))
    under = [(AMBER, flag * factor)] if flag is not None else []
    return ((RED, None), *under, (GREEN, goal * factor))


def _band(goal: tuple[float, float], flag: tuple[float, float] | None, factor: float) -> Steps:
    low, high = (level * factor for level in goal)
    if flag is None:
        return (RED, None), (GREEN, low), (RED, _above(high))
    bottom, top = (level * factor for level in flag)
    return (RED, None), (AMBER, bottom), (GREEN, low), (AMBER, _above(high)), (RED, _above(top))


def _above(level: float) -> float:
    # Grafana's steps begin at their value, and a value on its goal has reached it.
    return nextafter(level, inf)
