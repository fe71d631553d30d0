"""A target's goal and red flag fit the metric's direction, and each day has one target."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from metrics.errors import Finding
from metrics.model import Direction, Target
from scorecard.rule import Subject
from scorecard.score import level_problem

CODE = "target-levels"


def check(subject: Subject) -> Iterator[Finding]:
    """Find goals on the wrong side of their red flag, missing goals and targets of one and the same day."""
    for name, metric in subject.catalog.metrics.items():
        begun: set[date] = set()
        for index, target in enumerate(metric.targets):
            problem = _problem(metric.direction, target)
            if problem:
                yield subject.finding(CODE, problem, "metric", name, "targets", index)
            if target.from_ in begun:
                message = f"a target from {target.from_} stands already: keep one"
                yield subject.finding(CODE, message, "metric", name, "targets", index, "from")
            begun.add(target.from_)


def _problem(direction: Direction, target: Target) -> str | None:
    if target.dataset is not None or isinstance(target.goal, str) or isinstance(target.red_flag, str):
        return None
    if direction is Direction.NONE:
        return None
    if target.ramp_from is not None and isinstance(target.goal, tuple):
        return "a band does not ramp: write one target a step"
    return level_problem(direction, target.goal, target.red_flag)
