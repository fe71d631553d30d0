"""`/metrics`: the store's newest values in Prometheus' text format. A scrape never asks a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from threading import Lock

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from api.newest import live, still_open
from api.project import Project
from metrics.grain import Calendar, Grain, Period
from metrics.model import Metric
from metrics.observation import Observation
from metrics.series import PARTS, base_of, describe, dimension_labels, family_name, labels
from metrics.store_tables import refreshes, runs
from scorecard.score import Status
from scorecard.target import target_for
from scorecard.view import ScorecardReport

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Exposition:
    """The exposition of one process, rendered anew once the store or the definitions have changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made_from: tuple[Project, object] | None = None
        self._text = b""

    def text(self, project: Project, now: datetime) -> bytes:
        """Return the whole exposition; the store's last run and refresh decide whether it still holds."""
        made_from = (project, _mark(project))
        with self._lock:
            if self._made_from is None or not _same(self._made_from, made_from):
                self._text, self._made_from = render(project, now), made_from
            return self._text


def _same(one: tuple[Project, object], other: tuple[Project, object]) -> bool:
    # A reload makes a new project; to compare two by value would read all of their definitions.
    return one[0] is other[0] and one[1] == other[1]


def _mark(project: Project) -> object:
    """Return what changes whenever something was computed."""
    numbers = [select(func.max(table.c.number)).scalar_subquery() for table in (runs, refreshes)]
    with project.store.engine.connect() as connection:
        return tuple(connection.execute(select(*numbers)).one())


def render(project: Project, now: datetime) -> bytes:
    """Return the whole exposition: values, targets, scores, definitions, sources, refreshes."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_StoreCollector(project, now))
    return generate_latest(registry)


class _StoreCollector(Collector):
    """Read everything from the store, once, at one instant."""

    def __init__(self, project: Project, now: datetime) -> None:
        self._project = project
        self._now = now
        self._calendar = project.catalog.company.calendar

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every family that has a series."""
        families: list[GaugeMetricFamily] = []
        ends = GaugeMetricFamily(
            "kpi_period_end_timestamp_seconds",
            "The instant at which the period of a metric's live series ends",
            labels=["metric", "grain"],
        )
        targets = GaugeMetricFamily(
            "scorecard_target",
            "The target of the live period, in base units",
            labels=["metric", "grain", "kind"],
        )
        for metric in self._project.catalog.metrics.values():
            observations = self._project.store.latest(metric.metric)
            closed = live(observations, metric.own_dimensions)
            unfinished = still_open(observations, metric.own_dimensions)
            families.extend(self._values(metric, closed.values(), provisional=False))
            families.extend(self._values(metric, unfinished.values(), provisional=True))
            for grain, (period, _) in closed.items():
                _add_end(ends, metric, grain, period, self._calendar)
                self._add_targets(targets, metric, period)
        families += [ends, targets, *self._scores(), *self._definitions(), *self._sources()]
        return (family for family in families if family.samples)

    def _values(
        self,
        metric: Metric,
        periods: Iterable[tuple[Period, tuple[Observation, ...]]],
        *,
        provisional: bool,
    ) -> Iterator[GaugeMetricFamily]:
        base, names = base_of(metric, self._project.catalog), dimension_labels(metric)
        seen = [observation for _, observations in periods for observation in observations]
        for part in PARTS:
            made = GaugeMetricFamily(
                family_name(metric, base, part, provisional=provisional),
                describe(metric, part, provisional=provisional),
                labels=["grain", "by", *names],
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

    def _scores(self) -> Iterator[GaugeMetricFamily]:
        reports = [self._project.report(name, None, self._now) for name in self._project.board.scorecards]
        score = GaugeMetricFamily(
            "scorecard_score", "The score of a scorecard's current period, 0 to 100", labels=["scorecard"]
        )
        coverage = GaugeMetricFamily(
            "scorecard_coverage_ratio",
            "The share of a scorecard's weight that has a scored value",
            labels=["scorecard"],
        )
        objectives = GaugeMetricFamily(
            "scorecard_objective_score",
            "The score of an objective, 0 to 100",
            labels=["scorecard", "perspective", "objective"],
        )
        for report in reports:
            if report.score is not None:
                score.add_metric([report.scorecard], report.score)
            coverage.add_metric([report.scorecard], report.coverage)
            for perspective in report.perspectives:
                for objective in perspective.objectives:
                    if objective.score is not None:
                        labels = [report.scorecard, perspective.perspective, objective.objective]
                        objectives.add_metric(labels, objective.score)
        return iter((score, coverage, objectives, *_statuses(reports)))

    def _definitions(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "scorecard_definition_info",
            "The definition that a metric's series follow; always 1",
            labels=["metric", "hash", "commit"],
        )
        seconds = GaugeMetricFamily(
            "kpi_refresh_duration_seconds", "How long the last refresh of a metric took", labels=["metric"]
        )
        for name in self._project.catalog.metrics:
            family.add_metric([name, *self._definition(name)], 1)
            run = self._project.store.last_run(name)
            if run is not None:
                seconds.add_metric([name], run.seconds)
        return iter((family, seconds))

    def _definition(self, name: str) -> tuple[str, str]:
        """Return the hash and commit of the definition that a metric's stored values follow."""
        success = self._project.store.last_success(name)
        running = self._project.hash_of(name)
        if success is None or success.definition_hash == running:
            return running, self._project.commit or ""
        stored = self._project.store.definition(success.definition_hash)
        return success.definition_hash, stored.commit or "" if stored else ""

    def _sources(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily(
            "kpi_source_up", "Whether a source answered when last asked", labels=["source"]
        )
        success = GaugeMetricFamily(
            "kpi_source_last_success_timestamp_seconds", "When a source last answered", labels=["source"]
        )
        watermark = GaugeMetricFamily(
            "kpi_source_watermark_timestamp_seconds",
            "The instant up to which a source's data is known",
            labels=["source"],
        )
        for name, health in self._project.store.source_health().items():
            up.add_metric([name], 1 if health.up else 0)
            for family, instant in ((success, health.last_success), (watermark, health.watermark)):
                if instant is not None:
                    family.add_metric([name], instant.timestamp())
        return iter((up, success, watermark))


def _add_end(
    family: GaugeMetricFamily, metric: Metric, grain: Grain, period: Period, calendar: Calendar
) -> None:
    bounds = calendar.bounds(period)
    if bounds is not None:
        family.add_metric([metric.metric, grain.value], bounds[1].timestamp())


def _statuses(reports: Iterable[ScorecardReport]) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    one_hot = GaugeMetricFamily(
        "scorecard_status",
        "The status of an indicator: 1 for the one that holds, 0 for the others",
        labels=["scorecard", "metric", "status"],
    )
    counts = GaugeMetricFamily(
        "scorecard_indicators", "How many indicators have a status", labels=["scorecard", "status"]
    )
    for report in reports:
        # A metric may stand under two objectives; its status is the same under both.
        found = {indicator.metric: indicator.status for indicator in report.indicators}
        for status in Status:
            for metric, holds in found.items():
                one_hot.add_metric([report.scorecard, metric, status.value], 1 if holds is status else 0)
            counts.add_metric([report.scorecard, status.value], list(found.values()).count(status))
    return one_hot, counts
