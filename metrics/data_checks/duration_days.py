"""A duration in hours or minutes is read from a DATE, which has no time of day."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.dialect import Type
from metrics.errors import ExpressionError, Finding, Level
from metrics.kind import kind_of

CODE = "duration-days"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield advice for each end of a duration in less than days that is a DATE."""
    readable = {dataset.dataset: dataset for dataset in probe.readable()}
    for metric in probe.catalog.metrics.values():
        for path, name, time in kind_of(metric).elapsed_times(metric, probe.catalog):
            if name not in readable:
                continue
            try:
                day = probe.rows(readable[name]).time(time.node if time else None).type is Type.DATE
            except ExpressionError:
                # What cannot be compiled has a finding of its own.
                continue
            if day:
                cure = "name a timestamp, or ask in days"
                message = f"a DATE has no time of day, so that each day counts as 24 hours: {cure}"
                yield probe.finding(CODE, message, "metric", metric.metric, *path, level=Level.ADVICE)
