"""Every metric that a scorecard names exists."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Path, Subject, indicators, unknown

CODE = "unknown-metric"


def check(subject: Subject) -> Iterator[Finding]:
    """Find metrics in indicators and in departments' weights that are not defined."""
    known = subject.catalog.metrics
    for name, scorecard in subject.board.scorecards.items():
        named: list[tuple[str, Path]] = [
            (indicator.metric, (*path, "metric")) for path, indicator in indicators(scorecard)
        ]
        for department, weights in scorecard.weights.items():
            named += [(metric, ("weights", department, metric)) for metric in weights]
        for metric, path in named:
            # A metric that could not be read has its own finding.
            if metric not in known and not subject.places.failed("metric", metric):
                yield subject.finding(CODE, unknown("metric", metric, known), "scorecard", name, *path)
