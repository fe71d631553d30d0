"""Conversion: how many entities go from one stage to another within a window.

A cohort is never deflated by windows that are still open: until the last has closed the value is the
Kaplan-Meier estimate over right-censored entities, and the state is provisional. An empty cohort has no
value. `basis: period` compares what entered both stages in one period: different entities, may exceed 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.frame import Frame
from metrics.grain import Period, Span
from metrics.kind import Request
from metrics.kinds._shared.cohorts import cells_of, cohorts
from metrics.kinds.conversion.selects import (
    Basis,
    CohortQuery,
    EntryQuery,
    Options,
    PeriodBy,
    Reentry,
    Skipped,
)
from metrics.observation import Dimensions, Estimate, State
from metrics.sql.scan import Cell

__all__ = [
    "CODE_VERSION",
    "Basis",
    "Options",
    "PeriodBy",
    "Reentry",
    "Skipped",
    "bases",
    "closing",
    "covering",
    "finish",
    "requests",
]

CODE_VERSION = 1

SAYS = {
    ("basis", "cohort"): "follows the entities that enter in a period",
    (
        "basis",
        "period",
    ): "compares what entered either stage in one period: not the same entities, may exceed 1",
    ("period_by", "entered"): "a cohort bears the period in which it entered",
    ("period_by", "matured"): "a cohort bears the period in which its window closed",
    ("reentry", "first"): "an entity's first entry starts its clock",
    ("reentry", "last"): "an entity's last entry starts its clock",
    ("reentry", "every"): "every entry counts; a success belongs to the latest entry before it",
    ("skipped", "implied"): "a later stage implies the earlier one",
    ("skipped", "recorded"): "only a recorded entry counts",
}
"""What the kind's words mean, for people to read."""


def bases(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose rows and times bound the metric."""
    return metric.options.from_, metric.options.to


def covering(metric: Metric) -> tuple[Reference, ...]:
    """Return the references whose first rows say from when there are cohorts: entries, not successes."""
    return (metric.options.from_,)


def closing(metric: Metric, segment: Dimensions, period: Period) -> Span | None:
    """Return what must pass after a period until its cohort is final; `ever` never closes."""
    options: Options = metric.options
    follows = options.basis is Basis.COHORT and options.period_by is PeriodBy.ENTERED
    return options.window.span if follows else None


def requests(metric: Metric, frame: Frame) -> Mapping[str, Request]:
    """Ask for counted outcomes per cohort, or for entries on both sides."""
    if metric.options.basis is Basis.PERIOD:
        return {name: EntryQuery(metric, frame, name) for name in ("from", "to")}
    return {"outcomes": CohortQuery(metric, frame)}


def finish(metric: Metric, frame: Frame, results: Mapping[str, Any]) -> list[Estimate]:
    """Return one estimate per cohort or period and segment."""
    if metric.options.basis is Basis.PERIOD:
        return list(_flows(frame, results["from"], results["to"]))
    options: Options = metric.options
    span = options.window.span
    window = span if options.period_by is PeriodBy.ENTERED else None
    outcomes = results["outcomes"]
    return list(cohorts(metric, frame, outcomes, closes=span is not None, window=window))


def _flows(frame: Frame, entered: Mapping[Cell, int], moved: Mapping[Cell, int]) -> Iterator[Estimate]:
    for cell, period, segment in cells_of(frame, {*entered, *moved}):
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
