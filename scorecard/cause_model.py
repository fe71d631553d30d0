"""What a report says of definitions, goals and weights that changed: part of the view model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from metrics.catalog.definition_difference import Difference
from scorecard.score import Level, Status


class Cause(StrEnum):
    """Why a status or a score is another than before, though nothing else happened.

    `definition`: it is counted differently. `target`: another goal holds for this period than for the one
    before. `edit`: somebody wrote other goals or weights for a period that had been scored already.
    """

    DEFINITION = "definition"
    TARGET = "target"
    EDIT = "edit"


@dataclass(frozen=True)
class CommitReport:
    """The commit that the definitions were read from, its author and when they wrote it, where that is known."""

    hash: str
    author: str | None = None
    authored_at: datetime | None = None


@dataclass(frozen=True)
class ComputedBy:
    """The definition that stored values follow, where another one runs by now and has not been refreshed.

    `label`, `question` and `unit` are as they were, None where a store of an older version did not keep them;
    `canonical` is the resolved definition as JSON text, `differences` what the running one says otherwise,
    `refresh` the command that computes the values by that.
    """

    hash: str
    since: date | None
    label: str | None
    question: str | None
    unit: str | None
    canonical: str | None
    commit: CommitReport | None
    running_hash: str
    differences: tuple[Difference, ...]
    refresh: str


@dataclass(frozen=True)
class CauseReport:
    """One change that moved an indicator, or may have: what it was before and after, by the same yardstick.

    For a definition: the period's value under either, and its status by the goal that holds now; `since` is
    the day of the first refresh by the new one. For a target or an edit: goal and red flag before and after,
    and the status of the value by either; an edit that no refresh has seen yet has no `since`.
    """

    cause: Cause
    since: date | None
    period_name: str
    status_before: Status | None
    status_after: Status
    moved: bool
    value_before: float | None = None
    value_after: float | None = None
    difference: float | None = None
    goal_before: Level | None = None
    goal_after: Level | None = None
    red_flag_before: Level | None = None
    red_flag_after: Level | None = None
    differences: tuple[Difference, ...] = ()
    commit: CommitReport | None = None


@dataclass(frozen=True)
class Rescored:
    """The score of this period by the goals of an earlier one, or by goals and weights before an edit.

    Earlier is the last period within a year that had other goals; `since` is when they moved.

    `goals` are the metrics whose goal or red flag is another by now; `weights` says that weights, roll-ups or
    the choice of indicators are. `approved` are those whose definition was approved or taken back.
    """

    cause: Cause
    since: date | None
    period_name: str
    score: float | None
    status: Status
    goals: tuple[str, ...]
    weights: bool
    commit: CommitReport | None = None
    approved: tuple[str, ...] = ()
