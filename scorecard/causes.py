"""What changed besides what happened: definitions, goals and weights, and what each did to status and score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_difference import Difference
from metrics.catalog.metric import Metric, Target
from metrics.describe.units import shown_unit
from metrics.grain import Period, Span, Unit
from metrics.observation import Observation, State
from scorecard.cause_model import Cause, CauseReport, CommitReport, Rescored
from scorecard.model import Board, Scorecard
from scorecard.report import build_report
from scorecard.report_model import IndicatorReport, ScorecardReport
from scorecard.score import Status, level_problem, scale_score, status_of
from scorecard.scoring_record import same_scoring
from scorecard.target import ActiveTarget, target_for
from scorecard.value_selection import Reader

_YEAR = Span(1, Unit.YEAR)
_STATES = {
    State.NO_DATA: Status.NO_DATA,
    State.PROVISIONAL: Status.PROVISIONAL,
    State.SMALL_SAMPLE: Status.SMALL_SAMPLE,
    State.SUPPRESSED: Status.SUPPRESSED,
}


@dataclass(frozen=True)
class Redefined:
    """That a metric's values follow another definition: since the refresh that began at `since`."""

    before: str
    after: str
    since: datetime
    unit_before: str | None
    differences: tuple[Difference, ...]
    commit: CommitReport | None


@dataclass(frozen=True)
class EarlierScoring:
    """What the scorecard was scored by in earlier refreshes; `since` is the day of the first by another."""

    scorecard: Scorecard
    catalog: Catalog
    since: date | None
    commit: CommitReport | None


@dataclass(frozen=True)
class Past:
    """What is known of the past.

    By metric its change of definition, the versions of one period's total, and the scorings of refreshes
    since a period began, the last first.
    """

    redefined: Mapping[str, Redefined]
    versions: Callable[[str, Period], Sequence[Observation]]
    scorings: Sequence[EarlierScoring]


@dataclass(frozen=True)
class Scored:
    """A report with what it was built of, so that it can be built again by other goals."""

    report: ScorecardReport
    scorecard: Scorecard
    catalog: Catalog
    board: Board
    reader: Reader

    def again(self, scorecard: Scorecard, catalog: Catalog) -> ScorecardReport:
        """Return the report of the same values by other goals and weights."""
        period, now = self.report.period, self.report.reported_at
        return build_report(scorecard, catalog, self.board, self.reader, period, now)


def explained(scored: Scored, past: Past) -> ScorecardReport:
    """Return the report with what changed definitions, goals and weights did to its statuses and score."""
    report = scored.report
    own = (scored.scorecard, scored.catalog)
    edit = next((one for one in past.scorings if not same_scoring((one.scorecard, one.catalog), own)), None)

    before = None if report.period.start is None else scored.catalog.company.calendar.previous(report.period)

    def causes(indicator: IndicatorReport) -> tuple[CauseReport, ...]:
        found = (
            _by_definition(indicator, report.period, scored.catalog, past),
            _by_period(indicator, report.period, scored.catalog, before),
            _by_edit(indicator, edit) if edit is not None else None,
        )
        return tuple(one for one in found if one is not None)

    told = _with_causes(report, causes)
    rescored = (_earlier_goals(told, scored), _before_edit(told, scored, edit) if edit is not None else None)
    return replace(told, rescored=tuple(one for one in rescored if one is not None))


def _with_causes(
    report: ScorecardReport, causes: Callable[[IndicatorReport], tuple[CauseReport, ...]]
) -> ScorecardReport:
    perspectives = tuple(
        replace(
            perspective,
            objectives=tuple(
                replace(
                    objective,
                    indicators=tuple(replace(one, causes=causes(one)) for one in objective.indicators),
                )
                for objective in perspective.objectives
            ),
        )
        for perspective in report.perspectives
    )
    return replace(report, perspectives=perspectives)


# -- definitions ------------------------------------------------------------------------------------


def _by_definition(
    indicator: IndicatorReport, period: Period, catalog: Catalog, past: Past
) -> CauseReport | None:
    """Return what a changed definition did to the period's value, or to the one that stands for the period."""
    changed = past.redefined.get(indicator.metric)
    if changed is None:
        return None
    stands = [] if indicator.scored is None else [indicator.scored.period]
    for candidate in dict.fromkeys((period, *stands)):
        pair = _pair(past.versions(indicator.metric, candidate), changed)
        if pair is not None:
            return _definition_cause(catalog.metric(indicator.metric), catalog, *pair, changed)
    return None


def _pair(versions: Sequence[Observation], changed: Redefined) -> tuple[Observation, Observation] | None:
    """Return a value as it was last settled under the old definition, and as it first was under the new one."""
    for index, after in enumerate(versions):
        if after.definition_hash != changed.after or after.computed_at < changed.since:
            continue
        before = versions[index - 1] if index else None
        if before is None or before.definition_hash != changed.before:
            return None
        settled = before.state not in (State.PROVISIONAL, State.NO_DATA)
        return (
            (before, after)
            if settled and (before.value, before.state) != (after.value, after.state)
            else None
        )
    return None


