"""A coverage compares two or more datasets, each once."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.kinds.coverage.options import Options
from metrics.loading.loader import Places

CODE = "coverage-shape"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for too few datasets, for one that stands there twice, and for a dimension `pair`."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if not isinstance(options, Options):
            continue
        if len(options.of) < 2:
            yield Finding(at("metric", name, "of"), CODE, "coverage is of two datasets or more")
        for index, seen in enumerate(options.of):
            if seen in options.of[:index]:
                message = f"dataset {seen.dataset!r} stands in of already"
                yield Finding(at("metric", name, "of", index), CODE, message)
        for dimension in set(metric.own_dimensions).intersection(metric.dimensions):
            message = f"{dimension!r} is the dimension of share: {options.share} itself: leave it out"
            yield Finding(at("metric", name, "dimensions", metric.dimensions.index(dimension)), CODE, message)
