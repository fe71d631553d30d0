"""Every metric has an owner."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding, Level
from metrics.loading.loader import Places

CODE = "owner-missing"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice for each metric without one, an error where company.yml says `strict: true`."""
    level = Level.ERROR if catalog.company.strict else Level.ADVICE
    for name, metric in catalog.metrics.items():
        if metric.owner is None:
            yield Finding(at("metric", name), CODE, "nobody owns the metric: write owner", level)
