"""Every stage that a metric names is declared in journey.yml."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject, unknown

CODE = "unknown-stage"


def check(subject: Subject) -> Iterator[Finding]:
    """Find stages that the journey does not have."""
    known = {stage.stage for stage in subject.board.stages}
    for name, metric in subject.catalog.metrics.items():
        stage = metric.stage
        if stage is not None and stage not in known and not subject.places.failed("stage", stage):
            yield subject.finding(CODE, unknown("stage", stage, known), "metric", name, "stage")
