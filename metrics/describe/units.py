"""The unit of a metric's values: a share, money, or what its definition declares."""

from __future__ import annotations

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.expressions.nodes import Call, Case, Cast, Measure, Name, Node, Operation
from metrics.kinds.aggregate import kind as aggregate
from metrics.kinds.difference import kind as difference
from metrics.kinds.duration import kind as duration
from metrics.kinds.ratio import kind as ratio

RATIO = "ratio"
RATIO_DIFFERENCE = "ratio difference"
MONTHS = "months"
SCORE = "score"
TIMES = "times"
_DISTANCES = {"agreement": {"share": RATIO}, "drift": {"total_variation": RATIO}}
_SHARES = ("proportion", "conversion", "net_share", "retention", "win_back", "coverage")
_VALUED = ("sum", "avg", "min", "max", "median", "percentile")
_PASSING = ("coalesce", "nullif", "abs", "round", "floor", "least", "greatest")


def unit_of(metric: Metric, catalog: Catalog) -> str:
    """Return `ratio`, a lower-case currency code, the declared unit, or an empty text for counts.

    A ratio of money to anything else is money; money over money is a ratio.
    """
    if metric.unit is not None:
        return metric.unit
    options = metric.options
    if metric.kind in _SHARES:
        return RATIO
    if isinstance(options, duration.Options):
        shared = options.statistic is duration.Statistic.SHARE_WITHIN
        return RATIO if shared else duration.DEFAULT_UNIT
    if isinstance(options, difference.Options):
        return unit_of(catalog.metric(options.of), catalog)
    if metric.kind in _DISTANCES:
        return _DISTANCES[metric.kind].get(str(options.statistic), SCORE)
    if metric.kind == "surge":
        return TIMES
    if metric.kind == "payback":
        return MONTHS
    currency = catalog.company.currency.report.lower()
    if metric.kind == "clv":
        return currency
    if isinstance(options, ratio.Options):
        top = _is_money(options.numerator.measure, options.numerator.dataset, catalog)
        bottom = _is_money(options.denominator.measure, options.denominator.dataset, catalog)
        return currency if top and not bottom else RATIO
    if isinstance(options, aggregate.Options):
        return currency if _is_money(options.measure, options.dataset, catalog) else ""
    return ""


def shown_unit(metric: Metric, catalog: Catalog) -> str:
    """Return the unit that people read a metric in: a difference of shares is one of percentage points."""
    unit = unit_of(metric, catalog)
    return RATIO_DIFFERENCE if unit == RATIO and isinstance(metric.options, difference.Options) else unit


def is_money(reference: Reference, catalog: Catalog) -> bool:
    """Tell whether what a reference measures is an amount of money that says its currency."""
    return _is_money(reference.measure, reference.dataset, catalog)


def _is_money(measure: Measure | None, dataset: str, catalog: Catalog) -> bool:
    if measure is None or measure.function not in _VALUED or measure.argument is None:
        return False
    return _money(measure.argument, dataset, catalog, frozenset())


def _money(node: Node, name: str, catalog: Catalog, seen: frozenset[tuple[str, str]]) -> bool:
    """Tell whether an expression over a dataset's rows is an amount of money."""
    match node:
        case Name(parts=parts):
            return _money_column(parts, name, catalog, seen)
        case Operation(operator="/", operands=(top, bottom)):
            return _money(top, name, catalog, seen) and not _money(bottom, name, catalog, seen)
        case Operation(operator="+" | "-" | "*" | "neg", operands=operands):
            return any(_money(operand, name, catalog, seen) for operand in operands)
        case Call(function=function, arguments=arguments) if function in _PASSING:
            return any(_money(argument, name, catalog, seen) for argument in arguments)
        case Case(branches=branches, otherwise=otherwise):
            results = [result for _, result in branches] + [otherwise]
            return any(_money(result, name, catalog, seen) for result in results)
        case Cast(operand=operand):
            return _money(operand, name, catalog, seen)
    return False


def _money_column(
    parts: tuple[str, ...], name: str, catalog: Catalog, seen: frozenset[tuple[str, str]]
) -> bool:
    for lookup in parts[:-1]:
        followed = _dataset(name, catalog)
        if followed is None or lookup not in followed.lookups:
            return False
        name = followed.lookups[lookup].dataset
    dataset = _dataset(name, catalog)
    column = dataset.columns.get(parts[-1]) if dataset else None
    # A column may be computed from a column of the same name underneath it.
    if dataset is None or column is None or (name, parts[-1]) in seen:
        return False
    if column.currency is not None:
        return True
    return _money(column.expression.node, name, catalog, seen | {(name, parts[-1])})


def _dataset(name: str, catalog: Catalog) -> Dataset | None:
    return catalog.datasets.get(name)
