"""A coverage compares two or more datasets, pairwise exactly two."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.definitions import Places
from metrics.errors import Finding
from metrics.kinds.coverage import Options, Share
from metrics.model import Catalog

CODE = "coverage-shape"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for too few or too many datasets, and for one that stands there twice."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if not isinstance(options, Options):
            continue
        if options.share is Share.PAIRWISE and len(options.of) != 2:
            message = f"pairwise is of exactly two datasets, got {len(options.of)}"
            yield Finding(at("metric", name, "of"), CODE, message)
        elif len(options.of) < 2:
            yield Finding(at("metric", name, "of"), CODE, "coverage is of two datasets or more")
        for index, seen in enumerate(options.of):
            if seen in options.of[:index]:
                message = f"dataset {seen.dataset!r} stands in of already"
                yield Finding(at("metric", name, "of", index), CODE, message)
