"""A conversion's successes are only logged from a day on, so earlier cohorts read too low."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.data_check import Probe
from metrics.errors import Finding, Level, ScorecardError
from metrics.kind import kind_of

CODE = "left-truncated"


def check(probe: Probe) -> Iterator[Finding]:
    """Yield advice for each conversion whose `to` begins in a later month than its `from`."""
    readable = {dataset.dataset: dataset for dataset in probe.readable()}
    for metric in probe.catalog.metrics.values():
        sides = kind_of(metric).stages(metric)
        if (
            sides is None
            or sides[0].dataset == sides[1].dataset
            or any(side.dataset not in readable for side in sides)
        ):
            continue
        try:
            entered, succeeded = (
                probe.extents.of(readable[side.dataset], side.time.node if side.time else None).first
                for side in sides
            )
        except ScorecardError:
            continue
        if entered and succeeded and (entered.year, entered.month) < (succeeded.year, succeeded.month):
            message = f"{sides[1].dataset!r} begins on {succeeded}: cohorts before it read too low"
            yield probe.finding(CODE, message, "metric", metric.metric, "to", level=Level.ADVICE)
