"""What happened and when, as families of `/metrics`: milestones, changes of definitions.

Instants are values, so that a plot can mark them although Prometheus began to scrape later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily

from api.project.project import Project
from metrics.grain import Calendar
from scorecard.report_model import ScorecardReport


def happenings(project: Project) -> Iterator[GaugeMetricFamily]:
    """Yield the families, also those without a series."""
    marks = GaugeMetricFamily(
        "scorecard_milestone_timestamp_seconds",
        "The beginning of a day on which something changed",
        labels=["label"],
    )
    calendar = project.catalog.company.calendar
    # Two days may bear one label; the series are then one, and the later day holds.
    days = {each.label: each.date for each in sorted(project.board.milestones, key=lambda one: one.date)}
    for label, day in days.items():
        marks.add_metric([label], calendar.instant(day).timestamp())
    yield marks
    yield _changes(project)


def _changes(project: Project) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "scorecard_definition_changed_timestamp_seconds",
        "When a metric was first computed by another definition than its first",
        labels=["metric", "hash"],
    )
    for change in project.store.definitions.changes():
        if change.metric in project.catalog.metrics:
            family.add_metric([change.metric, change.hash], change.first_seen.timestamp())
    return family


def status_moves(reports: Iterable[ScorecardReport], calendar: Calendar) -> GaugeMetricFamily:
    """Return since when an indicator has another status than before because of its definition or its goal."""
    family = GaugeMetricFamily(
        "scorecard_status_moved_timestamp_seconds",
        "When the status of an indicator moved because its definition or its goal did, and from which to which",
        labels=["scorecard", "metric", "cause", "status_before", "status"],
    )
    for report in reports:
        held = {
            (
                indicator.metric,
                cause.cause.value,
                cause.status_before.value,
                cause.status_after.value,
            ): cause.since
            for indicator in report.indicators
            for cause in indicator.causes
            if cause.moved and cause.status_before is not None and cause.since is not None
        }
        for labels, since in held.items():
            family.add_metric([report.scorecard, *labels], calendar.instant(since).timestamp())
    return family
