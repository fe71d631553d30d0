"""Check what the departments share: every rule of `scorecard.checks` over the definitions."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

import scorecard.checks
from metrics.errors import Finding, sort_findings
from metrics.registry import discover
from scorecard.definitions import Definitions
from scorecard.rule import Subject


def checks() -> Mapping[str, ModuleType]:
    """Return every check by name; each has its `CODE` and `check(subject)`, which yields findings."""
    return discover(scorecard.checks)


def check(definitions: Definitions) -> tuple[Finding, ...]:
    """Return the findings of every check, in order; none where company.yml cannot be used."""
    if definitions.catalog is None:
        return ()
    subject = Subject(definitions.board, definitions.catalog, definitions.places)
    return sort_findings(found for one in checks().values() for found in one.check(subject))
