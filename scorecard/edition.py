"""The definitions of one revision, all valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import definition_hash
from metrics.errors import DefinitionsInvalid, Finding, Level
from metrics.loading.folder import Folder
from metrics.loading.loader import Places
from scorecard.cause_model import CommitReport
from scorecard.check import all_findings
from scorecard.definitions import Definitions
from scorecard.model import Board


@dataclass(frozen=True)
class Edition:
    """The definitions of a commit, or of the working tree, whose `commit` is None; `written` is how it was asked for.

    `findings` are the advice and the failures that the definitions get.
    """

    catalog: Catalog
    board: Board
    folder: Folder
    places: Places
    findings: tuple[Finding, ...] = ()
    written: str = ""
    commit: CommitReport | None = None

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """Return each metric's definition hash."""
        return {name: definition_hash(self.catalog, name) for name in self.catalog.metrics}

    def text_of(self, file: str) -> bytes | None:
        """Return a file as it stands in this edition, None where there is none."""
        return self.folder.beside(file) if file else None


def edition(definitions: Definitions, written: str = "", commit: CommitReport | None = None) -> Edition:
    """Return definitions that are valid; raise DefinitionsInvalid with all errors of those that are not."""
    findings = all_findings(definitions)
    errors = [found for found in findings if found.level is Level.ERROR]
    if definitions.catalog is None or errors:
        raise DefinitionsInvalid(errors)
    return Edition(
        definitions.catalog,
        definitions.board,
        definitions.folder,
        definitions.places,
        findings,
        written,
        commit,
    )
