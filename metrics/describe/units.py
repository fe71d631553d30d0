"""The unit of a metric's values: what its definition declares, else its kind's."""

from __future__ import annotations

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.kind import kind_of


def unit_of(metric: Metric, catalog: Catalog) -> str:
    """Return `ratio`, a lower-case currency code, the declared unit, or an empty text for counts.

    A ratio of money to anything else is money; money over money is a ratio.
    """
    return kind_of(metric).unit_of(metric, catalog)


def shown_unit(metric: Metric, catalog: Catalog) -> str:
    """Return the unit that people read a metric in: a difference of shares is one of percentage points."""
    return kind_of(metric).shown_unit(metric, catalog)
