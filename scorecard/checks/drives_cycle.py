"""The strategy map has a direction: no objective drives itself, not even through others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metrics.errors import Finding
from scorecard.model import Scorecard
from scorecard.rule import Subject, objectives

CODE = "drives-cycle"


def check(subject: Subject) -> Iterator[Finding]:
    """Find cycles of objectives; each is named once, at its first objective in the file."""
    for name, scorecard in subject.board.scorecards.items():
        paths = {objective.objective: path for path, objective in objectives(scorecard)}
        for cycle in _cycles(scorecard):
            message = f"objectives drive each other in a circle: {' > '.join((*cycle, cycle[0]))}"
            yield subject.finding(CODE, message, "scorecard", name, *paths[cycle[0]], "drives")


def _cycles(scorecard: Scorecard) -> Iterator[tuple[str, ...]]:
    drives = {objective.objective: objective.drives for objective in scorecard.objectives}
    told: set[str] = set()
    for start in drives:
        cycle = None if start in told else _cycle_from(start, drives)
        if cycle:
            told |= set(cycle)
            yield cycle


def _cycle_from(start: str, drives: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the shortest way from an objective back to itself, or None where there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    for way in ways:
        for driven in drives.get(way[-1], ()):
            if driven == start:
                return way
            if driven not in seen:
                seen.add(driven)
                ways.append((*way, driven))
    return None
