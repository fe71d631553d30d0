"""What is set against money says that it is money, so that it is shown as money."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.money import is_money
from metrics.catalog.options import Reference
from metrics.errors import Finding, Level
from metrics.expressions.nodes import Measure
from metrics.kinds._rules._formula_leaves import leaves
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.clv import options as clv
from metrics.kinds.derived import options as derived
from metrics.kinds.difference import options as difference
from metrics.kinds.payback import options as payback
from metrics.kinds.ratio import options as ratio
from metrics.loading.loader import Places

CODE = "plain-money"

Path = tuple[str, ...]


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield advice for each plain sum that a formula sets against a lifetime value, or a payback calls its cost.

    With exchange rates a plain sum beside money is refused (`clv-basis`); with one currency it is taken as
    money, and only its unit does not know.
    """
    if catalog.company.currency.rates is not None:
        return
    beside, costs = _beside_values(catalog), _costs(catalog)
    for name, metric in catalog.metrics.items():
        summed = _summed(metric)
        if summed is None or metric.unit is not None:
            continue
        path, reference = summed
        if is_money(reference, catalog) or not (name in beside or _measured(reference) in costs):
            continue
        currency = catalog.company.currency.report
        message = (
            f"{name!r} is set against money, but its column says no currency, so that it is shown as a plain "
            f"number: write currency: \"'{currency}'\" at the column, or unit: {currency.lower()} here"
        )
        yield Finding(at("metric", name, *path), CODE, message, Level.ADVICE)


def _beside_values(catalog: Catalog) -> set[str]:
    """Return the metrics that some formula or difference, down to its bottom, holds together with a clv."""
    found: set[str] = set()
    for metric in catalog.metrics.values():
        if isinstance(metric.options, derived.Options | difference.Options):
            every = {leaf.metric.metric: leaf.metric for leaf in leaves(catalog, metric, lambda _: 0).every}
            if any(isinstance(each.options, clv.Options) for each in every.values()):
                found |= set(every)
    return found


def _costs(catalog: Catalog) -> set[object]:
    options = (metric.options for metric in catalog.metrics.values())
    return {_measured(each.cost) for each in options if isinstance(each, payback.Options)}


def _measured(reference: Reference) -> object:
    return reference.dataset, reference.measure


def _summed(metric: Metric) -> tuple[Path, Reference] | None:
    """Return the sum that a metric is made of, or that it divides by a number that is no sum."""
    options = metric.options
    if isinstance(options, aggregate.Options) and _is_sum(options.measure):
        return ("measure",), Reference(options.dataset, options.measure)
    if isinstance(options, ratio.Options) and not _is_sum(options.denominator.measure):
        return (("numerator", "measure"), options.numerator) if _is_sum(options.numerator.measure) else None
    return None


def _is_sum(measure: Measure | None) -> bool:
    return measure is not None and measure.function == "sum"
