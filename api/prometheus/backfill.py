"""The history as OpenMetrics text with timestamps, for stores that cannot read it remotely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

import numpy as np
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from api.project.project import Project
from api.prometheus.remote_read.answer import NAME, PERIOD_END, TARGET, Histories, of_metric
from api.prometheus.remote_read.instants import Budget, Sampling
from api.prometheus.remote_read.matching import Matchers
from api.prometheus.remote_read.wire import Series
from metrics.analysis.vintages import Instants, Vintage, milliseconds
from metrics.catalog.metric import Metric
from metrics.describe.parameters import assumptions
from metrics.describe.series_names import base_of, describe, families

HEAD = timedelta(hours=3)
"""What a running Prometheus still holds in memory: blocks that reach into it are refused or lost."""
_EOF = b"# EOF\n"
_HELP = {
    PERIOD_END: "The instant at which the period of a metric's value ends",
    TARGET: "The target of the period, in base units",
}


@dataclass(frozen=True)
class Filled:
    """What was written: how many samples of how many series, and the instant that they end before."""

    samples: int
    series: int
    until: datetime


def write(project: Project, metrics: Iterable[Metric], vintage: Vintage, step: timedelta, now: datetime,
          file: BinaryIO, start: datetime | None = None) -> Filled:  # fmt: skip
    """Write the history of metrics, one sample every `step` from `start` or their first final value on."""
    histories, until = Histories(), now - HEAD
    samples, series = 0, 0
    # The text format wants all series of a family together; each name that metrics share is one family.
    shared: dict[str, list[Series]] = {PERIOD_END: [], TARGET: []}
    for metric in metrics:
        found = _series(project, histories, metric, vintage, step, until, start)
        by_name: dict[str, list[Series]] = {}
        for one in found:
            name = dict(one.labels)[NAME]
            (shared if name in shared else by_name).setdefault(name, []).append(one)
        assumes = assumptions(metric, project.catalog)
        words = {name: describe(metric, part, provisional=provisional, assumes=assumes)
                 for name, part, provisional in families(metric, base_of(metric, project.catalog))}  # fmt: skip
        for name, lines in by_name.items():
            file.write(_text(name, words[name], lines))
            samples, series = samples + sum(len(one.values) for one in lines), series + len(lines)
    for name, lines in shared.items():
        if lines:
            file.write(_text(name, _HELP[name], lines))
            samples, series = samples + sum(len(one.values) for one in lines), series + len(lines)
    file.write(_EOF)
    return Filled(samples, series, until)


def _series(project: Project, histories: Histories, metric: Metric, vintage: Vintage, step: timedelta,
            until: datetime, start: datetime | None) -> list[Series]:  # fmt: skip
    tracks = histories.of(project, metric, vintage)
    first = min((int(track.final_at[0]) for track in tracks), default=None)
    if first is None:
        return []
    first = max(first, milliseconds(start)) if start else first
    stamps = _stamps(first, milliseconds(until), round(step.total_seconds() * 1000))
    return list(
        of_metric(project, histories, metric, vintage, Matchers(()), Sampling(stamps, stamps), Budget(None))
    )


def _stamps(first: int, end: int, step: int) -> Instants:
    """Return the multiples of a step from the first instant to before the end."""
    return np.arange(-(-first // step) * step, end, step, dtype=np.int64)


class _One(Collector):
    """One family, for the library's writer."""

    def __init__(self, family: GaugeMetricFamily) -> None:
        self._family = family

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the family."""
        yield self._family


def _text(name: str, words: str, lines: Iterable[Series]) -> bytes:
    """Return a family's text without the mark of the end."""
    family = GaugeMetricFamily(name, words)
    for one in sorted(lines, key=lambda series: series.labels):
        labels = {label: value for label, value in one.labels if label != NAME}
        for instant, value in zip(one.instants.tolist(), one.values.tolist(), strict=True):
            family.add_sample(name, labels, value, timestamp=instant / 1000)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_One(family))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text.removesuffix(_EOF)
