"""Every indicator's metric has an owner: somebody who answers for its definition."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject

CODE = "missing-owner"


def check(subject: Subject) -> Iterator[Finding]:
    """Find indicators whose metric has no owner; advice, an error where strict."""
    for scorecard, path, _, metric in subject.scored():
        if metric.owner is None:
            message = f"metric {metric.metric!r} has no owner: write who answers for its definition"
            yield subject.finding(
                CODE, message, "scorecard", scorecard.scorecard, *path, "metric", level=subject.advice
            )
