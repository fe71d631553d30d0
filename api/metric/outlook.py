"""What the open values of a metric wait for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from api.project.project import Project
from metrics.analysis.finality import Finality, Outlook
from metrics.engine.partly_covered import Beginnings, of_diagnostics
from metrics.observation import Observation


@dataclass(frozen=True)
class Outlooks:
    """Tells of each value of a metric when it becomes final, or why it does not, as the last good run left it."""

    project: Project
    metric: str

    @cached_property
    def partly_covered(self) -> Beginnings:
        """Return which of the first periods stay open for want of rows."""
        good = self.project.store.last_success(self.metric)
        return of_diagnostics(good.diagnostics) if good is not None else {}

    @cached_property
    def _finality(self) -> Finality:
        return Finality(self.project.catalog)

    def of(self, found: Observation) -> Outlook:
        """Return what a value waits for."""
        return self._finality.outlook(found, self.partly_covered)

    def awaits(self, found: Observation) -> str | None:
        """Say what a value waits for: `final on 2 Jan 2027`, `ad spend begins on 4 March 2024`; None for nothing."""
        return self.of(found).words
