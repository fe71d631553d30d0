"""Check a catalog by every rule: one file a rule, found by its name.

What any metric may get wrong stands in `metrics.checks`; what only some kinds can, with the kinds.

A rule has a `CODE`, and `check(catalog, at)` that yields findings; `at` says where definitions stand
(`metrics.loading.loader.Places`).
"""

from __future__ import annotations

from typing import Any

from metrics.errors import Finding, sort_findings
from metrics.kind import Rule, kinds
from metrics.loading.loader import Loaded
from metrics.registry import discover


def rules() -> dict[str, Rule]:
    """Return every rule by the name of its module."""
    own = {rule.__name__.rpartition(".")[2]: rule for kind in kinds().values() for rule in kind.rules}
    found: dict[str, Any] = {**discover("metrics.checks"), **discover("metrics.kinds._rules"), **own}
    return dict(sorted(found.items()))


def check(loaded: Loaded) -> tuple[Finding, ...]:
    """Return what the rules find in a loaded catalog, besides `loaded.findings`; nothing without one.

    What follows only from a definition that could not be read is not reported.
    """
    if loaded.catalog is None:
        return ()
    spoiled = loaded.folder.spoiled
    found = [each for rule in rules().values() for each in rule.check(loaded.catalog, loaded.places)]
    return sort_findings(each for each in found if each.position not in spoiled)
