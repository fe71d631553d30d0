"""What the scorecards would be under proposed definitions, computed once beside what they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from api.project.impact import Compared, impact_of
from api.project.repository import Repository
from api.project.revision import edition_at, revisions, working_tree
from api.project.trusted import trusted_edition
from metrics.errors import Finding
from metrics.store.store import Store
from scorecard.diff.definition_diff import definition_diff
from scorecard.diff.model import DefinitionDiff
from scorecard.edition import Edition
from scorecard.impact import DefinitionImpact, ScorecardImpact


@dataclass(frozen=True)
class Preview:
    """Definitions that are compared, what changes and what that does; `ignored` is what was put aside of a proposal."""

    compared: Compared
    diff: DefinitionDiff
    impact: DefinitionImpact
    ignored: tuple[Finding, ...]
    computed_at: datetime

    @property
    def head(self) -> Edition:
        """Return the proposed definitions."""
        return self.compared.head

    @cached_property
    def current(self) -> dict[str, ScorecardImpact]:
        """Return the scorecards that the change touches, in the period that each shows, by name."""
        return {each.scorecard: each for each in self.impact.scorecards if each.current}

    def earlier(self, scorecard: str) -> tuple[ScorecardImpact, ...]:
        """Return the periods before, in which a scorecard would be another."""
        found = (each for each in self.impact.scorecards if each.scorecard == scorecard)
        return tuple(each for each in found if not each.current)


def preview_of(
    root: Path, written: str, store: Store | None, now: datetime, roots: tuple[str, ...] = ()
) -> Preview:
    """Compute what the definitions of BASE..HEAD, or of BASE and the working tree, make of the same data.

    Raises:
        UsageError: no commit has such a name.
        DefinitionsInvalid: the definitions of either hold errors, or name what only another source would have.
    """
    with Repository.around(root) as repository:
        base_name, head_name = revisions(repository, written, None)
        base = edition_at(repository, base_name, roots)
        head = working_tree(root, roots) if head_name is None else edition_at(repository, head_name, roots)
    head, ignored = trusted_edition(base, head)
    diff = definition_diff(base, head)
    compared = Compared.of(diff, base, head)
    return Preview(compared, diff, impact_of(compared, root, store, now), ignored, now)
