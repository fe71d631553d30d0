"""A duration's clock reads a time that is a DATE, which has no time of day."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.dialect import Type
from metrics.errors import ExpressionError, Finding
from metrics.expressions.nodes import Expression
from metrics.kinds.duration.kind import Options
from metrics.sql.rows import Rows

CODE = "clock-days"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a finding for each side and pause of a duration with a clock whose time is a DATE."""
    readable = {dataset.dataset: dataset for dataset in probe.readable()}
    for metric in probe.catalog.metrics.values():
        options = metric.options
        if not isinstance(options, Options) or options.clock is None:
            continue
        for path, dataset, time in _times(options):
            if dataset in readable and _is_day(probe.rows(readable[dataset]), time):
                message = "a clock needs times of day, and this is a DATE"
                yield probe.finding(CODE, message, "metric", metric.metric, *path)


def _times(options: Options) -> Iterator[tuple[tuple[str, ...], str, Expression | None]]:
    for key, side in (("from", options.from_), ("to", options.to)):
        yield (key, "time") if side.time else (key, "dataset"), side.dataset, side.time
    pause = options.clock.pause if options.clock else None
    if pause is not None:
        yield ("clock", "pause", "start"), pause.dataset, pause.start
        yield ("clock", "pause", "end"), pause.dataset, pause.end


def _is_day(rows: Rows, time: Expression | None) -> bool:
    try:
        return rows.time(time.node if time else None).type is Type.DATE
    except ExpressionError:
        # What cannot be compiled has a finding of its own.
        return False
