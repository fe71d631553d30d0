"""What a drift expects are shares of different values that add up to 1 at most."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.kinds.drift.options import Options
from metrics.loading.loader import Places

CODE = "drift-shape"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for a share outside of 0 to 1, a value named twice, and shares above 1 together."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if not isinstance(options, Options):
            continue
        seen: set[str] = set()
        for index, one in enumerate(options.expected):
            if not 0 <= one.share <= 1:
                message = f"{one.share:g} is not a share: write 0.4 for 40%"
                yield Finding(at("metric", name, "expected", index, "share"), CODE, message)
            if one.value in seen:
                message = f"{one.value!r} stands in expected already"
                yield Finding(at("metric", name, "expected", index, "value"), CODE, message)
            seen.add(one.value)
        total = fsum(one.share for one in options.expected)
        # Shares are written in decimals: a sum of 1 may be a rounding above it.
        if total > 1 + 1e-9:
            yield Finding(
                at("metric", name, "expected"), CODE, f"the expected shares add up to {total:g}: 1 at most"
            )
