"""Turn stored values into the points of a chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from api.pages.chart import Point, Turn
from api.project.project import Project
from metrics.catalog.dated import turns
from metrics.catalog.metric import Metric
from metrics.describe.units import shown_unit
from metrics.grain import Calendar, Period
from metrics.kind import kind_of
from metrics.observation import Observation, State
from scorecard.formatting import format_interval, format_value
from scorecard.target import target_for


def trend_points(
    project: Project, metric: Metric, observations: Sequence[Observation], most: int
) -> list[Point]:
    """Return the last `most` periods of one segment as points, with the target of each period.

    Periods without any value at the end (the newest, not begun) are left out; gaps in between stay.
    """
    unit = project.unit(metric)
    return [point_of(project, metric, seen, unit) for seen in _last(observations, most)]


def _last(observations: Sequence[Observation], most: int) -> list[Observation]:
    ordered = sorted(observations, key=lambda seen: (seen.period.start is not None, seen.period.start))
    while ordered and ordered[-1].value is None:
        ordered.pop()
    return ordered[-most:]


def turns_on(
    project: Project, metric: Metric, observations: Sequence[Observation], most: int
) -> Iterator[Turn]:
    """Yield where, among the points of `trend_points`, a condition that the metric reaches asks something else."""
    periods = [seen.period for seen in _last(observations, most)]
    for day in dict.fromkeys(turn.day for turn in turns(project.catalog, metric.metric)):
        for index, period in enumerate(periods):
            if period.start is not None and period.end is not None and period.start <= day < period.end:
                share = (day - period.start) / (period.end - period.start)
                yield Turn(index + share, f"counted otherwise from {day.day} {day:%b %Y}")


def point_of(project: Project, metric: Metric, seen: Observation, unit: str) -> Point:
    """Return one value as a point with its words, and the target of its period."""
    # A goal says nothing of values in the unit of an earlier definition.
    same_unit = unit == shown_unit(metric, project.catalog)
    goal, red_flag = targets_of(project, metric, seen.period) if same_unit else (None, None)
    name = project.catalog.company.calendar.name(seen.period)
    currency = project.catalog.company.currency.report
    words = f"{name}: {format_value(seen.value, unit, currency, kind_of(metric).absent(metric, seen.state))}"
    if seen.lower is not None and seen.upper is not None:
        words += f" ({format_interval(seen.lower, seen.upper, unit, currency)})"
    if seen.state is not State.FINAL:
        words += f", {seen.state.value.replace('_', ' ')}"
    return Point(
        label=name,
        value=seen.value,
        lower=seen.lower,
        upper=seen.upper,
        open=seen.state is State.PROVISIONAL,
        small=seen.state is State.SMALL_SAMPLE,
        running=seen.state is State.PROVISIONAL
        and is_running(project.catalog.company.calendar, seen.period, seen.watermark),
        goal=goal,
        red_flag=red_flag,
        words=words,
    )


def is_running(calendar: Calendar, period: Period, watermark: datetime | None) -> bool:
    """Tell whether a period is not over by a watermark."""
    bounds = calendar.bounds(period)
    return bounds is not None and watermark is not None and bounds[1] > watermark


def targets_of(project: Project, metric: Metric, period: Period) -> tuple[float | None, float | None]:
    """Return goal and red flag of a period as one line each; a band has none that a line could show."""
    target = target_for(metric, period, project.catalog)
    if target is None or isinstance(target.goal, tuple) or isinstance(target.red_flag, tuple):
        return None, None
    return target.goal, target.red_flag
