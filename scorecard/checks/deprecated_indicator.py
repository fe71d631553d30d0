"""What is deprecated is not what departments should be measured by."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.metric import DefinitionStatus
from metrics.describe.life import deprecated_words
from metrics.errors import Finding, Level
from scorecard.rule import Subject

CODE = "deprecated-indicator"


def check(subject: Subject) -> Iterator[Finding]:
    """Find indicators of deprecated metrics."""
    for scorecard, path, _, metric in subject.scored():
        if metric.status is DefinitionStatus.DEPRECATED:
            message = f"metric {metric.metric!r} is {deprecated_words(metric, subject.catalog)}"
            yield subject.finding(
                CODE, message, "scorecard", scorecard.scorecard, *path, "metric", level=Level.ADVICE
            )
