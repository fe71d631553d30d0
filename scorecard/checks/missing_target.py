"""Every indicator's metric has a target: without one it is shown, but not scored."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from metrics.model import Direction
from scorecard.rule import Subject

CODE = "missing-target"


def check(subject: Subject) -> Iterator[Finding]:
    """Find indicators without any target; advice, an error where strict."""
    for scorecard, path, _, metric in subject.scored():
        if not metric.targets and metric.direction is not Direction.NONE:
            message = f"metric {metric.metric!r} has no targets: it is shown, but not scored"
            yield subject.finding(
                CODE, message, "scorecard", scorecard.scorecard, *path, "metric", level=subject.advice
            )
