"""Perspectives and objectives have names of their own within a scorecard."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Path, Subject, objectives, perspectives

CODE = "duplicate-objective"


def check(subject: Subject) -> Iterator[Finding]:
    """Find perspectives and objectives whose name is taken."""
    for name, scorecard in subject.board.scorecards.items():
        named: list[tuple[str, str, Path]] = [
            ("perspective", one.perspective, path) for path, one in perspectives(scorecard)
        ]
        named += [("objective", one.objective, path) for path, one in objectives(scorecard)]
        seen: set[tuple[str, str]] = set()
        for what, given, path in named:
            if (what, given) in seen:
                message = f"{what} {given!r} stands twice in the scorecard: name each once"
                yield subject.finding(CODE, message, "scorecard", name, *path, what)
            seen.add((what, given))
