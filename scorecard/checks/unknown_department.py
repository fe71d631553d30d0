"""Every department that a metric, a dataset, the journey or a scorecard names is declared in company.yml.

A champion, an owner and a head may be persons: they are free texts.
"""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Path, Subject, unknown

CODE = "unknown-department"

Named = tuple[str, str, str, Path]
"""A department's name, and the kind, name and path of what names it."""


def check(subject: Subject) -> Iterator[Finding]:
    """Find departments that are not declared."""
    known = subject.board.departments
    for named in (_in_catalog, _in_journey, _in_scorecards):
        for department, kind, name, path in named(subject):
            if department not in known and not subject.places.failed("department", department):
                message = unknown("department", department, known)
                yield subject.finding(CODE, message, kind, name, *path)


def _in_catalog(subject: Subject) -> Iterator[Named]:
    for name, metric in subject.catalog.metrics.items():
        if metric.leads is not None:
            yield metric.leads, "metric", name, ("leads",)
        for index, department in enumerate(metric.supports):
            yield department, "metric", name, ("supports", index)
    for name, dataset in subject.catalog.datasets.items():
        if dataset.department is not None:
            yield dataset.department, "dataset", name, ("department",)


def _in_journey(subject: Subject) -> Iterator[Named]:
    for at, stage in enumerate(subject.board.stages):
        yield stage.leads, "journey", "", ("stages", at, "leads")
        for index, department in enumerate(stage.supports):
            yield department, "journey", "", ("stages", at, "supports", index)
        for number, step in enumerate(stage.steps):
            for index, skill in enumerate(step.skills):
                if skill.department is not None:
                    path = ("stages", at, "steps", number, "skills", index, "department")
                    yield skill.department, "journey", "", path


def _in_scorecards(subject: Subject) -> Iterator[Named]:
    for name, scorecard in subject.board.scorecards.items():
        for department in scorecard.weights:
            yield department, "scorecard", name, ("weights", department)
        for index, department in enumerate(scorecard.reviews.attendees if scorecard.reviews else ()):
            yield department, "scorecard", name, ("reviews", "attendees", index)
