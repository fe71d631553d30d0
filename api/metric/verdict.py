"""What can be said of the stored value of a metric that is itself a difference."""

from __future__ import annotations

from api.project.project import Project
from metrics.analysis.change import Change, judged
from metrics.catalog.metric import Metric
from metrics.kind import kind_of
from metrics.observation import Observation


def judged_value(seen: Project, metric: Metric, found: Observation | None) -> Change | None:
    """Return a difference's value as the change that it is; None for other kinds and without a final value."""
    compared = kind_of(metric).compared(metric)
    if found is None or compared is None:
        return None
    below = seen.store.latest(compared.of, grain=found.period.grain, by=found.by)
    same = [one for one in below if one.dimensions == found.dimensions]
    return judged(metric, seen.catalog, found, same)
