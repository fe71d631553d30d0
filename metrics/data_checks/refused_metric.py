"""A refresh would refuse a metric: what it reads cannot be read, added up or served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metrics.catalog.dataset import Dataset
from metrics.catalog.dependencies import reached
from metrics.catalog.metric import Metric
from metrics.catalog.walk import dimension_uses, inputs
from metrics.data_check import Probe
from metrics.data_checks._faults import Fault, faults
from metrics.engine.schedule import stored_requests
from metrics.errors import (
    ComputationError,
    EmptyDataset,
    Finding,
    LabelLimit,
    ScorecardError,
    SeriesLimit,
    SourceTimeout,
    SourceUnavailable,
)

CODE = "refused-metric"
LAST = True
"""What the other rules have said is not said again."""

_SHOWN = 3


def check(probe: Probe) -> Iterator[Finding]:
    """Compute every metric as a refresh does, and yield a finding for each cause that one fails of."""
    met: dict[Fault, list[str]] = {}
    failed: set[str] = set()
    for outcome in probe.planner.compute(stored_requests(probe.catalog, probe.catalog.metrics)):
        if outcome.error is None:
            continue
        metric = probe.catalog.metrics[outcome.metric]
        failed.add(metric.metric)
        # What an input fails of is said once, where it arises.
        if failed.isdisjoint(inputs(metric)) and not _is_said(probe, metric, outcome.error):
            for fault in _causes(probe, metric, outcome.error):
                met.setdefault(fault, []).append(metric.metric)
    said = {found.position for found in probe.found}
    for fault, metrics in met.items():
        metrics.sort()
        more = f" and {len(metrics) - _SHOWN} more" if len(metrics) > _SHOWN else ""
        words = f"{fault.words}; a refresh fails for {', '.join(metrics[:_SHOWN])}{more}"
        finding = probe.finding(CODE, words, *fault.place, offset=fault.offset, key=fault.key)
        if finding.position not in said or not fault.place[2:]:
            yield finding


def _is_said(probe: Probe, metric: Metric, error: ScorecardError) -> bool:
    """Tell whether a rule has said the same of what this metric reads."""
    catalog, message = probe.catalog, getattr(error, "message", str(error))
    datasets = {item.dataset for item in reached(catalog, [metric]) if item.dataset}
    places = [probe.places("metric", metric.metric), *(probe.places("dataset", name) for name in datasets)]
    places += [probe.places("source", catalog.datasets[name].source or "") for name in datasets]
    files = {place.file for place in places}
    return any(found.position.file in files and found.message.startswith(message) for found in probe.found)


@dataclass(frozen=True)
class _Away(Fault):
    """A source that is away: one fault, whatever each metric heard of it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Away) and self.place == other.place

    def __hash__(self) -> int:
        return hash(self.place)


def _causes(probe: Probe, metric: Metric, error: ScorecardError) -> list[Fault]:
    """Return what a metric fails of, each with its place."""
    if isinstance(error, SourceUnavailable | SourceTimeout):
        return [_Away(("source", error.source, "url"), f"{error.message}: try again once it answers")]
    if isinstance(error, LabelLimit):
        dataset = dimension_uses(metric)[0].dataset
        return [Fault(("dataset", dataset, "dimensions", error.dimension), error.message)]
    if isinstance(error, SeriesLimit):
        return [Fault(("metric", metric.metric, "dimensions"), error.message)]
    cause = error.__cause__
    if isinstance(cause, EmptyDataset):
        rows = "load it, as what is empty may be half loaded, and nothing becomes 0 by it"
        return [Fault(_rows_of(probe.catalog.datasets[cause.dataset]), f"{cause.message}: {rows}")]
    message = getattr(error, "message", str(error))
    if isinstance(error, ComputationError) and cause is None:
        # What a guard counted says all of it.
        return [Fault(("metric", metric.metric), message, key=True)]
    return faults(probe, metric, message) or [Fault(("metric", metric.metric), message, key=True)]


def _rows_of(dataset: Dataset) -> tuple[str, ...]:
    where = "union" if dataset.union else "files" if dataset.files else "table"
    return ("dataset", dataset.dataset, where)
