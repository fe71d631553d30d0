"""What every check gets: the definitions, where they stand, and the words that several checks share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.errors import Finding, Level, suggest
from metrics.loading.folder import Folder
from metrics.loading.loader import Places
from scorecard.model import Board, Indicator, Objective, Perspective, Scorecard

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Subject:
    """The definitions under check; `today` is the company's day, where a clock is at hand."""

    board: Board
    catalog: Catalog
    places: Places
    folder: Folder = field(default_factory=Folder)
    today: date | None = None

    def finding(
        self, code: str, message: str, kind: str, name: str, *path: str | int, level: Level = Level.ERROR
    ) -> Finding:
        """Return a finding at a path in a definition, such as ("metric", "orders", "leads")."""
        return Finding(self.places(kind, name, *path), code, message, level)

    def metric(self, name: str) -> Metric | None:
        """Return a metric, or None where none is valid under this name."""
        return self.catalog.metrics.get(name)

    def scored(self) -> Iterator[tuple[Scorecard, Path, Indicator, Metric]]:
        """Yield every indicator whose metric is known, with its scorecard and its path in it."""
        for scorecard in self.board.scorecards.values():
            for path, indicator in indicators(scorecard):
                metric = self.metric(indicator.metric)
                if metric is not None:
                    yield scorecard, path, indicator, metric


def perspectives(scorecard: Scorecard) -> Iterator[tuple[Path, Perspective]]:
    """Yield each perspective with its path in the scorecard's file."""
    for index, perspective in enumerate(scorecard.perspectives):
        yield ("perspectives", index), perspective


def objectives(scorecard: Scorecard) -> Iterator[tuple[Path, Objective]]:
    """Yield each objective with its path in the scorecard's file."""
    for path, perspective in perspectives(scorecard):
        for index, objective in enumerate(perspective.objectives):
            yield (*path, "objectives", index), objective


def indicators(scorecard: Scorecard) -> Iterator[tuple[Path, Indicator]]:
    """Yield each indicator with its path in the scorecard's file."""
    for path, objective in objectives(scorecard):
        for index, indicator in enumerate(objective.indicators):
            yield (*path, "indicators", index), indicator


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return the message for a name that nothing bears, with the nearest or else with all that exist."""
    names = sorted(known)
    rest = suggest(name, names) or (f"; there are {', '.join(names)}" if names else "; there are none")
    return f"no {what} is called {name!r}{rest}"
