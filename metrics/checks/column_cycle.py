"""No computed column or condition depends on itself through others."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.checks._circles import all_circles, spelled
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "column-cycle"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each circle among the columns and conditions of one dataset."""
    for sort, circle in all_circles(catalog):
        if sort == "column":
            first = circle[0]
            section = "columns" if first.kind == "column" else "conditions"
            message = f"{first.name!r} is computed from itself: {spelled(circle, whole=False)}"
            yield Finding(at("dataset", first.dataset, section, first.name, key=True), CODE, message)
