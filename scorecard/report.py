"""Build a scorecard's report: the one view model of the page, the command line, the API and /metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Indication
from metrics.grain import Period
from metrics.statistics.intervals import Floats
from scorecard.certainty import draw_scores, of_rolled, with_certainty
from scorecard.freshness import data_day
from scorecard.indicator import Setting, report_indicator
from scorecard.model import Board, Indicator, MissingRule, Objective, Perspective, Scorecard, label_of
from scorecard.multiplicity import Family, level_once
from scorecard.report_model import (
    ChangeReport,
    IndicatorReport,
    ObjectiveReport,
    PerspectiveReport,
    ScorecardReport,
    TargetReport,
    TrendPoint,
    ValueReport,
)
from scorecard.score import Child, RolledUp, roll_up
from scorecard.value_selection import MAX_AGE, MetricSeries, Reader, default_period


def build_report(
    scorecard: Scorecard, catalog: Catalog, board: Board, reader: Reader, period: Period, now: datetime
) -> ScorecardReport:
    """Return a scorecard's report for one period of its grain, as of an aware instant.

    `reader` returns a metric's `MetricSeries`: its total at the scorecard's grain, oldest first.

    Raises:
        UnknownMetric: an indicator names a metric that the catalog does not hold.
        ValueError: the period is not one of the scorecard's grain.
    """
    if period.grain is not scorecard.grain:
        raise ValueError(f"scorecard {scorecard.scorecard!r} has grain {scorecard.grain}, not {period.grain}")
    series = {name: reader(name) for name in scorecard.metrics}
    setting = Setting(catalog, period, scorecard.missing, now, reader)
    built = _compared([_build(perspective, series, setting) for perspective in scorecard.perspectives])
    built = _drawn(built, f"{scorecard.scorecard}/{setting.calendar.name(period)}")
    rolled = _roll_perspectives(built)
    sure = of_rolled(rolled)
    marks = [one.watermark for one in series.values()]
    known = [mark for mark in marks if mark is not None]
    return ScorecardReport(
        scorecard=scorecard.scorecard,
        label=scorecard.label,
        vision=scorecard.vision,
        company=catalog.company.company,
        currency=catalog.company.currency.report,
        period=period,
        period_name=setting.calendar.name(period),
        grain=scorecard.grain,
        score=rolled.score,
        status=rolled.status,
        coverage=rolled.coverage,
        provisional_coverage=rolled.provisional_coverage,
        leading_score=_roll_perspectives(built, Indication.LEADING).score,
        lagging_score=_roll_perspectives(built, Indication.LAGGING).score,
        perspectives=tuple(_report(one, share) for one, share in zip(built, rolled.weights, strict=True)),
        departments=tuple(board.departments.values()),
        milestones=board.milestones,
        as_of=min(known, default=None),
        computed_at=max((one.computed_at for one in series.values() if one.computed_at), default=None),
        reported_at=now,
        data_to=data_day(min(known, default=None), setting.calendar.zone),
        score_lower=sure.lower,
        score_upper=sure.upper,
        status_certain=sure.certain,
        could_be=sure.could_be,
    )


@dataclass(frozen=True)
class _Built:
    """A perspective whose indicators are scored and not yet rolled up; `draws` are by metric."""

    perspective: Perspective
    objectives: tuple[tuple[Objective, tuple[IndicatorReport, ...]], ...]
    rule: MissingRule
    draws: Mapping[str, Floats] = field(default_factory=dict)

    def only(self, indication: Indication | None) -> _Built:
        """Return the perspective with its leading or lagging indicators alone, undrawn; None keeps all."""
        if indication is None:
            return self
        kept = ((objective, tuple(one for one in indicators if one.type is indication))
                for objective, indicators in self.objectives)  # fmt: skip
        return replace(self, objectives=tuple(pair for pair in kept if pair[1]), draws={})

    def roll_objectives(self) -> tuple[RolledUp, ...]:
        """Roll each objective's indicators up."""
        return tuple(
            roll_up(
                [_of_indicator(one, self.draws.get(one.metric)) for one in indicators],
                self.rule,
                objective.rollup,
            )
            for objective, indicators in self.objectives
        )

    def roll(self) -> RolledUp:
        """Roll the objectives up; they weigh alike."""
        return roll_up([_of_rolled(1.0, one) for one in self.roll_objectives()], self.rule)


def _build(perspective: Perspective, series: Mapping[str, MetricSeries], setting: Setting) -> _Built:
    def reports(indicators: Sequence[Indicator]) -> tuple[IndicatorReport, ...]:
        found = (report_indicator(one, series[one.metric], setting) for one in indicators)
        return tuple(level_once(with_certainty(one)) for one in found)

    objectives = tuple((objective, reports(objective.indicators)) for objective in perspective.objectives)
    return _Built(perspective, objectives, setting.missing.rule)


