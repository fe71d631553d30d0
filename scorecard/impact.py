"""What a change of definitions does to scorecards: scores, statuses and goals, in this period and in those before.

Both sides are reported by `scorecard.report` from series in memory. What a change leaves alone has the same values on
both, so that whatever moves is the change's doing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.engine.outcome import Outcome
from metrics.grain import Grain, Period
from metrics.observation import PUBLISHED
from metrics.operations.impact import Impact
from metrics.operations.refresh import observations_of
from scorecard.edition import Edition
from scorecard.equal_goal import EqualGoal
from scorecard.model import Scorecard
from scorecard.report import build_report
from scorecard.report_model import IndicatorReport, ObjectiveReport, ScorecardReport
from scorecard.value_selection import MetricSeries, Reader, default_period

MOST_PERIODS = 40
"""So many periods are looked back at: ten years of quarters."""


Totals = Callable[[str, Grain], MetricSeries]
"""Reads the total of a metric at a grain."""


@dataclass(frozen=True)
class IndicatorImpact:
    """An indicator by both definitions; None where it is on one side's scorecard alone."""

    metric: str
    before: IndicatorReport | None
    after: IndicatorReport | None

    @property
    def shown(self) -> IndicatorReport:
        """Return the indicator as it would be, or as it was where it would be gone."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def flips(self) -> bool:
        """Tell whether its status would be another."""
        return self.before is None or self.after is None or self.before.status is not self.after.status

    @property
    def moved(self) -> bool:
        """Tell whether anything that is scored would be other."""
        if self.before is None or self.after is None:
            return True
        return _standing(self.before) != _standing(self.after)


@dataclass(frozen=True)
class ScorecardImpact:
    """One scorecard in one period by both definitions; None where one side does not have it.

    `current` says that it is the period which the scorecard shows by default; the others lie before it.
    """

    scorecard: str
    period: Period
    period_name: str
    current: bool
    before: ScorecardReport | None
    after: ScorecardReport | None
    indicators: tuple[IndicatorImpact, ...] = ()

    @property
    def flips(self) -> tuple[IndicatorImpact, ...]:
        """Return the indicators whose status would be another."""
        return tuple(one for one in self.indicators if one.flips)

    @property
    def moved(self) -> bool:
        """Tell whether anything would be other."""
        before, after = self.before, self.after
        if before is None or after is None:
            return before is not after
        return bool(self.indicators) or (before.score, before.status) != (after.score, after.status)

    @property
    def objectives(self) -> tuple[ObjectiveReport, ...]:
        """Return the objectives, as they would be, whose score or status would be another."""
        if self.before is None or self.after is None:
            return ()
        known = {one.objective: (one.score, one.status) for one in _objectives(self.before)}
        return tuple(
            one for one in _objectives(self.after) if known.get(one.objective) != (one.score, one.status)
        )


@dataclass(frozen=True)
class ScorecardComparison:
    """Compares the scorecards of two sides.

    `impacts` are the metrics that change, and `unchanged` reads the total of every other one at a grain.
    """

    base: Edition
    head: Edition
    impacts: Sequence[Impact]
    unchanged: Totals
    now: datetime
    renamed: Mapping[str, str] = field(default_factory=dict)
    """The head's names of metrics by the base's, where they differ."""

    def compare(self) -> Iterator[ScorecardImpact]:
        """Yield each scorecard that a change touches: its current period first, then those before that would move."""
        names = dict.fromkeys((*self.head.board.scorecards, *self.base.board.scorecards))
        for name in names:
            yield from self._compare(name)

    def _compare(self, name: str) -> Iterator[ScorecardImpact]:
        before, after = (side.board.scorecards.get(name) for side in (self.base, self.head))
        shown = after or before
        assert shown is not None
        if not self._touched(before, after):
            return
        calendar = self.head.catalog.company.calendar
        reader = self._reader(shown.grain, head=after is not None)
        current = default_period(shown, reader, calendar, self.now)
        periods = self._periods(shown, reader, current)
        for period in (current, *(each for each in periods if each != current)):
            found = self._at(before, after, period, current=period == current)
            if found.current or found.moved:
                yield found

    def _touched(self, before: Scorecard | None, after: Scorecard | None) -> bool:
        """Tell whether a scorecard would say anything else: by its own lines, its metrics' values or their goals."""
        if before is None or after is None or before != after:
            return True
        changed = {each.pair.head for each in self.impacts}
        return any(
            name in changed or _scored_by(self.base.catalog, name) != _scored_by(self.head.catalog, name)
            for name in after.metrics
        )

    def _periods(self, scorecard: Scorecard, reader: Reader, current: Period) -> list[Period]:
        """Return the periods before the current one of which anything is known, the latest first."""
        known = {
            seen.period
            for name in scorecard.metrics
            for seen in reader(name).observations
            if seen.state in PUBLISHED and seen.period.start is not None
        }
        earlier = [
            each for each in known if current.start is None or (each.start or current.start) < current.start
        ]
        return sorted(earlier, key=lambda each: str(each.start), reverse=True)[:MOST_PERIODS]

    def _at(
        self, before: Scorecard | None, after: Scorecard | None, period: Period, *, current: bool
    ) -> ScorecardImpact:
        reports = [
            None
            if scorecard is None or scorecard.grain is not period.grain
            else build_report(
                scorecard,
                side.catalog,
                side.board,
                self._reader(period.grain, head=side is self.head),
                period,
                self.now,
            )
            for scorecard, side in ((before, self.base), (after, self.head))
        ]
        known = (
            {self.renamed.get(one.metric, one.metric): one for one in reports[0].indicators}
            if reports[0]
            else {}
        )
        would = {one.metric: one for one in reports[1].indicators} if reports[1] else {}
        pairs = (
            IndicatorImpact(name, known.get(name), would.get(name))
            for name in dict.fromkeys((*would, *known))
        )
        shown = after or before
        assert shown is not None
        return ScorecardImpact(
            shown.scorecard, period, self.head.catalog.company.calendar.name(period), current, reports[0], reports[1],
            tuple(one for one in pairs if one.moved),
        )  # fmt: skip

    def _report(self, scorecard: Scorecard | None, side: Edition, period: Period) -> ScorecardReport | None:
        if scorecard is None or scorecard.grain is not period.grain:
            return None
        reader = self._reader(period.grain, head=side is self.head)
        return build_report(scorecard, side.catalog, side.board, reader, period, self.now)

    def _reader(self, grain: Grain, *, head: bool) -> Reader:
        changed = {
            (each.pair.head if head else each.pair.base): each for each in self.impacts if each.error is None
        }
        catalog = self.head.catalog if head else self.base.catalog
        back = {new: old for old, new in self.renamed.items()}

        def read(metric: str) -> MetricSeries:
            impact = changed.get(metric)
            outcome = None if impact is None else impact.after if head else impact.before
            if outcome is not None:
                return series_of(catalog, outcome, grain, self.now)
            # A metric that could not be computed anew stays as it is on both sides.
            known = back.get(metric, metric) if head else metric
            return self.unchanged(known, grain)

        return read


