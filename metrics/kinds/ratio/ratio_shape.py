"""The lag and the allocation of a ratio fit its sides."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.errors import Finding
from metrics.kinds.ratio.allocation import By
from metrics.kinds.ratio.options import Options
from metrics.loading.loader import Places

CODE = "ratio-shape"

# Amounts of parts add up to that of the whole, which neither distinct nor new ones do.
SPREADABLE = ("count", "sum")
Problem = tuple[tuple[str, ...], bool, str]


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each lag and allocation that has no meaning with what it is said of."""
    for name, metric in catalog.metrics.items():
        options = metric.options
        if isinstance(options, Options):
            for path, key, message in (*_lag(options), *_allocate(catalog, metric, options)):
                yield Finding(at("metric", name, *path, key=key), CODE, message)


def _lag(options: Options) -> Iterator[Problem]:
    if options.lag is None:
        return
    if options.lag.count == 0:
        yield ("lag",), False, "the lag has no length"
    elif options.lag.unit.elapsed:
        yield ("lag",), False, "a lag is of days, weeks, months or years"
    if options.numerator.at is not None:
        yield ("lag",), True, "lag has no meaning with a numerator that is a stock"
    measure = options.numerator.measure
    if measure is not None and measure.function == "count_new":
        yield ("lag",), True, "lag has no meaning with a numerator of new ones: they are new when they come"


def _allocate(catalog: Catalog, metric: Metric, options: Options) -> Iterator[Problem]:
    allocate, side = options.allocate, catalog.datasets.get(options.numerator.dataset)
    if allocate is None:
        return
    if not metric.dimensions:
        yield ("allocate",), True, "allocate has no meaning without dimensions"
    elif allocate.where is None and side and set(metric.dimensions) <= set(side.dimensions):
        yield ("allocate",), False, "missing key 'where': which rows of the numerator belong to no segment"
    above, below = options.numerator.measure, options.denominator.measure
    if above is not None and above.function not in SPREADABLE:
        words = f"allocate spreads what adds up over segments, {' or '.join(SPREADABLE)}"
        yield ("numerator", "measure"), False, f"{words}: not {above.function}"
    if allocate.by is By.NEW_CUSTOMERS and below is not None and not below.additive:
        message = f"nothing is allocated in proportion to {below.function}, which cannot be added up"
        yield ("allocate", "by"), False, message
    if options.entity is not None and side is not None and options.entity in side.entities:
        message = (
            f"rows of {options.numerator.dataset!r} belong to a {options.entity} each: leave allocate out"
        )
        yield ("allocate",), True, message
