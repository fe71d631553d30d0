"""How old a metric's data may become before they count as stale."""

from __future__ import annotations

from metrics.catalog.catalog import Catalog
from metrics.catalog.lineage import upstream
from metrics.grain import Span


def longest_age(metric: str, catalog: Catalog) -> Span | None:
    """Return the least `freshness.warn` of all datasets behind a metric, or None where none has one."""
    behind = [catalog.datasets[name].freshness for name in upstream(catalog, metric).datasets]
    spans = [one.warn for one in behind if one is not None and one.warn is not None]
    return min(spans, key=lambda span: span.approximate_seconds, default=None)
