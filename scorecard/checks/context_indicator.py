"""A metric without a better direction is context: it is shown, never scored."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.metric import Direction
from metrics.errors import Finding
from scorecard.rule import Subject

CODE = "context-indicator"


def check(subject: Subject) -> Iterator[Finding]:
    """Find indicators whose metric has direction none."""
    for scorecard, path, _, metric in subject.scored():
        if metric.direction is Direction.NONE:
            message = (
                f"metric {metric.metric!r} has direction none; context: shown, never scored: "
                "use a metric with a better direction as the indicator"
            )
            yield subject.finding(CODE, message, "scorecard", scorecard.scorecard, *path, "metric")