@dataclass(frozen=True)
class AlertImpact:
    """An alert that would begin to fire, or would stop."""

    alert: str
    metric: str
    starts: bool


@dataclass(frozen=True)
class TouchedObjective:
    """An objective of a scorecard that shows a metric which moves."""

    scorecard: str
    objective: str


@dataclass(frozen=True)
class DefinitionImpact:
    """All that a change of definitions does, both sides computed on the same data.

    `goals` are those that would be as hard as before, by metric. `boards` are the titles of the dashboards that show a
    metric which moves, `objectives` those of scorecards. `sample` is the share of rows that all of it is of, None of
    all: of a share nothing is said of scorecards, goals and alerts.
    """

    metrics: tuple[Impact, ...] = ()
    scorecards: tuple[ScorecardImpact, ...] = ()
    goals: Mapping[str, EqualGoal] = field(default_factory=dict)
    alerts: tuple[AlertImpact, ...] = ()
    boards: tuple[str, ...] = ()
    objectives: tuple[TouchedObjective, ...] = ()
    sample: float | None = None

    @property
    def failed(self) -> tuple[Impact, ...]:
        """Return the metrics whose values are not known by both definitions."""
        return tuple(each for each in self.metrics if each.error is not None)

    @property
    def watermark(self) -> datetime | None:
        """Return until when the data of all of them reach."""
        return min((each.watermark for each in self.metrics if each.watermark is not None), default=None)

    def of(self, metric: str) -> Impact | None:
        """Return what happens to one metric, by the name that it would have."""
        return next((each for each in self.metrics if each.pair.name == metric), None)


NOTHING = DefinitionImpact()
"""What is known where nothing was computed."""


def series_of(catalog: Catalog, outcome: Outcome, grain: Grain, now: datetime) -> MetricSeries:
    """Return the total of a computed metric at a grain, as a report reads it."""
    seen = observations_of(catalog, outcome, now, None)
    total = [each for each in seen if each.grain is grain and not each.dimensions]
    return MetricSeries(
        observations=tuple(sorted(total, key=lambda each: str(each.period.start))),
        watermark=outcome.watermark,
        computed_at=now,
        error=None if outcome.error is None else str(outcome.error),
        partly_covered=outcome.partly_covered,
    )


def _scored_by(catalog: Catalog, metric: str) -> object:
    found: Metric | None = catalog.metrics.get(metric)
    return None if found is None else (found.targets, found.direction, found.min_sample, found.type)


def _standing(indicator: IndicatorReport) -> tuple[object, ...]:
    scored = indicator.scored
    return (
        indicator.status, indicator.could_be, indicator.performance, indicator.target, indicator.effective_weight,
        None if scored is None else (scored.period, scored.state, scored.value, scored.numerator, scored.denominator),
    )  # fmt: skip


def _objectives(report: ScorecardReport) -> Iterator[ObjectiveReport]:
    return (one for perspective in report.perspectives for one in perspective.objectives)
