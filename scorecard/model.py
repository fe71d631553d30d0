"""What the departments share: departments, the journey and the scorecards, as frozen dataclasses.

The field conventions are those of `metrics.catalog.fields`, so that `metrics.loading.schema` reads these classes too.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from metrics.catalog.fields import NOWHERE, empty
from metrics.errors import Position, UnknownScorecard
from metrics.expressions.nodes import Expression
from metrics.grain import Grain, Span

PLACE = {"hashed": False, "internal": True}
"""The metadata of a field that holds where a definition stands."""

IDENTIFIER = {"identifier": True}
"""The metadata of a text that names a definition."""


def label_of(name: str) -> str:
    """Return a name as people read it: `internal_process` is `Internal process`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


class Phase(StrEnum):
    """Where a stage lies: taps let demand in, funnels filter it, buckets hold the customers."""

    TAPS = "taps"
    FUNNELS = "funnels"
    BUCKETS = "buckets"


class MissingRule(StrEnum):
    """What a missing score does to the score above it."""

    REDISTRIBUTE = "redistribute"
    PROPAGATE = "propagate"
    ZERO = "zero"
    CARRY_FORWARD = "carry_forward"


class Rollup(StrEnum):
    """How an objective's score follows from those of its indicators."""

    MEAN = "mean"
    WORST = "worst"
    BEST = "best"
    MOST_FREQUENT = "most_frequent"


@dataclass(frozen=True)
class Department:
    """A department, who heads it, and who reviews its definitions."""

    name: str = field(metadata={"internal": True})
    label: str
    head: str | None = None
    reviewers: tuple[str, ...] = field(default=(), metadata={"single": True})


@dataclass(frozen=True)
class Company:
    """What company.yml says beside the company's own settings."""

    departments: Mapping[str, Department]
    milestones: tuple[Milestone, ...] = ()


@dataclass(frozen=True)
class Milestone:
    """A day on which something changed; `alignment` marks what comparisons before and after it use."""

    date: datetime.date
    label: str
    alignment: bool = False


@dataclass(frozen=True)
class Skill:
    """A skill that a step needs, who has it, and how many hours of it there are a month."""

    SHORTHAND = "skill"
    skill: str
    department: str | None = None
    capacity: Span | None = None


@dataclass(frozen=True)
class Step:
    """One step of a stage, with the skills and tools that it takes."""

    SHORTHAND = "step"
    step: str
    skills: tuple[Skill, ...] = ()
    tools: tuple[str, ...] = field(default=(), metadata={"single": True})


@dataclass(frozen=True)
class Stage:
    """One stage of the customer's journey: one department leads it, others support it."""

    stage: str = field(metadata=IDENTIFIER)
    phase: Phase
    leads: str
    supports: tuple[str, ...] = field(default=(), metadata={"single": True})
    steps: tuple[Step, ...] = ()
    position: Position = field(default=NOWHERE, compare=False, metadata=PLACE)


@dataclass(frozen=True)
class Load:
    """The rows that say who did how much in which stage: the measured heatmap."""

    dataset: str = field(metadata={"refers": "dataset"})
    stage: Expression
    department: Expression
    weight: Expression | None = None


@dataclass(frozen=True)
class Journey:
    """The declared journey, and where its load is measured."""

    stages: tuple[Stage, ...]
    load: Load | None = None


@dataclass(frozen=True)
class Indicator:
    """A metric that an objective is measured by, and its weight among them."""

    SHORTHAND = "metric"
    metric: str = field(metadata={"refers": "metric"})
    weight: float = 1.0


@dataclass(frozen=True)
class Initiative:
    """What somebody does so that an objective is met."""

    initiative: str
    owner: str | None = None
    due: datetime.date | None = None


@dataclass(frozen=True)
class Objective:
    """What is to be reached, who stands for it, what it drives and how it is measured."""

    objective: str = field(metadata=IDENTIFIER)
    statement: str
    champion: str | None = None
    drives: tuple[str, ...] = field(default=(), metadata={"single": True})
    indicators: tuple[Indicator, ...] = ()
    initiatives: tuple[Initiative, ...] = ()
    rollup: Rollup = Rollup.MEAN


@dataclass(frozen=True)
class Perspective:
    """One view of the whole: financial, customer, internal process, learning and growth, or your own."""

    perspective: str
    weight: float = 1.0
    objectives: tuple[Objective, ...] = ()

    @property
    def label(self) -> str:
        """Return the perspective's name as people read it."""
        return label_of(self.perspective)


@dataclass(frozen=True)
class Missing:
    """What a missing score does; `max_age` says how old a value may be that is carried forward."""

    SHORTHAND = "rule"
    rule: MissingRule = MissingRule.REDISTRIBUTE
    max_age: Span | None = None


@dataclass(frozen=True)
class Reviews:
    """How often the departments review the scorecard, who attends, and below which score a note is due."""

    every: Grain
    attendees: tuple[str, ...] = ()
    note_below: float | None = None


@dataclass(frozen=True)
class Scorecard:
    """One balanced scorecard; `weights` are each department's own, for the alignment index."""

    scorecard: str = field(metadata=IDENTIFIER)
    perspectives: tuple[Perspective, ...]
    vision: str | None = None
    grain: Grain = Grain.QUARTER
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=empty)
    missing: Missing = Missing()
    reviews: Reviews | None = None
    position: Position = field(default=NOWHERE, compare=False, metadata=PLACE)

    @property
    def label(self) -> str:
        """Return the scorecard's name as people read it."""
        return label_of(self.scorecard)

    @property
    def objectives(self) -> Iterator[Objective]:
        """Yield every objective, in order."""
        return (objective for perspective in self.perspectives for objective in perspective.objectives)

    @property
    def indicators(self) -> Iterator[Indicator]:
        """Yield every indicator, in order."""
        return (indicator for objective in self.objectives for indicator in objective.indicators)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the names of the metrics, each once, in order."""
        return tuple(dict.fromkeys(indicator.metric for indicator in self.indicators))


@dataclass(frozen=True)
class Board:
    """Everything that the departments share, frozen."""

    departments: Mapping[str, Department] = field(default_factory=empty)
    milestones: tuple[Milestone, ...] = ()
    stages: tuple[Stage, ...] = ()
    load: Load | None = None
    scorecards: Mapping[str, Scorecard] = field(default_factory=empty)

    def scorecard(self, name: str) -> Scorecard:
        """Return a scorecard by name; raise UnknownScorecard with a suggestion."""
        if name not in self.scorecards:
            raise UnknownScorecard(name, tuple(self.scorecards))
        return self.scorecards[name]

    def label(self, department: str) -> str:
        """Return a department's label, or its name made readable where it is not declared."""
        declared = self.departments.get(department)
        return declared.label if declared else label_of(department)
