"""A cut combines two or more of the metric's own dimensions."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding, suggest
from metrics.loading.loader import Places

CODE = "cuts-subset"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each dimension of a cut that the metric does not list, and for single ones."""
    for name, metric in catalog.metrics.items():
        for index, cut in enumerate(metric.cuts):
            if len(cut) < 2:
                message = "each dimension is cut by itself anyway: name two or more"
                yield Finding(at("metric", name, "cuts", index), CODE, message)
            for place, dimension in enumerate(cut):
                if dimension not in metric.dimensions:
                    hint = suggest(dimension, metric.dimensions)
                    message = f"{dimension!r} is not among the metric's dimensions{hint}"
                    yield Finding(at("metric", name, "cuts", index, place), CODE, message)
