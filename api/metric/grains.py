"""Which grain of a metric is shown where nobody asks for one."""

from __future__ import annotations

from metrics.catalog.metric import Metric
from metrics.grain import Grain

_PREFERRED = (Grain.QUARTER, Grain.MONTH, Grain.FISCAL_QUARTER, Grain.WEEK, Grain.YEAR, Grain.FISCAL_YEAR)


def usual_grain(metric: Metric, wanted: Grain | None = None) -> Grain:
    """Return the grain to show first: the wanted one, else a quarter, else what there is."""
    order = ((wanted,) if wanted else ()) + _PREFERRED
    return next((grain for grain in order if grain in metric.grains), metric.grains[0])
