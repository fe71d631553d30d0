"""A flow's target says what period it is for: 100 orders a week are not 100 orders a quarter."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding, Level
from metrics.kind import Additivity, kind_of
from scorecard.rule import Subject

CODE = "target-period"


def check(subject: Subject) -> Iterator[Finding]:
    """Find targets without `per` on counts and sums of several grains; advice."""
    for name, metric in subject.catalog.metrics.items():
        if len(metric.grains) < 2 or kind_of(metric).additivity(metric, subject.catalog) is Additivity.HOLDS:
            continue
        for index, target in enumerate(metric.targets):
            if target.per is None:
                message = (
                    f"the target of {name!r} says no period, and is taken as it is for "
                    f"{', '.join(metric.grains)}: write per"
                )
                yield subject.finding(CODE, message, "metric", name, "targets", index, level=Level.ADVICE)
