"""The store's newest values as families of Prometheus, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.registry import Collector

from api.project.project import Project, Standing
from api.prometheus.current_periods import awaited, live, still_open
from api.prometheus.events import happenings, status_moves
from api.prometheus.responses import response_families
from api.prometheus.sources import source_families
from api.prometheus.to_date import to_date_families
from metrics.catalog.metric import Metric
from metrics.describe.parameters import assumptions
from metrics.describe.series_names import (
    PARTS,
    base_of,
    describe,
    dimension_labels,
    family_name,
    has_series,
    labels,
)
from metrics.describe.units import shown_unit
from metrics.engine.partly_covered import of_diagnostics
from metrics.grain import Calendar, Grain, Period
from metrics.observation import Observation, ToDate
from scorecard.cause_model import Cause, ComputedBy
from scorecard.report_model import ScorecardReport
from scorecard.score import Status
from scorecard.target import target_for


class Form(StrEnum):
    """How an exposition is written."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @property
    def content_type(self) -> str:
        """Return the media type."""
        return self.value

    @property
    def end(self) -> bytes:
        """Return what the last line says."""
        return b"# EOF\n" if self is Form.OPENMETRICS else b""


@dataclass(frozen=True)
class Values:
    """A metric's families, by grain the live period and the one still open, and what that is set against."""

    families: tuple[GaugeMetricFamily, ...]
    periods: tuple[Period, ...]
    provisional: tuple[Period, ...]
    to_date: tuple[ToDate, ...]


def render(project: Project, now: datetime, form: Form = Form.TEXT) -> bytes:
    """Return the whole exposition: values, targets, scores, definitions, sources, refreshes."""
    every = values(project, project.catalog.metrics)
    families = [family for found in every.values() for family in found.families]
    return written([*families, *shared(project, now, every)], form) + form.end


def values(project: Project, metrics: Iterable[str]) -> dict[str, Values]:
    """Return what the store holds of metrics, by name: their latest final periods, and those still open."""
    names = list(metrics)
    if not names:
        return {}
    collector, standing = _StoreCollector(project), project.standing(names)
    return {name: collector.values(project.catalog.metric(name), standing) for name in names}


def shared(project: Project, now: datetime, every: Mapping[str, Values]) -> list[GaugeMetricFamily]:
    """Return the families that metrics share, with the live periods of every metric."""
    return _StoreCollector(project).shared(now, every)


def written(families: Iterable[GaugeMetricFamily], form: Form) -> bytes:
    """Return families as they are written, without the end of an exposition."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_These([family for family in families if family.samples]))
    if form is Form.TEXT:
        return generate_latest(registry)
    text: bytes = openmetrics(registry)  # type: ignore[no-untyped-call]
    return text.removesuffix(form.end)


class _These(Collector):
    """Families that are made already."""

    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield them."""
        return iter(self._families)


def _family(name: str, words: str, labels: Iterable[str]) -> GaugeMetricFamily:
    """Return a family without samples; OpenMetrics wants its unit told, which ends its name."""
    unit = next((unit for unit in ("seconds", "ratio") if name.endswith(f"_{unit}")), "")
    return GaugeMetricFamily(name, words, labels=list(labels), unit=unit)


