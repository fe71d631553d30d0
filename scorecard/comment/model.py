"""What a comment is made of: what changes, what it does, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.grain import Calendar
from scorecard.diff.model import DefinitionDiff
from scorecard.edition import Edition
from scorecard.impact import NOTHING, DefinitionImpact


@dataclass(frozen=True)
class Subject:
    """Everything that a comment says; `command` shows it again.

    Without an `impact` nothing was computed. `redacted` leaves out every figure and keeps relative changes.
    """

    diff: DefinitionDiff
    base: Edition
    head: Edition
    command: str
    impact: DefinitionImpact = NOTHING
    redacted: bool = False

    @property
    def calendar(self) -> Calendar:
        """Return the company's calendar."""
        return self.head.catalog.company.calendar
