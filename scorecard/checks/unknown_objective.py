"""Every objective that another drives exists in the same scorecard."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject, objectives, unknown

CODE = "unknown-objective"


def check(subject: Subject) -> Iterator[Finding]:
    """Find driven objectives that the scorecard does not have."""
    for name, scorecard in subject.board.scorecards.items():
        known = {objective.objective for objective in scorecard.objectives}
        for path, objective in objectives(scorecard):
            for index, driven in enumerate(objective.drives):
                if driven not in known:
                    message = unknown("objective", driven, known)
                    yield subject.finding(CODE, message, "scorecard", name, *path, "drives", index)
