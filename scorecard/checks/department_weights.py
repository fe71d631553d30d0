"""A department's weights sum to 100, so that departments can be compared (the alignment index)."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum, isclose

from metrics.errors import Finding, Level
from scorecard.rule import Subject

CODE = "department-weights"


def check(subject: Subject) -> Iterator[Finding]:
    """Find departments whose weights sum to something else; advice."""
    for name, scorecard in subject.board.scorecards.items():
        for department, weights in scorecard.weights.items():
            total = fsum(weights.values())
            if not isclose(total, 100, rel_tol=1e-9):
                message = f"the weights of {department!r} sum to {total:g}, not to 100"
                yield subject.finding(
                    CODE, message, "scorecard", name, "weights", department, level=Level.ADVICE
                )
