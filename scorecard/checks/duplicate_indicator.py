"""A metric is an indicator of a scorecard once: twice would count it twice."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject, objectives

CODE = "duplicate-indicator"


def check(subject: Subject) -> Iterator[Finding]:
    """Find metrics that measure two objectives of a scorecard, or one objective twice."""
    for name, scorecard in subject.board.scorecards.items():
        measured: dict[str, str] = {}
        for path, objective in objectives(scorecard):
            for index, indicator in enumerate(objective.indicators):
                first = measured.get(indicator.metric)
                measured.setdefault(indicator.metric, objective.objective)
                if first is not None:
                    message = f"metric {indicator.metric!r} is an indicator of objective {first!r} already"
                    where = (*path, "indicators", index, "metric")
                    yield subject.finding(CODE, message, "scorecard", name, *where)
