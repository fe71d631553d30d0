"""Targets are numbers: those from a plan dataset are read, but not served yet."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject

CODE = "plan-target"


def check(subject: Subject) -> Iterator[Finding]:
    """Find targets that name a dataset or its columns."""
    for name, metric in subject.catalog.metrics.items():
        for index, target in enumerate(metric.targets):
            texts = isinstance(target.goal, str) or isinstance(target.red_flag, str)
            if target.dataset is not None or texts:
                message = "targets from a plan dataset are not served yet: write goal and red_flag as numbers"
                yield subject.finding(CODE, message, "metric", name, "targets", index)
