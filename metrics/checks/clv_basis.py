"""A formula that sets a lifetime value against a cost of acquisition compares like with like."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.definitions import Places
from metrics.errors import Finding
from metrics.expression import Measure, Name, Node, Operation, names, walk
from metrics.kinds import clv, derived, ratio
from metrics.model import Catalog, Metric, Reference
from metrics.unit import is_money

CODE = "clv-basis"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding where entity, customers, currency or margin of the two sides differ."""
    for metric in catalog.metrics.values():
        if isinstance(metric.options, derived.Options):
            node = metric.options.formula.node
            for place, message in (*_divided(catalog, node), *_margins(catalog, node)):
                where = at("metric", metric.metric, "formula", offset=place.offset)
                yield Finding(where, CODE, message)


def _divided(catalog: Catalog, node: Node) -> Iterator[tuple[Node, str]]:
    """Yield what is wrong with each lifetime value that is divided by a cost, or the other way round."""
    for part in walk(node):
        if isinstance(part, Operation) and part.operator == "/":
            sides = [list(_metrics(catalog, each)) for each in part.operands]
            for values, costs in (sides, sides[::-1]):
                for _, value in values:
                    for place, cost in costs:
                        if isinstance(value.options, clv.Options) and isinstance(cost.options, ratio.Options):
                            yield from ((place, message) for message in _unlike(catalog, value, cost))


def _metrics(catalog: Catalog, node: Node) -> Iterator[tuple[Node, Metric]]:
    for name in names(node):
        if isinstance(name, Name) and ".".join(name.parts) in catalog.metrics:
            yield name, catalog.metrics[".".join(name.parts)]


def _unlike(catalog: Catalog, value: Metric, cost: Metric) -> Iterator[str]:
    """Yield how a lifetime value and a cost per new customer differ."""
    options, new = value.options, cost.options.denominator
    entity = _new_entity(new.measure)
    if entity is None:
        return
    both = f"{value.metric!r} and {cost.metric!r}"
    if entity != options.entity:
        yield f"{both} are of different entities: {options.entity!r} and {entity!r}"
        return
    bought = options.orders or options.subscription
    if bought is not None and _customers(catalog, bought.reference) != _customers(catalog, new):
        yield (
            f"{both} are not of the same customers: write one dataset, where and time in both "
            f"({_said(bought.reference)}; {_said(new)})"
        )
    money = [_is_value_money(catalog, value), is_money(cost.options.numerator, catalog)]
    # With one currency a plain number is in it; with several, money says its own.
    if catalog.company.currency.rates is not None and money[0] != money[1]:
        plain = cost.metric if money[0] else value.metric
        report = catalog.company.currency.report
        yield f"{both} may be in different currencies: {plain!r} sums a column without one, not {report}"


def _new_entity(measure: Measure | None) -> str | None:
    if measure is None or measure.function != "count_new" or not isinstance(measure.argument, Name):
        return None
    return ".".join(measure.argument.parts)


def _customers(catalog: Catalog, reference: Reference) -> tuple[object, ...]:
    """Return what decides who is a customer, and since when."""
    dataset = catalog.datasets.get(reference.dataset)
    return reference.dataset, reference.where, reference.time or (dataset.time if dataset else None)


def _said(reference: Reference) -> str:
    where = f" where {' '.join(reference.where.text.split())}" if reference.where else ""
    return f"{reference.dataset}{where}{f', by {reference.time.text}' if reference.time else ''}"


def _is_value_money(catalog: Catalog, value: Metric) -> bool:
    options = value.options
    bought = options.orders or options.subscription
    amount = options.margin.column or (bought.value if bought else None)
    if bought is None or amount is None:
        return False
    return is_money(Reference(bought.dataset, measure=Measure("sum", "sum", amount.node)), catalog)


def _margins(catalog: Catalog, node: Node) -> Iterator[tuple[Node, str]]:
    """Yield each lifetime value of a formula that has another margin than the first."""
    values = [
        (place, each) for place, each in _metrics(catalog, node) if isinstance(each.options, clv.Options)
    ]
    for place, each in values[1:]:
        first = values[0][1]
        if each.options.margin != first.options.margin:
            said = f"{first.options.margin} and {each.options.margin}"
            yield place, f"{first.metric!r} and {each.metric!r} have different margins: {said}"
