"""The target of a share is a share: 1 is all of it."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding, Level
from metrics.kind import kind_of
from metrics.loading.loader import Places

CODE = "share-target"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice for each number of a target that no share can reach."""
    for name, metric in catalog.metrics.items():
        if not kind_of(metric).is_share(metric):
            continue
        for index, target in enumerate(metric.targets):
            for key in ("goal", "red_flag", "ramp_from"):
                given = getattr(target, key)
                numbers = given if isinstance(given, tuple) else (given,)
                above = next((each for each in numbers if isinstance(each, int | float) and each > 1), None)
                if above is not None:
                    message = (
                        f"{key} {above:.15g} is more than all: a share is at most 1, so that 25% is 0.25"
                    )
                    yield Finding(at("metric", name, "targets", index, key), CODE, message, Level.ADVICE)
