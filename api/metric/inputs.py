"""The values of a metric's inputs, from which one of its own values was computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api.project.project import Project
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.describe.units import shown_unit
from metrics.grain import Period
from metrics.kind import kind_of
from metrics.observation import Observation


@dataclass(frozen=True)
class Input:
    """A metric and its value at the period at which it was read; the value as the store holds it now."""

    metric: Metric
    unit: str
    period: Period
    value: float | None


def inputs_of(seen: Project, metric: Metric, found: Observation | None) -> Iterator[Input]:
    """Yield the inputs of a formula or difference in their order; nothing for other kinds and private inputs."""
    if found is None or not inputs(metric):
        return
    read = kind_of(metric).input_periods(metric, found.period, seen.catalog.company.calendar)
    for name, period in read:
        source = seen.catalog.metric(name)
        if source.private:
            continue
        stored = seen.store.latest(name, grain=period.grain, by=found.by)
        same = (one.value for one in stored if (one.period, one.dimensions) == (period, found.dimensions))
        yield Input(source, shown_unit(source, seen.catalog), period, next(same, None))
