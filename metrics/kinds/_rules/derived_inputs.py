"""A metric computed from others has only grains and dimensions that they have."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.walk import inputs
from metrics.errors import Finding, suggest
from metrics.kinds.derived import options as derived
from metrics.loading.loader import Places

CODE = "derived-inputs"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each grain and dimension that an input lacks, and for a formula without inputs."""
    for metric in catalog.metrics.values():
        if isinstance(metric.options, derived.Options) and not inputs(metric):
            message = "the formula names no metric: it has no period to be computed for"
            yield Finding(at("metric", metric.metric, "formula"), CODE, message)
        for name in inputs(metric):
            if name in catalog.metrics and name != metric.metric:
                yield from _lacking(at, metric, catalog.metrics[name])


def _lacking(at: Places, metric: Metric, source: Metric) -> Iterator[Finding]:
    for index, grain in enumerate(metric.grains):
        if grain not in source.grains:
            known = ", ".join(source.grains)
            message = f"its input {source.metric!r} has no grain {str(grain)!r}: it has {known}"
            yield Finding(at("metric", metric.metric, "grains", index), CODE, message)
    for index, name in enumerate(metric.dimensions):
        if name not in source.dimensions:
            hint = suggest(name, source.dimensions)
            message = f"its input {source.metric!r} has no dimension {name!r}{hint}"
            yield Finding(at("metric", metric.metric, "dimensions", index), CODE, message)