def _compared(built: Sequence[_Built]) -> list[_Built]:
    """Return the perspectives with their indicators' changes judged together."""
    family = Family(each for one in built for _, indicators in one.objectives for each in indicators)
    return [
        replace(
            one,
            objectives=tuple(
                (objective, tuple(family.adjust(each) for each in indicators))
                for objective, indicators in one.objectives
            ),
        )
        for one in built
    ]


def _drawn(built: Sequence[_Built], seed: str) -> list[_Built]:
    """Return the perspectives with what their indicators' scores might be as well."""
    draws = draw_scores(
        (each for one in built for _, indicators in one.objectives for each in indicators), seed
    )
    return [replace(one, draws=draws) for one in built]


def _roll_perspectives(built: Sequence[_Built], indication: Indication | None = None) -> RolledUp:
    kept = [one.only(indication) for one in built]
    present = [one for one in kept if one.objectives or indication is None]
    rule = built[0].rule if built else MissingRule.REDISTRIBUTE
    return roll_up([_of_rolled(one.perspective.weight, one.roll()) for one in present], rule)


def _of_indicator(indicator: IndicatorReport, draws: Floats | None) -> Child:
    return Child(
        weight=indicator.weight,
        score=indicator.performance,
        status=indicator.status,
        coverage=0.0 if indicator.score is None else 1.0,
        provisional_coverage=0.0 if indicator.provisional is None else 1.0,
        draws=draws,
    )


def _of_rolled(weight: float, rolled: RolledUp) -> Child:
    return Child(
        weight, rolled.score, rolled.status, rolled.coverage, rolled.provisional_coverage, rolled.draws
    )


def _report(built: _Built, effective_weight: float | None) -> PerspectiveReport:
    rolled = built.roll()
    sure = of_rolled(rolled)
    objectives = zip(built.objectives, built.roll_objectives(), rolled.weights, strict=True)
    return PerspectiveReport(
        perspective=built.perspective.perspective,
        label=built.perspective.label,
        weight=built.perspective.weight,
        effective_weight=effective_weight,
        score=rolled.score,
        status=rolled.status,
        coverage=rolled.coverage,
        provisional_coverage=rolled.provisional_coverage,
        leading_score=built.only(Indication.LEADING).roll().score,
        lagging_score=built.only(Indication.LAGGING).roll().score,
        objectives=tuple(
            _report_objective(objective, indicators, own, share)
            for (objective, indicators), own, share in objectives
        ),
        score_lower=sure.lower,
        score_upper=sure.upper,
        status_certain=sure.certain,
        could_be=sure.could_be,
    )


def _report_objective(
    objective: Objective,
    indicators: tuple[IndicatorReport, ...],
    rolled: RolledUp,
    effective_weight: float | None,
) -> ObjectiveReport:
    sure = of_rolled(rolled)
    return ObjectiveReport(
        objective=objective.objective,
        label=label_of(objective.objective),
        statement=objective.statement,
        champion=objective.champion,
        drives=objective.drives,
        effective_weight=effective_weight,
        score=rolled.score,
        status=rolled.status,
        coverage=rolled.coverage,
        provisional_coverage=rolled.provisional_coverage,
        indicators=tuple(
            replace(one, effective_weight=share)
            for one, share in zip(indicators, rolled.weights, strict=True)
        ),
        initiatives=objective.initiatives,
        score_lower=sure.lower,
        score_upper=sure.upper,
        status_certain=sure.certain,
        could_be=sure.could_be,
    )


def as_of(report: ScorecardReport, now: datetime) -> ScorecardReport:
    """Return a report that was made earlier and still holds, with the ages of its data at an instant."""
    if report.reported_at == now:
        return report

    def aged(one: IndicatorReport) -> IndicatorReport:
        return one if one.as_of is None else replace(one, age=now - one.as_of)

    perspectives = tuple(
        replace(
            perspective,
            objectives=tuple(
                replace(objective, indicators=tuple(map(aged, objective.indicators)))
                for objective in perspective.objectives
            ),
        )
        for perspective in report.perspectives
    )
    return replace(report, perspectives=perspectives, reported_at=now)


def to_dict(report: Any) -> Any:
    """Return a report, or a part of it, as plain JSON values.

    Instants and days are ISO texts, ages are seconds, a period is its grain, start and end (exclusive).
    Positions are left out.
    """
    if is_dataclass(report):
        return {
            one.name: to_dict(getattr(report, one.name)) for one in fields(report) if one.name != "position"
        }
    if isinstance(report, Mapping):
        return {str(name): to_dict(value) for name, value in report.items()}
    if isinstance(report, tuple | list):
        return [to_dict(value) for value in report]
    if isinstance(report, Enum):
        return report.value
    if isinstance(report, timedelta):
        return report.total_seconds()
    return report.isoformat() if isinstance(report, date) else report


__all__ = [
    "MAX_AGE",
    "ChangeReport",
    "IndicatorReport",
    "MetricSeries",
    "ObjectiveReport",
    "PerspectiveReport",
    "Reader",
    "ScorecardReport",
    "TargetReport",
    "TrendPoint",
    "ValueReport",
    "as_of",
    "build_report",
    "default_period",
    "to_dict",
]
