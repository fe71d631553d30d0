"""Every department that a metric, a dataset, the journey or a scorecard names is declared in company.yml.

A champion, an owner and a head may be persons: they are free texts.
"""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding, Position
from scorecard.rule import Subject, unknown

CODE = "unknown-department"

Named = tuple[str, Position]
"""A department's name, and where it is named."""


def check(subject: Subject) -> Iterator[Finding]:
    """Find departments that are not declared."""
    known = subject.board.departments
    for named in (_in_catalog, _in_journey, _in_scorecards):
        for department, position in named(subject):
            if department not in known and not subject.places.failed("department", department):
                yield Finding(position, CODE, unknown("department", department, known))


def _in_catalog(subject: Subject) -> Iterator[Named]:
    at = subject.places
    for name, metric in subject.catalog.metrics.items():
        if metric.leads is not None:
            yield metric.leads, at("metric", name, "leads")
        for index, department in enumerate(metric.supports):
            yield department, at("metric", name, "supports", index)
    for name, dataset in subject.catalog.datasets.items():
        if dataset.department is not None:
            yield dataset.department, at("dataset", name, "department")


def _in_journey(subject: Subject) -> Iterator[Named]:
    at = subject.places
    for number, stage in enumerate(subject.board.stages):
        path = ("stages", number)
        yield stage.leads, at("journey", "", *path, "leads")
        for index, department in enumerate(stage.supports):
            yield department, at("journey", "", *path, "supports", index)
        for step_number, step in enumerate(stage.steps):
            for index, skill in enumerate(step.skills):
                if skill.department is not None:
                    where = ("steps", step_number, "skills", index, "department")
                    yield skill.department, at("journey", "", *path, *where)


def _in_scorecards(subject: Subject) -> Iterator[Named]:
    at = subject.places
    for name, scorecard in subject.board.scorecards.items():
        for department in scorecard.weights:
            yield department, at("scorecard", name, "weights", department, key=True)
        for index, department in enumerate(scorecard.reviews.attendees if scorecard.reviews else ()):
            yield department, at("scorecard", name, "reviews", "attendees", index)
