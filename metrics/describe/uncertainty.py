"""Whether a metric's values may have an interval: as its kind says, and what it is made of."""

from __future__ import annotations

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.kind import Uncertainty, kind_of


def uncertainty_of(metric: Metric, catalog: Catalog) -> Uncertainty:
    """Return what is known of the chance in a metric's values; a value too small for it may still have none."""
    below = (catalog.metrics[name] for name in inputs(metric) if name in catalog.metrics)
    return kind_of(metric).uncertainty(
        metric, catalog, tuple(uncertainty_of(each, catalog) for each in below)
    )
