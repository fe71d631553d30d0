"""Check what the departments share: every rule of `scorecard.checks` over the definitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import ModuleType

import scorecard.checks
from metrics.check import check as check_metrics
from metrics.errors import Finding, sort_findings
from metrics.registry import discover
from scorecard.definitions import Definitions
from scorecard.rule import Subject


def checks() -> Mapping[str, ModuleType]:
    """Return every check by name; each has its `CODE` and `check(subject)`, which yields findings."""
    return discover(scorecard.checks)


def check(definitions: Definitions, now: datetime | None = None) -> tuple[Finding, ...]:
    """Return the findings of every check, in order; none where company.yml cannot be used.

    What a day decides is said where `now` is given.

    What follows only from a definition that could not be read is not reported.
    """
    if definitions.catalog is None:
        return ()
    today = definitions.catalog.company.calendar.local_day(now) if now is not None else None
    subject = Subject(definitions.board, definitions.catalog, definitions.places, definitions.folder, today)
    spoiled = definitions.folder.spoiled
    found = (each for one in checks().values() for each in one.check(subject))
    return sort_findings(each for each in found if each.position not in spoiled)


def all_findings(definitions: Definitions) -> tuple[Finding, ...]:
    """Return everything that can be said without data: of the files, the metrics and the scorecards."""
    checked = (*check_metrics(definitions.loaded), *check(definitions))
    return sort_findings((*definitions.findings, *checked))
