"""A deprecated metric goes on the day that it was said to go."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding, Level
from scorecard.rule import Subject

CODE = "sunset-passed"


def check(subject: Subject) -> Iterator[Finding]:
    """Find metrics whose sunset has come; nothing where no day is known."""
    for name, metric in subject.catalog.metrics.items():
        if metric.sunset is not None and subject.today is not None and metric.sunset <= subject.today:
            used = "" if metric.replaced_by is None else f", and use {metric.replaced_by!r}"
            message = (
                f"metric {name!r} was to be gone on {metric.sunset}: take it out of the definitions{used}"
            )
            yield subject.finding(CODE, message, "metric", name, "sunset", level=Level.ADVICE)