class _StoreCollector:
    """Read everything from the store, once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._calendar = project.catalog.company.calendar

    def values(self, metric: Metric, standing: Standing) -> Values:
        """Return a metric's families."""
        good = standing.good.get(metric.metric)
        by = self._project.computed_by(metric.metric, good) if good is not None else None
        # In another unit than its family says, a value would be another value.
        if by is not None and by.unit not in (None, shown_unit(metric, self._project.catalog)):
            return Values((), (), (), ())
        ours, hashed = has_series(metric), good.definition_hash if good is not None else None
        latest = self._project.store.latest(metric.metric, definition_hash=hashed)
        observations = [seen for seen in latest if ours(seen.grain, seen.dimensions)]
        closed = live(observations, metric.own_dimensions)
        partly_covered = of_diagnostics(good.diagnostics) if good is not None else {}
        waiting = awaited(observations, partly_covered, self._calendar)
        unfinished = still_open(waiting, metric.own_dimensions)
        families = (
            *self._values(metric, closed.values(), current=by is None, provisional=False),
            *self._values(metric, unfinished.values(), current=by is None, provisional=True),
        )
        periods, provisional = (tuple(period for period, _ in each.values()) for each in (closed, unfinished))
        known = standing.to_date.get(metric.metric, {}).values()
        return Values(families, periods, provisional, tuple(one for one in known if one.base in provisional))

    def shared(self, now: datetime, every: Mapping[str, Values]) -> list[GaugeMetricFamily]:
        """Return what stands beside the values."""
        ends = _family(
            "kpi_period_end_timestamp_seconds",
            "The instant at which the period of a metric's live series ends",
            ["metric", "grain"],
        )
        open_ends = _family(
            "kpi_provisional_period_end_timestamp_seconds",
            "The instant at which the period of a metric's provisional series ends",
            ["metric", "grain"],
        )
        targets = _family(
            "scorecard_target",
            "The target of the live period, in base units",
            ["metric", "grain", "kind"],
        )
        rates = response_families(self._project, {name: each.periods for name, each in every.items()})
        for metric in self._project.catalog.metrics.values():
            for period in every[metric.metric].periods:
                _add_end(ends, metric, period.grain, period, self._calendar)
                self._add_targets(targets, metric, period)
            for period in every[metric.metric].provisional:
                _add_end(open_ends, metric, period.grain, period, self._calendar)
        beside = [
            *to_date_families(self._project, {name: each.to_date for name, each in every.items()}),
            *self._scores(now),
            *self._definitions(),
            *source_families(self._project),
            *happenings(self._project),
        ]
        return [ends, open_ends, targets, *rates, *beside]

    def _values(
        self,
        metric: Metric,
        periods: Iterable[tuple[Period, tuple[Observation, ...]]],
        *,
        current: bool,
        provisional: bool,
    ) -> Iterator[GaugeMetricFamily]:
        base, names = base_of(metric, self._project.catalog), dimension_labels(metric)
        seen = [observation for _, observations in periods for observation in observations]
        assumes = assumptions(metric, self._project.catalog) if current else None
        for part in PARTS:
            made = GaugeMetricFamily(
                family_name(metric, base, part, provisional=provisional),
                describe(metric, part, provisional=provisional, assumes=assumes),
                labels=["grain", "by", *names],
                # OpenMetrics wants names to end in the unit that is told.
                unit="" if part.suffix or provisional else base.suffix.removeprefix("_"),
            )
            for observation in seen:
                number = getattr(observation, part.name)
                if number is not None:
                    made.add_metric(labels(observation, names), number * part.factor(metric, base))
            yield made

    def _add_targets(self, family: GaugeMetricFamily, metric: Metric, period: Period) -> None:
        target = target_for(metric, period, self._project.catalog)
        if target is None:
            return
        factor = base_of(metric, self._project.catalog).factor
        for kind, level in target.numbers():
            family.add_metric([metric.metric, period.grain.value, kind], level * factor)

    def _scores(self, now: datetime) -> Iterator[GaugeMetricFamily]:
        reports = [self._project.report(name, None, now) for name in self._project.board.scorecards]
        score = _family(
            "scorecard_score", "The score of a scorecard's current period, 0 to 100", ["scorecard"]
        )
        ends = [
            _family(
                f"scorecard_score_{end}",
                f"The {end} bound of what the intervals of its figures imply for a scorecard's score",
                ["scorecard"],
            )
            for end in ("lower", "upper")
        ]
        coverage = _family(
            "scorecard_coverage_ratio",
            "The share of a scorecard's weight that has a scored value",
            ["scorecard"],
        )
        objectives = _family(
            "scorecard_objective_score",
            "The score of an objective, 0 to 100",
            ["scorecard", "perspective", "objective"],
        )
        earlier = _family(
            "scorecard_score_by_earlier_goals",
            "The score of a scorecard's current period by the goals before they last moved, 0 to 100",
            ["scorecard"],
        )
        goals_moved = _family(
            "scorecard_goals_moved_timestamp_seconds",
            "The beginning of the day on which the goals of a scorecard last moved, within a year",
            ["scorecard"],
        )
        for report in reports:
            by_earlier = next((one for one in report.rescored if one.cause is Cause.TARGET), None)
            number = report.score if by_earlier is None else by_earlier.score
            if number is not None:
                earlier.add_metric([report.scorecard], number)
            if by_earlier is not None and by_earlier.since is not None:
                instant = self._calendar.instant(by_earlier.since)
                goals_moved.add_metric([report.scorecard], instant.timestamp())
            if report.score is not None:
                score.add_metric([report.scorecard], report.score)
            for family, bound in zip(ends, (report.score_lower, report.score_upper), strict=True):
                if bound is not None:
                    family.add_metric([report.scorecard], bound)
            coverage.add_metric([report.scorecard], report.coverage)
            for perspective in report.perspectives:
                for objective in perspective.objectives:
                    if objective.score is not None:
                        labels = [report.scorecard, perspective.perspective, objective.objective]
                        objectives.add_metric(labels, objective.score)
        moved = status_moves(reports, self._calendar)
        return iter((score, earlier, goals_moved, *ends, coverage, objectives, *_statuses(reports), moved))

    def _definitions(self) -> Iterator[GaugeMetricFamily]:
        family = _family(
            "scorecard_definition_info",
            "The definition that a metric's series follow; always 1",
            ["metric", "hash", "commit", "since", "running_hash", "status"],
        )
        current = _family(
            "scorecard_definition_current",
            "Whether the series of a metric follow the definition that runs now; 0 until it is refreshed",
            ["metric"],
        )
        watermark = _family(
            "kpi_metric_watermark_timestamp_seconds",
            "The instant up to which the data of a metric's values is known",
            ["metric"],
        )
        seconds = _family(
            "kpi_refresh_duration_seconds", "How long the last refresh of a metric took", ["metric"]
        )
        success = _family(
            "kpi_refresh_success", "Whether the last refresh of a metric came through", ["metric"]
        )
        runs, successes = self._project.store.last_runs(), self._project.store.last_runs(good=True)
        for name, metric in self._project.catalog.metrics.items():
            good = successes.get(name)
            by = self._project.computed_by(name, good) if good is not None else None
            family.add_metric([name, *self._definition(name, by), metric.status.value], 1)
            if good is not None:
                current.add_metric([name], 0 if by else 1)
            if good is not None and good.watermark is not None:
                watermark.add_metric([name], good.watermark.timestamp())
            run = runs.get(name)
            if run is not None:
                seconds.add_metric([name], run.seconds)
                success.add_metric([name], 1 if run.outcome == "ok" else 0)
        return iter((family, current, watermark, seconds, success))

    def _definition(self, name: str, by: ComputedBy | None) -> tuple[str, str, str, str]:
        """Return hash and commit of the values' definition; of an earlier one its day and the running hash."""
        if by is None:
            return self._project.hash_of(name), self._project.commit or "", "", ""
        since = by.since.isoformat() if by.since else ""
        return by.hash, by.commit.hash if by.commit else "", since, by.running_hash


