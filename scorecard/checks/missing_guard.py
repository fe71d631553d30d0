"""A volume metric names its counter-metrics: more is not better when what it counts gets worse."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from metrics.kinds import aggregate
from metrics.model import Direction, Metric
from scorecard.rule import Subject

CODE = "missing-guard"


def check(subject: Subject) -> Iterator[Finding]:
    """Find counts and sums that should rise and have no guards; advice, an error where strict."""
    for name, metric in subject.catalog.metrics.items():
        if metric.direction is Direction.UP and _is_volume(metric) and not metric.guards:
            message = (
                f"metric {name!r} counts volume and should rise: name a counter-metric under guards, "
                "which falls when volume is bought with quality"
            )
            yield subject.finding(CODE, message, "metric", name, level=subject.advice)


def _is_volume(metric: Metric) -> bool:
    return isinstance(metric.options, aggregate.Options) and metric.options.measure.additive
