"""Which target holds for a metric in a period: effective-dated, ramping, summed for flows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import fsum

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric, Target
from metrics.grain import Calendar, Grain, Period, add_months
from metrics.kind import Additivity, kind_of
from scorecard.score import Level


@dataclass(frozen=True)
class ActiveTarget:
    """A goal and red flag in the metric's unit for one period; the red flag is None on a yes/no scale."""

    goal: Level
    red_flag: Level | None
    period: Period

    def numbers(self) -> Iterator[tuple[str, float]]:
        """Yield goal and red flag, each by name; a band has a lower and an upper one."""
        for name, level in (("goal", self.goal), ("red_flag", self.red_flag)):
            if isinstance(level, tuple):
                yield f"{name}_lower", level[0]
                yield f"{name}_upper", level[1]
            elif level is not None:
                yield name, level


def target_for(metric: Metric, period: Period, catalog: Catalog) -> ActiveTarget | None:
    """Return the target of a metric for a period, or None where none holds.

    The latest target whose `from` is at or before the period's start counts. With `per`, a flow's targets
    sum over the periods of that grain that make up the period exactly; a ratio's holds for all grains.
    """
    parts = _parts(metric, period, catalog)
    # One part is the period itself, under whatever name: FY2026-Q1 may be 2025-Q2.
    found = [_at(metric, part) for part in parts]
    targets = [one for one in found if one is not None]
    if not targets or len(targets) != len(parts):
        return None
    goals = [goal for goal, _ in targets]
    flags = [flag for _, flag in targets if flag is not None]
    red_flag = _sum(flags) if len(flags) == len(targets) else None
    return ActiveTarget(_sum(goals), red_flag, period)


def _parts(metric: Metric, period: Period, catalog: Catalog) -> tuple[Period, ...]:
    """Return the periods whose targets make up this period's; empty where none can."""
    calendar = catalog.company.calendar
    target = _latest(metric, period)
    kind = kind_of(metric).additivity(metric, catalog)
    if target is None or target.per is None or target.per is period.grain or kind is Additivity.HOLDS:
        return (period,)
    parts = tuple(_tiles(period, target.per, calendar))
    if kind is Additivity.EXACT and len(parts) != 1:
        return ()
    same = all(found is not None and found.per is target.per for found in
               (_latest(metric, part) for part in parts))  # fmt: skip
    return parts if same else ()


def _tiles(period: Period, grain: Grain, calendar: Calendar) -> Iterator[Period]:
    """Yield the periods of a grain that fill a period exactly; nothing where they stick out."""
    if period.start is None or period.end is None or grain is Grain.ALL:
        return
    tiles = tuple(calendar.periods(grain, period.start, period.end - timedelta(days=1)))
    if tiles[0].start == period.start and tiles[-1].end == period.end:
        yield from tiles


def _latest(metric: Metric, period: Period) -> Target | None:
    """Return the target that has begun last by a period's start; of two, the one for its grain."""
    start = period.start
    if start is None:
        return None
    begun = [target for target in metric.targets if target.from_ <= start]
    return max(
        begun,
        key=lambda target: (target.from_, target.per is period.grain, target.per is None),
        default=None,
    )


def _at(metric: Metric, period: Period) -> tuple[Level, Level | None] | None:
    """Return goal and red flag as they stand at a period's start; None where there is no number."""
    target, start = _latest(metric, period), period.start
    if target is None or start is None or target.goal is None:
        return None
    if isinstance(target.goal, str) or isinstance(target.red_flag, str):
        return None
    if target.ramp_from is None or isinstance(target.goal, tuple) or isinstance(target.red_flag, tuple):
        return target.goal, target.red_flag
    left = (1 - _ramped(metric, target, start)) * (target.ramp_from - target.goal)
    # The red flag keeps its distance, so that a status means the same all along the ramp.
    return target.goal + left, None if target.red_flag is None else target.red_flag + left


def _ramped(metric: Metric, target: Target, start: date) -> float:
    """Return how much of its ramp a target has climbed by a day, 0 to 1.

    The ramp ends where the next target begins, or a year after its own beginning.
    """
    later = [other.from_ for other in metric.targets if other.from_ > target.from_]
    end = min(later, default=add_months(target.from_, 12))
    return min(1.0, _months(target.from_, start) / _months(target.from_, end))


def _months(first: date, last: date) -> float:
    """Return the months between two days; days within a month count a 31st each."""
    return (last.year - first.year) * 12 + last.month - first.month + (last.day - first.day) / 31


def _sum(levels: list[Level]) -> Level:
    pairs = [level for level in levels if isinstance(level, tuple)]
    if pairs:
        return fsum(low for low, _ in pairs), fsum(high for _, high in pairs)
    return fsum(level for level in levels if not isinstance(level, tuple))
