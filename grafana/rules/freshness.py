"""How old what a source says may be: the least that any of its datasets allows."""

from __future__ import annotations

from metrics.model import Catalog


def oldest(catalog: Catalog) -> dict[str, tuple[float | None, float | None]]:
    """Return by source the ages in seconds from which on it is to be looked at, and from which it is stale."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    for dataset in catalog.datasets.values():
        if dataset.source is None or dataset.freshness is None:
            continue
        warn, fail = found.setdefault(dataset.source, ([], []))
        for spans, span in ((warn, dataset.freshness.warn), (fail, dataset.freshness.fail)):
            if span is not None:
                spans.append(span.approximate_seconds)
    return {name: (min(warn, default=None), min(fail, default=None)) for name, (warn, fail) in found.items()}
