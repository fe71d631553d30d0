"""From counted customers with what each is worth under a model to the estimates of cohorts and segments."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.catalog.metric import Metric
from metrics.frame import Frame
from metrics.grain import Grain, Period, Span
from metrics.kinds._shared.cohorts import cells_of
from metrics.kinds.clv.resampling import Lines, with_parameters
from metrics.observation import Dimensions, Estimate, State
from metrics.sql.scan import Cell
from metrics.statistics.intervals import Counts, Floats, percentile_interval


@dataclass(frozen=True, eq=False)
class Valued:
    """Counted customers: first day, dimensions, and what they are worth from then to the horizon.

    `expected` is the part of `total` that a model expects, `slopes` its derivatives by the logarithms of
    the parameters (rows, parameters), and `moved` draws of these. `passed` tells whose horizon has passed.
    """

    first_day: NDArray[Any]
    dimensions: Mapping[str, NDArray[Any]]
    count: Counts
    total: Floats
    squares: Floats
    expected: Floats
    slopes: Floats
    passed: NDArray[np.bool_]
    moved: Floats


def horizon_days(horizon: Span, first_day: Iterable[date]) -> Floats:
    """Return how many days a horizon has from each first day, by the calendar: 12 months are 365 or 366."""
    first_day = list(first_day)
    days = {day: (horizon.after_day(day) - day).days for day in set(first_day)}
    return np.array([days[day] for day in first_day], dtype=np.float64)


def horizon_passed(frame: Frame, horizon: Span, first_day: Iterable[date]) -> NDArray[np.bool_]:
    """Tell of each first day whether the horizon from it has passed."""
    assert frame.watermark is not None
    first_day, today = list(first_day), frame.calendar.local_day(frame.watermark)
    ages = np.array([(today - day).days for day in first_day], dtype=np.float64)
    return np.asarray(horizon_days(horizon, first_day) <= ages)


def finish_valued(metric: Metric, frame: Frame, valued: Valued) -> list[Estimate]:
    """Return one estimate per cohort and segment.

    A model's value is an estimate from the first day on: it is final once the cohort's period is over.
    """
    found = dict(_cells(frame, valued))
    return [
        _estimate(metric, frame, (period, segment), valued, found.get(cell))
        for cell, period, segment in cells_of(frame, set(found))
    ]


def _cells(frame: Frame, valued: Valued) -> Iterator[tuple[Cell, NDArray[np.intp]]]:
    """Yield the rows of each cohort and segment."""
    days: list[date] = sorted(set(valued.first_day))
    place = {day: index for index, day in enumerate(days)}
    of_day = np.array([place[day] for day in valued.first_day], dtype=np.intp)
    for cut in dict.fromkeys(tuple(sorted(cut)) for cut in frame.cuts):
        segments, of_segment = _segments(valued, cut)
        for grain in frame.grains:
            starts: list[date | None] = [frame.calendar.period_of(day, grain).start for day in days]
            labels = list(dict.fromkeys(starts))
            of_start = np.array([labels.index(start) for start in starts], dtype=np.intp)
            cell = of_start[of_day] * len(segments) + of_segment if days else of_segment
            order = np.argsort(cell, kind="stable")
            edges = np.flatnonzero(np.diff(cell[order])) + 1
            for rows in np.split(order, edges) if len(order) else []:
                start, segment = divmod(int(cell[rows[0]]), len(segments))
                begins = labels[start] if grain is not Grain.ALL else None
                yield (grain, begins, segments[segment]), rows


def _segments(valued: Valued, cut: tuple[str, ...]) -> tuple[list[Dimensions], NDArray[np.intp]]:
    named = list(zip(*(valued.dimensions[name] for name in cut), strict=True))
    keys: list[tuple[str, ...]] = named if cut else [()] * len(valued.count)
    place = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    index = np.array([place[key] for key in keys], dtype=np.intp)
    return [tuple(zip(cut, key, strict=True)) for key in place], index


def _estimate(metric: Metric, frame: Frame, key: tuple[Period, Dimensions], valued: Valued,
              rows: NDArray[np.intp] | None) -> Estimate:  # fmt: skip
    period, segment = key
    if rows is None:
        return Estimate(period, segment, State.NO_DATA, numerator=0.0, denominator=0.0, sample_size=0)
    lines = Lines(valued.count[rows], valued.total[rows], valued.squares[rows])
    n, total = lines.customers, float(lines.total.sum())
    slopes = valued.slopes[rows].sum(axis=0) / n
    draws = with_parameters(lines, float(valued.expected[rows].sum()) / n, slopes, valued.moved)
    interval = percentile_interval(draws(zlib.crc32(f"{metric.metric}{key}".encode())))
    state = State.PROVISIONAL
    if frame.final(period):
        state = State.SMALL_SAMPLE if n < metric.min_sample else State.FINAL
    return Estimate(
        period,
        segment,
        state,
        value=total / n,
        numerator=total,
        denominator=float(n),
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        sample_size=n,
        maturity=float(lines.count[valued.passed[rows]].sum()) / n,
        draws=draws,
    )
