"""What uses a metric, so that it breaks when the metric goes or becomes something else."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.describe.units import unit_of
from scorecard.edition import Edition


def uses(name: str, edition: Edition) -> Iterator[str]:
    """Yield what uses a metric: scorecards, formulas, guards, the boards that show it, the alert on its red flag."""
    metric = edition.catalog.metric(name)
    for scorecard in edition.board.scorecards.values():
        weighted = (each for weights in scorecard.weights.values() for each in weights)
        if name in scorecard.metrics or name in weighted:
            yield f"scorecards.{scorecard.scorecard}"
    for other in edition.catalog.metrics.values():
        if name in inputs(other):
            yield f"metrics.{other.metric}"
        if name in other.guards:
            yield f"metrics.{other.metric}.guards"
    departments = (metric.leads, *metric.supports)
    yield from (f"boards.{department}" for department in departments if department is not None)
    if any(target.red_flag is not None for target in metric.targets):
        yield f"alerts.{name}"


def is_retyped(before: Metric, after: Metric, base: Catalog, head: Catalog) -> bool:
    """Tell whether a metric is of another kind or unit by what it says itself, not by the company's currency."""
    if before.kind != after.kind:
        return True
    said = (before.unit, before.options) != (after.unit, after.options)
    return said and unit_of(before, base) != unit_of(after, head)
