"""Conversion: how many entities go from one stage to another within a window.

A cohort is never deflated by windows that are still open: until the last has closed the value is the
Kaplan-Meier estimate over right-censored entities, and the state is provisional. An empty cohort has no
value. `basis: period` compares what entered both stages in one period: different entities, may exceed 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np

from metrics.grain import Grain, Period
from metrics.kind import Frame, Request
from metrics.kinds._conversion_sql import (
    Basis,
    CohortQuery,
    EntryQuery,
    Options,
    Outcomes,
    PeriodBy,
    Reentry,
    Skipped,
)
from metrics.model import Metric, Reference
from metrics.observation import Dimensions, Estimate, State
from metrics.scan import Cell
from metrics.statistics.intervals import wilson
from metrics.statistics.survival import conversion_by, kaplan_meier

__all__ = [
    "CODE_VERSION",
    "Basis",
    "Options",
    "PeriodBy",
    "Reentry",
    "Skipped",
    "bases",
    "covering",
    "finish",
    "requests",
]

CODE_VERSION = 1


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    return metric.options.from_, metric.options.to


def covering(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose first rows say from when there are cohorts: entries, not successes."""
    return (metric.options.from_,)


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for counted outcomes per cohort, or for entries on both sides."""
    if metric.options.basis is Basis.PERIOD:
        return {name: EntryQuery(metric, frame, name) for name in ("from", "to")}
    return {"outcomes": CohortQuery(metric, frame)}


def finish(metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
    """Return one estimate per cohort or period and segment."""
    if metric.options.basis is Basis.PERIOD:
        return list(_flows(frame, results["from"], results["to"]))
    return list(_cohorts(metric, frame, results["outcomes"]))


def _cells(frame: Frame, found: set[Cell]) -> Iterator[tuple[Cell, Period, Dimensions]]:
    segments: dict[tuple[Grain, date | None], set[Dimensions]] = {}
    for at, start, segment in found:
        segments.setdefault((at, start), set()).add(segment)
    total: set[Dimensions] = {()} if () in frame.cuts else set()
    for grain in frame.grains:
        for period in frame.periods(grain):
            for segment in sorted(segments.get((grain, period.start), set()) | total):
                yield (grain, period.start, segment), period, segment


def _cohorts(metric: Metric, frame: Frame, outcomes: Mapping[Cell, Outcomes]) -> Iterator[Estimate]:
    options: Options = metric.options
    for cell, period, segment in _cells(frame, set(outcomes)):
        cohort = outcomes.get(cell)
        if cohort is None:
            yield Estimate(period, segment, State.NO_DATA, numerator=0.0, denominator=0.0, sample_size=0)
            continue
        yield _cohort(metric, frame, period, segment, cohort, options)


def _cohort(metric: Metric, frame: Frame, period: Period, segment: Dimensions, cohort: Outcomes,
            options: Options) -> Estimate:  # fmt: skip
    n, k = cohort.entries, cohort.converted
    window = options.window.span if options.period_by is PeriodBy.ENTERED else None
    whole = cohort.completed == n
    ever = options.window.span is None
    final = frame.final(period, window) and whole and not ever
    value: float | None = k / n
    interval = wilson(k, n)
    if not final and not ever:
        # A young cohort does not identify the rate, however it is estimated.
        if cohort.completed < metric.min_sample:
            value, interval = None, None
        elif not whole:
            value, interval = conversion_by(curve_of(cohort), np.inf)
    state = State.PROVISIONAL
    if final:
        state = State.SMALL_SAMPLE if n < metric.min_sample else State.FINAL
    return Estimate(
        period,
        segment,
        state,
        value=value,
        numerator=float(k),
        denominator=float(n),
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        sample_size=n,
        maturity=None if ever else cohort.completed / n,
    )


def curve_of(cohort: Outcomes) -> Any:
    """Return the Kaplan-Meier curve of a cohort; completed windows are censored at infinity."""
    times, events, censored = [], [], []
    for converted, over, age, count in cohort.lines:
        times.append(np.inf if age is None or (over and not converted) else float(age))
        events.append(count if converted else 0)
        censored.append(0 if converted else count)
    return kaplan_meier(times, events, censored)


def _flows(frame: Frame, entered: Mapping[Cell, int], moved: Mapping[Cell, int]) -> Iterator[Estimate]:
    for cell, period, segment in _cells(frame, {*entered, *moved}):
        n, k = entered.get(cell, 0), moved.get(cell, 0)
        value = k / n if n else None
        state = State.NO_DATA if value is None else State.FINAL if frame.final(period) else State.PROVISIONAL
        yield Estimate(
            period,
            segment,
            state,
            value=value,
            numerator=float(k),
            denominator=float(n),
            sample_size=n,
            maturity=frame.elapsed_share(period),
        )