def _definition_cause(
    metric: Metric, catalog: Catalog, before: Observation, after: Observation, changed: Redefined
) -> CauseReport:
    target = target_for(metric, after.period, catalog)
    same_unit = changed.unit_before in (None, shown_unit(metric, catalog))
    was, now = _status(metric, before, target) if same_unit else None, _status(metric, after, target)
    # What is withheld by now is not told by what it was before.
    shown = same_unit and State.SUPPRESSED not in (before.state, after.state)
    value_before, value_after = (before.value, after.value) if shown else (None, None)
    apart = None if value_before is None or value_after is None else value_after - value_before
    calendar = catalog.company.calendar
    return CauseReport(
        Cause.DEFINITION, calendar.local_day(changed.since), calendar.name(after.period), was, now,
        moved=was is not None and was is not now, value_before=value_before, value_after=value_after,
        difference=apart, differences=changed.differences, commit=changed.commit,
    )  # fmt: skip


def _status(metric: Metric, seen: Observation, target: ActiveTarget | None) -> Status:
    if metric.proposed or target is None or level_problem(metric.direction, target.goal, target.red_flag):
        return Status.UNSCORED
    if seen.state is not State.FINAL:
        return _STATES[seen.state]
    if seen.value is None:
        return Status.NO_DATA
    return status_of(scale_score(seen.value, metric.direction, target.goal, target.red_flag))


# -- goals and weights --------------------------------------------------------------------------------


def _by_period(
    indicator: IndicatorReport, period: Period, catalog: Catalog, earlier: Period | None
) -> CauseReport | None:
    """Return what it did that another goal holds for this period than for an earlier one."""
    now, scored = indicator.target, indicator.scored
    if now is None or scored is None or scored.period != period or earlier is None:
        return None
    calendar, metric = catalog.company.calendar, catalog.metric(indicator.metric)
    return _goal_cause(
        indicator, target_for(metric, earlier, catalog), Cause.TARGET, period.start, calendar.name(earlier)
    )


def _by_edit(indicator: IndicatorReport, edit: EarlierScoring) -> CauseReport | None:
    """Return what it did that somebody wrote another goal for the period whose value is scored."""
    if indicator.target is None or indicator.metric not in edit.scorecard.metrics:
        return None
    metric = edit.catalog.metric(indicator.metric)
    if metric.proposed:
        return None
    then = target_for(metric, indicator.target.period, edit.catalog)
    found = _goal_cause(indicator, then, Cause.EDIT, edit.since, indicator.target.period_name)
    return None if found is None else replace(found, commit=edit.commit)


def _goal_cause(
    indicator: IndicatorReport, then: ActiveTarget | None, cause: Cause, since: date | None, name: str
) -> CauseReport | None:
    now = indicator.target
    value = (
        indicator.scored.value if indicator.scored and indicator.scored_as is None else indicator.scored_as
    )
    if now is None or then is None or value is None or not indicator.status.scored:
        return None
    if (then.goal, then.red_flag) == (now.goal, now.red_flag):
        return None
    if level_problem(indicator.direction, then.goal, then.red_flag):
        return None
    was = status_of(scale_score(value, indicator.direction, then.goal, then.red_flag))
    return CauseReport(
        cause, since, name, was, indicator.status, moved=was is not indicator.status,
        goal_before=then.goal, goal_after=now.goal,
        red_flag_before=then.red_flag, red_flag_after=now.red_flag,
    )  # fmt: skip


def _earlier_goals(told: ScorecardReport, scored: Scored) -> Rescored | None:
    """Return the score of this period by the goals before they last moved, where that is within a year."""
    period, calendar = told.period, scored.catalog.company.calendar
    if period.start is None or told.score is None:
        return None
    year_before, since, earlier = calendar.shift(period, _YEAR), period.start, calendar.previous(period)
    while earlier.start is not None and year_before.start is not None and earlier.start >= year_before.start:
        held = _other_goals(told, scored.catalog, earlier)
        if held:
            catalog = replace(scored.catalog, metrics={**scored.catalog.metrics, **held})
            again, name = scored.again(scored.scorecard, catalog), calendar.name(earlier)
            return Rescored(Cause.TARGET, since, name, again.score, again.status, tuple(held), weights=False)
        since, earlier = earlier.start, calendar.previous(earlier)
    return None


def _other_goals(told: ScorecardReport, catalog: Catalog, earlier: Period) -> dict[str, Metric]:
    """Return the metrics with other goals in an earlier period, with those."""
    start, found = told.period.start, dict[str, Metric]()
    assert start is not None
    for indicator in told.indicators:
        cause = _by_period(indicator, told.period, catalog, earlier)
        if cause is not None:
            target = Target(start, cause.goal_before, cause.red_flag_before, told.period.grain)
            found[indicator.metric] = replace(catalog.metrics[indicator.metric], targets=(target,))
    return found


def _before_edit(told: ScorecardReport, scored: Scored, edit: EarlierScoring) -> Rescored | None:
    """Return the score of this period by the goals and weights that earlier refreshes went by."""
    if told.score is None:
        return None
    again = scored.again(edit.scorecard, edit.catalog)
    goals = tuple(
        dict.fromkeys(
            indicator.metric
            for indicator in told.indicators
            if any(cause.cause is Cause.EDIT for cause in indicator.causes)
        )
    )
    weights = not same_scoring((edit.scorecard, scored.catalog), (scored.scorecard, scored.catalog))
    moved = tuple(name for name in edit.scorecard.metrics if name in scored.scorecard.metrics
                  and edit.catalog.metric(name).proposed != scored.catalog.metric(name).proposed)  # fmt: skip
    if not goals and not weights and not moved:
        # What was edited is of another period: this one is scored as it was.
        return None
    return Rescored(
        Cause.EDIT,
        edit.since,
        told.period_name,
        again.score,
        again.status,
        goals,
        weights,
        edit.commit,
        moved,
    )


__all__ = ["EarlierScoring", "Past", "Redefined", "Scored", "explained"]
