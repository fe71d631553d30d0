"""The goal that would be as hard as before, where a metric would be counted in another way.

Goal and red flag move with the value of one period that both definitions know: where it stands between them today, it
would stand after the change. Nothing is changed by this; it is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.grain import Grain, Period
from metrics.kind import RATIO_DIFFERENCE, kind_of
from metrics.observation import State
from metrics.operations.impact import Impact
from scorecard.score import Level
from scorecard.target import ActiveTarget, target_for


@dataclass(frozen=True)
class EqualGoal:
    """A target of a period, and what it would be if it were to be as hard as before.

    `move` does the same with any other level of the metric.
    """

    metric: str
    period: Period
    target: ActiveTarget
    goal: Level
    red_flag: Level | None
    move: Callable[[float], float] = field(compare=False, repr=False)


def equal_goal(impact: Impact, base: Catalog, head: Catalog, grain: Grain) -> EqualGoal | None:
    """Return the goal as hard as before, by the latest period that is final on both sides and has a target.

    None where there is no such period, where the value would not move, and where the goals themselves are moved.
    """
    if impact.pair.base is None or impact.pair.head is None:
        return None
    metric, other = base.metrics[impact.pair.base], head.metrics[impact.pair.head]
    if metric.targets != other.targets or metric.direction is not other.direction:
        return None
    for line in reversed(impact.totals(grain)):
        target = target_for(metric, line.period, base)
        before, after = line.before, line.after
        if target is None or before is None or after is None or before.value is None or after.value is None:
            continue
        if (before.state, after.state) != (State.FINAL, State.FINAL):
            continue
        if before.value == after.value:
            return None
        moved = _move(metric, base, target, before.value, after.value)
        flag = None if target.red_flag is None else _level(target.red_flag, moved)
        return EqualGoal(impact.pair.name, line.period, target, _level(target.goal, moved), flag, moved)
    return None


def _move(
    metric: Metric, catalog: Catalog, target: ActiveTarget, before: float, after: float
) -> Callable[[float], float]:
    """Return how levels move: with the value by its factor, or by its difference where nothing is a share of it.

    Of a share that would have to exceed the whole it is what is missing that moves by its factor.
    """
    levels = [level for _, level in target.numbers()]
    divisible = kind_of(metric).unit_of(metric, catalog) != RATIO_DIFFERENCE
    if not divisible or before <= 0 or after <= 0 or min(levels) < 0:
        return lambda level: level + after - before
    factor = after / before
    if kind_of(metric).is_share(metric) and max(levels) * factor > 1 and before < 1:
        left = (1 - after) / (1 - before)
        return lambda level: 1 - (1 - level) * left
    return lambda level: level * factor


def _level(level: Level, moved: Callable[[float], float]) -> Level:
    return (moved(level[0]), moved(level[1])) if isinstance(level, tuple) else moved(level)
