"""A dataset's newest row is older than its `freshness` allows."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.errors import Finding, Level, ScorecardError
from metrics.grain import Span

CODE = "stale"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield a failure past `fail`, advice past `warn`."""
    for dataset in probe.readable():
        if dataset.freshness is None:
            continue
        try:
            through = probe.extents.of(dataset).through
        except ScorecardError:
            continue
        if through is None:
            continue
        for level, limit in ((Level.FAILURE, dataset.freshness.fail), (Level.ADVICE, dataset.freshness.warn)):
            if limit is not None and _over(limit, (probe.now - through).total_seconds()):
                message = f"the data ends at {through:%Y-%m-%d %H:%M} UTC, more than {limit} ago"
                yield probe.finding(CODE, message, "dataset", dataset.dataset, "freshness", level=level)
                break


def _over(limit: Span, seconds: float) -> bool:
    return seconds > limit.approximate_seconds
