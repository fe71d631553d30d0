"""A difference between two editions of the definitions, as every format shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from metrics.catalog.diff import ChangeClass
from metrics.errors import Position
from scorecard.cause_model import CommitReport


@dataclass(frozen=True)
class KeyChange:
    """A key that is written otherwise, in the words of the files; `before` or `after` is None where it is not there.

    `file` and `line` are where it stands now, or where it stood if it is gone.
    """

    key: str
    before: str | None
    after: str | None
    file: str
    line: int


@dataclass(frozen=True)
class Approver:
    """A department that has to agree, and any of whose reviewers may say so; `leads` tells it from those that support.

    The reviewers are those of the earlier edition, so that no change names its own.
    """

    department: str
    label: str
    reviewers: tuple[str, ...]
    leads: bool = False


@dataclass(frozen=True)
class KeptTarget:
    """A target that stays as it is though its metric is counted otherwise.

    `as_hard` is the goal that would be as hard to reach as the old one was: known once both are computed.
    """

    from_: date
    per: str | None
    goal: str | None
    red_flag: str | None
    as_hard: float | None = None


@dataclass(frozen=True)
class OldMeaning:
    """A condition that says more than the word it is named after, which other metrics read as it was."""

    condition: str
    word: str
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class MetricChange:
    """How one metric changes.

    `metric` is its name, the later one where it was renamed from `before`, which is None where it is new.
    `classes` begin with what weighs most. `through` are the keys below it that moved, `uses` what a
    breaking change breaks; `at` is where it stands, or stood. Where it is counted otherwise, `holds_from` is the first
    day whose events are, None where all of history is: a correction.
    """

    metric: str
    before: str | None
    label: str
    classes: tuple[ChangeClass, ...]
    at: Position
    keys: tuple[KeyChange, ...] = ()
    through: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    hash_before: str | None = None
    hash_after: str | None = None
    approvers: tuple[Approver, ...] = ()
    targets: tuple[KeptTarget, ...] = ()
    old_meaning: tuple[OldMeaning, ...] = ()
    holds_from: date | None = None

    @property
    def recounted(self) -> bool:
        """Tell whether its values may be others: it stands in both editions and its hash moved, but for its name."""
        return ChangeClass.SEMANTIC in self.classes or ChangeClass.UPSTREAM in self.classes


@dataclass(frozen=True)
class ElementChange:
    """How one element of a scorecard, or of what the scorecards share, changes.

    `scorecard` is None for what they share: departments, milestones, the journey. `element` is scorecard,
    perspective, objective, indicator, weights, department, milestone, stage or load; `name` is its own.
    """

    scorecard: str | None
    element: str
    name: str
    classes: tuple[ChangeClass, ...]
    at: Position
    keys: tuple[KeyChange, ...] = ()
    approvers: tuple[Approver, ...] = ()


Change = MetricChange | ElementChange


@dataclass(frozen=True)
class DefinitionDiff:
    """What changed from one edition of the definitions to another; a commit is None for the working tree."""

    base: str
    head: str
    changes: tuple[MetricChange, ...]
    scorecard: tuple[ElementChange, ...]
    base_commit: CommitReport | None = None
    head_commit: CommitReport | None = None

    @property
    def all_changes(self) -> tuple[Change, ...]:
        """Return the changes of metrics, then those of elements."""
        return self.changes + self.scorecard

    @property
    def classes(self) -> frozenset[ChangeClass]:
        """Return every class that a change has."""
        return frozenset(each for change in self.all_changes for each in change.classes)
