"""A difference as plain JSON values: what other programs read."""

from __future__ import annotations

from typing import Any

from scorecard.diff.model import Approver, Change, DefinitionDiff, ElementChange, KeyChange, MetricChange


def as_json(diff: DefinitionDiff) -> dict[str, Any]:
    """Return a difference as JSON values; `class` is what weighs most of a change, `also` the rest."""
    return {
        "base": diff.base,
        "head": diff.head,
        "commits": {
            "base": diff.base_commit.hash if diff.base_commit else None,
            "head": diff.head_commit.hash if diff.head_commit else None,
        },
        "changes": [_metric(change) for change in diff.changes],
        "scorecard": [_element(change) for change in diff.scorecard],
    }


def _metric(change: MetricChange) -> dict[str, Any]:
    return {
        "metric": change.metric,
        "before": change.before,
        "label": change.label,
        **_classes(change),
        "keys": [_key(key) for key in change.keys],
        "through": list(change.through),
        "history": _history(change),
        "uses": list(change.uses),
        "hash": {"from": change.hash_before, "to": change.hash_after},
        **_approval(change.approvers),
        "targets": [
            {"from": target.from_.isoformat(), "per": target.per, "goal": target.goal,
             "red_flag": target.red_flag, "as_hard": target.as_hard}
            for target in change.targets
        ],
        "old_meaning": [
            {"condition": each.condition, "word": each.word, "metrics": list(each.metrics)}
            for each in change.old_meaning
        ],
    }  # fmt: skip


def _element(change: ElementChange) -> dict[str, Any]:
    return {
        "scorecard": change.scorecard,
        "element": change.element,
        "name": change.name,
        **_classes(change),
        "keys": [_key(key) for key in change.keys],
        **_approval(change.approvers),
    }


def _history(change: MetricChange) -> dict[str, Any] | None:
    """Return whether history is counted anew, and else from which day on the change holds; None of no such change."""
    if not change.recounted:
        return None
    since = change.holds_from
    return {"correction": since is None, "from": since.isoformat() if since else None}


def _classes(change: Change) -> dict[str, Any]:
    first, *also = (each.value for each in change.classes)
    return {"class": first, "also": also}


def _key(key: KeyChange) -> dict[str, Any]:
    return {"key": key.key, "from": key.before, "to": key.after, "file": key.file, "line": key.line}


def _approval(approvers: tuple[Approver, ...]) -> dict[str, Any]:
    return {
        "departments": [each.department for each in approvers],
        "approvers": [
            {"department": each.department, "reviewers": list(each.reviewers)} for each in approvers
        ],
    }
