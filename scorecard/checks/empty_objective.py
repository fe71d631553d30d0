"""Every perspective has an objective, and every objective an indicator that measures it."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject, objectives, perspectives

CODE = "empty-objective"


def check(subject: Subject) -> Iterator[Finding]:
    """Find perspectives and objectives that nothing fills."""
    for name, scorecard in subject.board.scorecards.items():
        for path, perspective in perspectives(scorecard):
            if not perspective.objectives:
                message = f"perspective {perspective.perspective!r} has no objectives"
                yield subject.finding(CODE, message, "scorecard", name, *path)
        for path, objective in objectives(scorecard):
            if not objective.indicators:
                message = f"objective {objective.objective!r} has no indicators: nothing measures it"
                yield subject.finding(CODE, message, "scorecard", name, *path)
