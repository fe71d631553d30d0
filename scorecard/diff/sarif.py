"""A difference as SARIF 2.1.0, which code review tools show beside the lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from metrics.catalog.diff import ChangeClass
from scorecard.diff.model import Change, DefinitionDiff, ElementChange, MetricChange
from scorecard.diff.words import SAYS

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

LEVELS = {
    ChangeClass.BREAKING: "error",
    ChangeClass.REMOVED: "warning",
    ChangeClass.SEMANTIC: "warning",
    ChangeClass.UPSTREAM: "warning",
}
"""How loud a class is; all others are notes."""


def as_sarif(diff: DefinitionDiff, version: str, inside: str = "") -> dict[str, Any]:
    """Return a difference as a SARIF log: a rule for each class, a result for each change.

    `inside` is where the project lies in its repository, from whose top the places are told.
    """
    rules = [
        {
            "id": each.value,
            "shortDescription": {"text": SAYS[each]},
            "defaultConfiguration": {"level": _level(each)},
        }
        for each in ChangeClass
    ]
    driver = {"name": "scorecard", "version": version, "rules": rules}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [*_results(diff, f"{inside}/" if inside else "")],
            }
        ],
    }


def _results(diff: DefinitionDiff, inside: str) -> Iterator[dict[str, Any]]:
    for change in diff.all_changes:
        first, *also = change.classes
        yield {
            "ruleId": first.value,
            "ruleIndex": list(ChangeClass).index(first),
            "level": _level(first),
            "message": {"text": _message(change)},
            "locations": [_location(change, inside)],
            "relatedLocations": [_place(inside + key.file, key.line, key.key) for key in change.keys],
            "properties": {
                "also": [each.value for each in also],
                "departments": [each.department for each in change.approvers],
            },
        }


def _message(change: Change) -> str:
    named = f"metric {change.metric}" if isinstance(change, MetricChange) else _element(change)
    keys = "; ".join(f"{key.key}: {_text(key.before)} becomes {_text(key.after)}" for key in change.keys)
    return f"{named}: {', '.join(SAYS[each] for each in change.classes)}{f' ({keys})' if keys else ''}"


def _text(value: str | None) -> str:
    return "nothing" if value is None else value


def _element(change: ElementChange) -> str:
    whose = f" of scorecard {change.scorecard}" if change.scorecard else ""
    return f"{change.element} {change.name}{whose}"


def _location(change: Change, inside: str) -> dict[str, Any]:
    """Return where a change is to be seen: at its first key, else where the definition stands."""
    if change.keys:
        return _place(inside + change.keys[0].file, change.keys[0].line)
    return _place(inside + change.at.file, change.at.line)


def _place(file: str, line: int, says: str | None = None) -> dict[str, Any]:
    physical = {"artifactLocation": {"uri": quote(file)}, "region": {"startLine": line}}
    return {"physicalLocation": physical} | ({"message": {"text": says}} if says else {})


def _level(each: ChangeClass) -> str:
    return LEVELS.get(each, "note")
