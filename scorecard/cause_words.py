"""Say in words that a definition, a goal or a weight changed, and what that did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from metrics.catalog.definition_difference import Difference
from scorecard.cause_model import Cause, CauseReport, CommitReport, ComputedBy, Rescored
from scorecard.formatting import format_change, format_level, format_score, format_value
from scorecard.report_model import IndicatorReport, ScorecardReport
from scorecard.score import STATUS_STYLE, Level, Status

_MOST = 3


def computed_by_words(by: ComputedBy) -> str:
    """Say that a value follows an earlier definition, and what that said otherwise."""
    of = f"the definition of {_day(by.since)}" if by.since else "an earlier definition"
    apart = _apart(by.differences, "now")
    return f"Computed by {of}, which has changed since{apart}."


def refresh_words(by: ComputedBy) -> str:
    """Say what computes a value by the definition that runs now."""
    return f"To compute it by the new one: {by.refresh}"


def cause_words(cause: CauseReport, unit: str, currency: str) -> str:
    """Say what changed besides what happened, and what it did to the status."""
    said = (_definition if cause.cause is Cause.DEFINITION else _goal)(cause, unit, currency)
    return f"{said}{_commit(cause.commit)}"


def rescored_words(rescored: Rescored, report: ScorecardReport) -> str | None:
    """Say what the score would be by other goals or weights; None where that is the same number."""
    then, now = format_score(rescored.score), format_score(report.score)
    if then == now:
        return None
    count = len(rescored.goals)
    goals = f"{count} goals" if count > 1 else "One goal" if count else ""
    if rescored.cause is Cause.TARGET:
        whose, what = f"those of {rescored.period_name}", f"{goals} moved"
    else:
        weights = "weights" if rescored.weights else ""
        parts = [part for part in (goals, weights, _statuses(rescored)) if part]
        what = f"{' and '.join((', '.join(parts[:-1]), parts[-1]) if parts[:-1] else parts)} changed"
        whose = "the earlier ones"
    return (
        f"{what[0].upper()}{what[1:]} {_when(rescored.since)}: by {whose} the score would be {then}, not {now}."
        f"{_commit(rescored.commit)}"
    )


def _statuses(rescored: Rescored) -> str:
    """Return how many definitions were approved or taken back, which decides whether they are scored."""
    count = len(rescored.approved)
    return f"the status of {count} definition{'' if count == 1 else 's'}" if count else ""


def moved_words(indicator: IndicatorReport, currency: str) -> tuple[str, ...]:
    """Return the sentences about what moved an indicator's status, and those about changed definitions."""
    return tuple(
        cause_words(cause, indicator.unit, currency)
        for cause in indicator.causes
        if cause.moved or cause.cause is Cause.DEFINITION
    )


def _definition(cause: CauseReport, unit: str, currency: str) -> str:
    said = f"We count it differently since {_day(cause.since)}{_apart(cause.differences, 'before')}"
    if cause.value_before is not None or cause.value_after is not None:
        before, after = (
            "no figure" if value is None else format_value(value, unit, currency)
            for value in (cause.value_before, cause.value_after)
        )
        apart = "" if cause.difference is None else f" ({format_change(cause.difference, unit, currency)})"
        said += f": {cause.period_name} was {before} by the earlier definition and is {after} by the new one{apart}"
    if cause.status_before is None:
        return f"{said}."
    if not cause.moved:
        return f"{said}. The status is the same by either."
    return f"{said}. That alone took it from {_word(cause.status_before)} to {_word(cause.status_after)}."


def _goal(cause: CauseReport, unit: str, currency: str) -> str:
    level, pair = "goal", (cause.goal_before, cause.goal_after)
    if pair[0] == pair[1]:
        level, pair = "red flag", (cause.red_flag_before, cause.red_flag_after)
    before, after = ("none" if each is None else format_level(each, unit, currency) for each in pair)
    verb = _verb(*pair) if cause.cause is Cause.TARGET else "was changed"
    of = "" if cause.cause is Cause.TARGET else f" for {cause.period_name}"
    said = f"The {level}{of} {verb} {_when(cause.since)}, from {before} to {after}"
    if cause.status_before is None or not cause.moved:
        return f"{said}; the status is the same by either."
    return f"{said}; by the earlier one it would be {_word(cause.status_before)}."


def _verb(before: Level | None, after: Level | None) -> str:
    if before is None or after is None or isinstance(before, tuple) or isinstance(after, tuple):
        return "moved"
    return "rose" if after > before else "fell"


def _apart(differences: Sequence[Difference], side: str) -> str:
    """Return what is different in brackets: `(window: 90 days, now 60 days)`, or `before` with the later one first."""
    said = []
    for one in differences[:_MOST]:
        first, second = (one.before, one.after) if side == "now" else (one.after, one.before)
        if first is None and second is None:
            said.append(one.key)
        else:
            said.append(f"{one.key}: {first or 'not set'}, {side} {second or 'not set'}")
    more = len(differences) - _MOST
    said += [f"{more} more"] if more > 0 else []
    return f" ({'; '.join(said)})" if said else ""


def _when(since: date | None) -> str:
    return f"on {_day(since)}" if since else "since the last refresh"


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day else "the last refresh"


def _word(status: Status) -> str:
    return STATUS_STYLE[status].word


def _commit(commit: CommitReport | None) -> str:
    if commit is None:
        return ""
    author = f" by {commit.author}" if commit.author else ""
    at = f", {_day(commit.authored_at.date())}" if commit.authored_at else ""
    return f" (Commit {commit.hash[:10]}{author}{at}.)"