def _add_end(
    family: GaugeMetricFamily, metric: Metric, grain: Grain, period: Period, calendar: Calendar
) -> None:
    bounds = calendar.bounds(period)
    if bounds is not None:
        family.add_metric([metric.metric, grain.value], bounds[1].timestamp())


def _statuses(reports: Iterable[ScorecardReport]) -> tuple[GaugeMetricFamily, ...]:
    one_hot = _family(
        "scorecard_status",
        "The status of an indicator: 1 for the one that holds, 0 for the others",
        ["scorecard", "metric", "status"],
    )
    counts = _family("scorecard_indicators", "How many indicators have a status", ["scorecard", "status"])
    certain = _family(
        "scorecard_status_certain",
        "1 where an indicator's interval lies within its status, 0 where the status could be another",
        ["scorecard", "metric"],
    )
    for report in reports:
        for metric, sure in {one.metric: one.status_certain for one in report.indicators}.items():
            if sure is not None:
                certain.add_metric([report.scorecard, metric], 1 if sure else 0)
        # A metric may stand under two objectives; its status is the same under both.
        found = {indicator.metric: indicator.status for indicator in report.indicators}
        for status in Status:
            for metric, holds in found.items():
                one_hot.add_metric([report.scorecard, metric, status.value], 1 if holds is status else 0)
            counts.add_metric([report.scorecard, status.value], list(found.values()).count(status))
    return one_hot, certain, counts
