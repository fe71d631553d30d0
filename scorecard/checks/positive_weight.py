"""Weights are greater than 0: what does not count does not stand in a scorecard."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Path, Subject, indicators, perspectives

CODE = "positive-weight"


def check(subject: Subject) -> Iterator[Finding]:
    """Find weights of 0 or less."""
    for name, scorecard in subject.board.scorecards.items():
        weights: list[tuple[float, Path]] = [
            (one.weight, (*path, "weight")) for path, one in perspectives(scorecard)
        ]
        weights += [(one.weight, (*path, "weight")) for path, one in indicators(scorecard)]
        for department, own in scorecard.weights.items():
            weights += [(weight, ("weights", department, metric)) for metric, weight in own.items()]
        for weight, path in weights:
            if not weight > 0:
                message = f"the weight {weight:g} is not greater than 0"
                yield subject.finding(CODE, message, "scorecard", name, *path)
