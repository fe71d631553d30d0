"""A duration's clock reads a time that is a DATE, which has no time of day."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.dialect import Type
from metrics.errors import ExpressionError, Finding
from metrics.expressions.nodes import Expression
from metrics.kind import kind_of
from metrics.sql.rows import Rows

CODE = "clock-days"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each side and pause of a duration with a clock whose time is a DATE."""
    readable = {dataset.dataset: dataset for dataset in probe.readable()}
    for metric in probe.catalog.metrics.values():
        for path, dataset, time in kind_of(metric).clock_times(metric):
            if dataset in readable and _is_day(probe.rows(readable[dataset]), time):
                side = ".".join(path[1:]) if path[0] == "clock" else path[0]
                message = f"clock needs times of day, but {side} is a DATE"
                yield probe.finding(CODE, message, "metric", metric.metric, *path)


def _is_day(rows: Rows, time: Expression | None) -> bool:
    try:
        return rows.time(time.node if time else None).type is Type.DATE
    except ExpressionError:
        # What cannot be compiled has a finding of its own.
        return False
