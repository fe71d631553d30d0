"""A scorecard has periods, and every metric in it is computed at its grain."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from metrics.grain import Grain
from scorecard.rule import Subject

CODE = "scorecard-grain"


def check(subject: Subject) -> Iterator[Finding]:
    """Find scorecards of grain `all`, and metrics without the scorecard's grain."""
    for name, scorecard in subject.board.scorecards.items():
        if scorecard.grain is Grain.ALL:
            message = "a scorecard has periods: write grain: quarter or another than all"
            yield subject.finding(CODE, message, "scorecard", name, "grain")
    for scorecard, path, _, metric in subject.scored():
        if scorecard.grain is not Grain.ALL and scorecard.grain not in metric.grains:
            message = (
                f"metric {metric.metric!r} has no grain {str(scorecard.grain)!r}; "
                f"it has: {', '.join(metric.grains)}: add the scorecard's grain to the metric"
            )
            yield subject.finding(CODE, message, "scorecard", scorecard.scorecard, *path, "metric")
