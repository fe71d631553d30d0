"""What can be said of the stored value of a metric that is itself a difference."""

from __future__ import annotations

from api.project.project import Project
from metrics.analysis.change import Change, judged
from metrics.catalog.metric import Metric
from metrics.kinds.difference import kind as difference
from metrics.observation import Observation


def judged_value(seen: Project, metric: Metric, found: Observation | None) -> Change | None:
    """Return a difference's value as the change that it is; None for other kinds and without a final value."""
    if found is None or not isinstance(metric.options, difference.Options):
        return None
    below = seen.store.latest(metric.options.of, grain=found.period.grain, by=found.by)
    same = [one for one in below if one.dimensions == found.dimensions]
    return judged(metric, seen.catalog, found, same)
