"""What each class of change is called where people read of it."""

from __future__ import annotations

from metrics.catalog.diff import ChangeClass

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
