"""A metric that departments share has one lead, and the lead is not among those who support it."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding
from scorecard.rule import Subject

CODE = "metric-lead"


def check(subject: Subject) -> Iterator[Finding]:
    """Find joint metrics that nobody leads, or whose lead is a supporter too."""
    for name, metric in subject.catalog.metrics.items():
        if metric.leads is None and metric.supports:
            message = f"metric {name!r} is supported, but nobody leads it: write leads"
            yield subject.finding(CODE, message, "metric", name, "supports")
        elif metric.leads is not None and metric.leads in metric.supports:
            index = metric.supports.index(metric.leads)
            message = f"{metric.leads!r} leads metric {name!r}: it does not support it as well"
            yield subject.finding(CODE, message, "metric", name, "supports", index)
