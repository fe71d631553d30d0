"""What a report says, as frozen dataclasses: the one view model of every surface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from metrics.analysis.change import Basis
from metrics.catalog.metric import DefinitionStatus, Direction, Indication
from metrics.grain import Grain, Period
from metrics.observation import Offset, State
from metrics.statistics.comparison import Verdict
from metrics.statistics.trend import Level as TrendLevel
from scorecard.cause_model import CauseReport, ComputedBy, Rescored
from scorecard.model import Department, Initiative, Milestone
from scorecard.score import Level, Status


@dataclass(frozen=True)
class ResponseReport:
    """How many of those who were asked in a period answered; `low` is that it is less than it should be.

    `words` says it: 18% of 400 asked answered, below 20%.
    """

    rate: float
    answered: float
    invited: float
    least: float | None
    low: bool
    words: str


@dataclass(frozen=True)
class EarlierReport:
    """As many days of an earlier period, known at the same age, and how the later one differs from them.

    `days` are fewer where the period is shorter. `difference` is in the metric's unit, `relative` a share of the
    earlier value where that is above 0.
    """

    offset: Offset
    period: Period
    period_name: str
    days: int
    value: float | None
    difference: float | None
    relative: float | None


@dataclass(frozen=True)
class ToDateReport:
    """What is known of a provisional period by the end of its last whole day, and of earlier ones at the same age.

    `over` says that all its days are over, so that only what it waits for is still to come.
    """

    days: int
    over: bool
    value: float | None
    numerator: float | None
    denominator: float | None
    earlier: tuple[EarlierReport, ...]


@dataclass(frozen=True)
class ValueReport:
    """A value with what it takes to trust it, under its own period's name.

    `absent` says in words what it means that there is none, where the kind has words for it. `final_on` is the local
    day on which an open value becomes final, where that is known; `awaits` says so in words, or from when the rows go
    where they begin too late for the period, which then stays open.
    `response` is that of the survey whose answers it counts.
    `to_date` is what a provisional one is set against.
    """

    value: float | None
    lower: float | None
    upper: float | None
    numerator: float | None
    denominator: float | None
    sample_size: int | None
    maturity: float | None
    state: State
    period: Period
    period_name: str
    absent: str | None = None
    final_on: date | None = None
    awaits: str | None = None
    response: ResponseReport | None = None
    to_date: ToDateReport | None = None


@dataclass(frozen=True)
class TargetReport:
    """The goal and red flag that the value is measured by, and the period that they are for."""

    goal: Level
    red_flag: Level | None
    period: Period
    period_name: str


@dataclass(frozen=True)
class ChangeReport:
    """The scored value less an earlier one, with its 95% interval and what can be said of it.

    `previous_name` is the earlier period, or the label of the metric that is taken away. `basis` says what the
    interval is made of: sampling, or how far the series usually moves. `p` is what the
    interval implies; `adjusted_p` is Holm's over all such changes of the report, where a few look clear by
    chance alone. With the basis `whole` the change is a fact without an interval; `level` then says whether the
    value is out of the ordinary for its trend, which would give `expected_lower` to `expected_upper`, and `p` is
    of that.
    """

    difference: float
    lower: float | None
    upper: float | None
    verdict: Verdict
    previous: float | None
    previous_name: str
    basis: Basis | None
    p: float | None
    adjusted_p: float | None
    level: TrendLevel | None = None
    expected_lower: float | None = None
    expected_upper: float | None = None


@dataclass(frozen=True)
class TrendPoint:
    """One period of the trend; the value is None where there is none, which a plot shows as a gap."""

    period_name: str
    start: date | None
    value: float | None
    lower: float | None
    upper: float | None
    state: State
    goal: Level | None


@dataclass(frozen=True)
class IndicatorReport:
    """An indicator as every surface shows it.

    `scored` is the settled value that stands for the report's period, of that period or an earlier one; a
    number is scored where its state is final and a target holds (then `score` is 0..1 and `performance`
    0..100).
    `change` is against the period before, `year_on_year` against the same period of the year before.
    `provisional` is the report period's own open value, never scored. `assumptions` is what every value rests
    on, such as a horizon and a margin. `effective_weight` is in percent of
    the objective, None where the indicator does not count. `scored_as` is what is scored in place of a value
    that is none and certainly reaches it: the least that it can be, so that `score` is the most. `judged` says
    of a metric that is itself a difference whether its value is a clear one. `computed_by` is there where the
    values follow another definition than the running one; `label`, `question` and `unit` are then that one's.
    `causes` are changed definitions and goals.
    `data_to` is the last local day that `as_of` lets have data. `status_certain` tells whether the
    value's interval lies within its status, None where nothing is scored; `could_be` is what it could be too.
    `definition_status` is where the running definition stands, and `life` says it in words where it is not approved.
    """

    metric: str
    label: str
    question: str | None
    unit: str
    direction: Direction
    type: Indication | None
    weight: float
    effective_weight: float | None
    leads: str | None
    supports: tuple[str, ...]
    joint: bool
    owner: str | None
    stage: str | None
    scored: ValueReport | None
    carried: bool
    provisional: ValueReport | None
    target: TargetReport | None
    score: float | None
    performance: float | None
    status: Status
    change: ChangeReport | None
    year_on_year: ChangeReport | None
    trend: tuple[TrendPoint, ...]
    as_of: datetime | None
    age: timedelta | None
    stale: bool
    error: str | None
    guards: tuple[str, ...]
    note: str | None
    assumptions: str | None = None
    scored_as: float | None = None
    judged: ChangeReport | None = None
    computed_by: ComputedBy | None = None
    causes: tuple[CauseReport, ...] = ()
    data_to: date | None = None
    status_certain: bool | None = None
    could_be: tuple[Status, ...] = ()
    definition_status: DefinitionStatus = DefinitionStatus.APPROVED
    life: str | None = None


@dataclass(frozen=True)
class ObjectiveReport:
    """An objective with its score of 0..100; `effective_weight` is in percent of the perspective.

    `score_lower` and `score_upper` are what the intervals of its indicators imply for the score, with 95%;
    `status_certain` and `could_be` say so of the status. Perspectives and scorecards bear the same.
    """

    objective: str
    label: str
    statement: str
    champion: str | None
    drives: tuple[str, ...]
    effective_weight: float | None
    score: float | None
    status: Status
    coverage: float
    provisional_coverage: float
    indicators: tuple[IndicatorReport, ...]
    initiatives: tuple[Initiative, ...]
    score_lower: float | None = None
    score_upper: float | None = None
    status_certain: bool | None = None
    could_be: tuple[Status, ...] = ()


@dataclass(frozen=True)
class PerspectiveReport:
    """A perspective with its score of 0..100, also of its leading and of its lagging indicators alone."""

    perspective: str
    label: str
    weight: float
    effective_weight: float | None
    score: float | None
    status: Status
    coverage: float
    provisional_coverage: float
    leading_score: float | None
    lagging_score: float | None
    objectives: tuple[ObjectiveReport, ...]
    score_lower: float | None = None
    score_upper: float | None = None
    status_certain: bool | None = None
    could_be: tuple[Status, ...] = ()


@dataclass(frozen=True)
class ScorecardReport:
    """A scorecard for one period.

    `score` is 0..100. `coverage` is the share of the weight that has a score, `provisional_coverage` the
    share whose value for this very period is still provisional. `as_of` is the least watermark of all
    indicators, `data_to` the last local day that it lets have data, `computed_at` the last time that one of
    them was computed. `rescored` is the score by other goals or weights.
    """

    scorecard: str
    label: str
    vision: str | None
    company: str
    currency: str
    period: Period
    period_name: str
    grain: Grain
    score: float | None
    status: Status
    coverage: float
    provisional_coverage: float
    leading_score: float | None
    lagging_score: float | None
    perspectives: tuple[PerspectiveReport, ...]
    departments: tuple[Department, ...]
    milestones: tuple[Milestone, ...]
    as_of: datetime | None
    computed_at: datetime | None
    reported_at: datetime
    rescored: tuple[Rescored, ...] = ()
    data_to: date | None = None
    score_lower: float | None = None
    score_upper: float | None = None
    status_certain: bool | None = None
    could_be: tuple[Status, ...] = ()

    @property
    def indicators(self) -> tuple[IndicatorReport, ...]:
        """Return every indicator, in order."""
        return tuple(
            indicator
            for perspective in self.perspectives
            for objective in perspective.objectives
            for indicator in objective.indicators
        )
