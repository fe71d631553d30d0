"""The triangles of a curve: a row for each period, a column for each value of the kind's own dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.project.project import Project
from metrics.catalog.metric import Metric
from metrics.grain import Grain, Period
from metrics.observation import Observation, State

_MOST_SEGMENTS = 12
AGE = "age"


@dataclass(frozen=True)
class Row:
    """One period: how many customers it has, and its values by column, None where there is none."""

    period: Period
    size: int | None
    cells: tuple[Observation | None, ...]


@dataclass(frozen=True)
class Triangle:
    """The newest periods first; `segment` is empty for everybody, `name` is what the columns are of.

    `sized`: a period has one number of customers, as the columns are ages of the same ones.
    """

    segment: str
    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    sized: bool


def triangles(project: Project, metric: Metric, grain: Grain, by: str | None, most: int) -> list[Triangle]:
    """Return the triangle of the last `most` periods, or one for each segment of a dimension.

    A metric with values of its own has none.
    """
    if not metric.own_dimensions:
        return []
    name = metric.own_dimensions[0]
    cut = metric.whole_cut(() if by is None or by == name else (by,))
    segments: dict[str, list[Observation]] = {}
    for seen in project.store.latest(metric.metric, grain=grain, by=tuple(sorted(cut))):
        label = ", ".join(value for dimension, value in seen.dimensions if dimension != name)
        segments.setdefault(label, []).append(seen)
    chosen = sorted(segments.items())[:_MOST_SEGMENTS]
    return [_triangle(label, name, listed, most) for label, listed in chosen]


def _triangle(segment: str, name: str, listed: Sequence[Observation], most: int) -> Triangle:
    by_period: dict[Period, dict[str, Observation]] = {}
    for seen in listed:
        # A value that is no longer there has left a mark without any number.
        if seen.state is not State.NO_DATA or seen.denominator is not None:
            by_period.setdefault(seen.period, {})[dict(seen.dimensions)[name]] = seen
    periods = sorted(by_period, key=lambda period: str(period.start), reverse=True)[:most]
    columns = tuple(sorted({column for period in periods for column in by_period[period]}))
    return Triangle(
        segment, name, columns, tuple(_row(period, by_period[period], columns) for period in periods),
        sized=name == AGE,
    )  # fmt: skip


def _row(period: Period, cells: dict[str, Observation], columns: Sequence[str]) -> Row:
    sizes = [seen.sample_size for seen in cells.values() if seen.sample_size is not None]
    return Row(period, max(sizes, default=None), tuple(cells.get(column) for column in columns))
