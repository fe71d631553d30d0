"""No union contains itself."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.checks._circles import all_circles, spelled
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "union-cycle"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each circle of datasets that are united or wait for one another."""
    for sort, circle in all_circles(catalog):
        if sort == "union" and all(item.kind == "dataset" for item in circle):
            key = "union" if catalog.datasets[circle[0].dataset].union else "complete_through"
            message = f"the dataset contains itself: {spelled(circle)}"
            yield Finding(at("dataset", circle[0].dataset, key, key=True), CODE, message)
