"""Put two editions beside each other."""

from __future__ import annotations

from scorecard.diff.changes import metric_changes
from scorecard.diff.element_changes import element_changes
from scorecard.diff.model import DefinitionDiff
from scorecard.edition import Edition


def definition_diff(base: Edition, head: Edition) -> DefinitionDiff:
    """Return what changed from one edition of the definitions to another."""
    changes = tuple(metric_changes(base, head))
    names = {
        change.before: change.metric for change in changes if change.before is not None and change.hash_after
    }
    elements = tuple(element_changes(base, head, names))
    return DefinitionDiff(base.written, head.written, changes, elements, base.commit, head.commit)
