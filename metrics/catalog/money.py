"""Whether an expression over a dataset's rows is an amount of money."""

from __future__ import annotations

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import Dataset
from metrics.catalog.options import Reference
from metrics.expressions.nodes import Call, Case, Cast, Measure, Name, Node, Operation

_VALUED = ("sum", "avg", "min", "max", "median", "percentile")
_PASSING = ("coalesce", "nullif", "abs", "round", "floor", "least", "greatest")


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
