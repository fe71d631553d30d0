"""No lookup needs itself to be joined."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.checks._circles import all_circles, spelled
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "lookup-cycle"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each circle that goes through a lookup."""
    for sort, circle in all_circles(catalog):
        if sort == "lookup":
            joined = [item for item in circle if item.kind == "lookup"]
            first = (joined or [item for item in circle if item.dataset])[0]
            start = circle.index(first)
            turned = (*circle[start:], *circle[:start])
            message = f"the lookup needs itself: {spelled(turned)}"
            yield Finding(at("dataset", first.dataset, "lookups", first.name, key=True), CODE, message)
