"""Every metric that a scorecard names exists."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding, Position
from scorecard.rule import Subject, indicators, unknown

CODE = "unknown-metric"


def check(subject: Subject) -> Iterator[Finding]:
    """Find metrics in indicators and in departments' weights that are not defined."""
    known = subject.catalog.metrics
    for metric, position in _named(subject):
        # A metric that could not be read has its own finding.
        if metric not in known and not subject.places.failed("metric", metric):
            yield Finding(position, CODE, unknown("metric", metric, known))


def _named(subject: Subject) -> Iterator[tuple[str, Position]]:
    at = subject.places
    for name, scorecard in subject.board.scorecards.items():
        for path, indicator in indicators(scorecard):
            yield indicator.metric, at("scorecard", name, *path, "metric")
        for department, weights in scorecard.weights.items():
            for metric in weights:
                yield metric, at("scorecard", name, "weights", department, metric, key=True)
