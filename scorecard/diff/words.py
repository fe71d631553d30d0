"""What each class of change is called where people read of it."""

from __future__ import annotations

from metrics.catalog.diff import ChangeClass
from scorecard.diff.model import MetricChange
from scorecard.phrasing import day_words

SAYS = {
    ChangeClass.BREAKING: "gone, or of another kind or unit, while something uses it",
    ChangeClass.REMOVED: "gone",
    ChangeClass.ADDED: "new",
    ChangeClass.SEMANTIC: "counted differently, by what it says itself",
    ChangeClass.UPSTREAM: "counted differently, by what it rests on",
    ChangeClass.RENAMED: "the same under another name",
    ChangeClass.TARGET: "judged differently",
    ChangeClass.WEIGHT: "weighs differently",
    ChangeClass.OWNERSHIP: "others answer for it",
    ChangeClass.COSMETIC: "changes no value and no status",
}
"""What is true of a figure, or of an element of a scorecard, whose change is of a class."""


def history_words(change: MetricChange) -> str:
    """Say whether a figure that is counted otherwise is counted anew, or from when on it holds."""
    if change.holds_from is None:
        return "corrected, all of it is counted anew"
    return f"stays as it is before {day_words(change.holds_from)}, from when on this holds"
