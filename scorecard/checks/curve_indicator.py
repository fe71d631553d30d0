"""A curve has a value for each age: none of them is the metric's own, to be scored."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject

CODE = "curve-indicator"


def check(subject: Subject) -> Iterator[Finding]:
    """Find indicators whose metric has no value of its own for a period."""
    for scorecard, path, _, metric in subject.scored():
        if metric.own_dimensions:
            message = (
                f"metric {metric.metric!r} is a curve, which has a value for each age and none of its own: "
                "score the retention of a period instead"
            )
            yield subject.finding(CODE, message, "scorecard", scorecard.scorecard, *path, "metric")
