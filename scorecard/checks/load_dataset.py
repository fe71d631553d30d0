"""The dataset that the journey's load is measured from exists."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject, unknown

CODE = "load-dataset"


def check(subject: Subject) -> Iterator[Finding]:
    """Find a load that names a dataset which is not defined."""
    load, known = subject.board.load, subject.catalog.datasets
    if load is not None and load.dataset not in known and not subject.places.failed("dataset", load.dataset):
        message = unknown("dataset", load.dataset, known)
        yield subject.finding(CODE, message, "journey", "", "load", "dataset")
