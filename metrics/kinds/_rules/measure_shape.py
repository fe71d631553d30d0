"""A measure stands where a kind needs one, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.errors import Finding
from metrics.kinds.conversion import options as conversion
from metrics.kinds.ratio import options as ratio
from metrics.loading.loader import Places

CODE = "measure-shape"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each missing, needless or unfitting measure of a ratio or conversion."""
    for metric in catalog.metrics.values():
        for path, message in _problems(metric):
            yield Finding(at("metric", metric.metric, *path), CODE, message)


def _problems(metric: Metric) -> Iterator[tuple[tuple[str, ...], str]]:
    options = metric.options
    if isinstance(options, conversion.Options):
        for key, reference in (("from", options.from_), ("to", options.to)):
            if reference.measure is not None:
                yield (key, "measure"), "a conversion counts entities: leave the measure out"
    if isinstance(options, ratio.Options):
        for key, reference in (("numerator", options.numerator), ("denominator", options.denominator)):
            if reference.measure is None:
                yield (key,), "missing key 'measure'"
            elif options.entity is not None and not reference.measure.additive:
                words = "a ratio with an entity adds up its measures per entity"
                yield (key, "measure"), f"{words}: {reference.measure.function} cannot be added up"
