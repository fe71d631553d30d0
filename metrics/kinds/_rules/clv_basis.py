"""A formula or difference that sets a lifetime value beside money compares like with like."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.catalog.money import is_money
from metrics.catalog.options import Over, Reference
from metrics.errors import Finding
from metrics.expressions.nodes import Measure, Name
from metrics.kind import kind_of
from metrics.kinds._rules._formula_leaves import Leaf, leaves
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.clv import options as clv
from metrics.kinds.derived import options as derived
from metrics.kinds.difference import options as difference
from metrics.kinds.payback import options as payback
from metrics.kinds.ratio import options as ratio
from metrics.loading.loader import Places

CODE = "clv-basis"

Problem = tuple[Leaf, str]


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding where entity, customers, currency or margin of what stands side by side differ."""
    for metric in catalog.metrics.values():
        if not isinstance(metric.options, derived.Options | difference.Options):
            continue
        made_of = leaves(catalog, metric, partial(_power, catalog))
        found = [problem for group in made_of.groups for problem in _unlike(catalog, group)]
        for leaf, message in dict.fromkeys((*found, *_margins(made_of.every))):
            yield Finding(at("metric", metric.metric, leaf.key, offset=leaf.offset), CODE, message)


def _power(catalog: Catalog, metric: Metric) -> int:
    """Return 1 for an amount of money, also where a plain sum per customer can be nothing else."""
    options = metric.options
    if kind_of(metric).unit_of(metric, catalog) == catalog.company.currency.report.lower():
        return 1
    summed = isinstance(options, ratio.Options) and (options.numerator.measure or _COUNT).function == "sum"
    return int(metric.unit is None and summed and _per_customer(options.denominator.measure))


_COUNT = Measure("count", "count")


def _per_customer(measure: Measure | None) -> bool:
    return measure is not None and measure.function in ("count_new", "count_distinct")


def _unlike(catalog: Catalog, group: tuple[Leaf, ...]) -> Iterator[Problem]:
    """Yield how each lifetime value differs from what stands beside it."""
    for value in dict.fromkeys(leaf.metric.metric for leaf in group if _is_clv(leaf)):
        for leaf in group:
            if leaf.metric.metric != value:
                found = _compared(catalog, catalog.metrics[value], leaf, group)
                yield from ((leaf, message) for message in found)


def _is_clv(leaf: Leaf) -> bool:
    return isinstance(leaf.metric.options, clv.Options)


def _compared(catalog: Catalog, value: Metric, leaf: Leaf, group: tuple[Leaf, ...]) -> Iterator[str]:
    """Yield how a lifetime value and one metric beside it differ."""
    other, options = leaf.metric, leaf.metric.options
    money = _power(catalog, other) == 1
    if isinstance(options, clv.Options):
        yield from _currencies(catalog, value, other)
    elif isinstance(options, payback.Options):
        same = _same_customers(catalog, value, other, options.entity, options.orders.reference)
        yield from same or _currencies(catalog, value, other)
    elif isinstance(options, ratio.Options) and money:
        yield from _cost(catalog, value, other, options.denominator, options.over)
    elif isinstance(options, aggregate.Options) and _new_entity(options.measure):
        yield from _cost(catalog, value, other, _rows(options), options.over)
    elif isinstance(options, aggregate.Options) and money:
        counted = (each.metric.options for each in group)
        if any(isinstance(each, aggregate.Options) and _new_entity(each.measure) for each in counted):
            yield from _currencies(catalog, value, other)
        else:
            yield _not_per_customer(value, other, "in all")
    elif money:
        yield _not_per_customer(value, other, f"of kind {other.kind}")


def _cost(catalog: Catalog, value: Metric, cost: Metric, new: Reference, over: Over) -> Iterator[str]:
    """Yield how the customers of a lifetime value and those that a cost is shared by differ."""
    entity = _new_entity(new.measure)
    if entity is None:
        per = " ".join(new.measure.text.split()) if new.measure else "count"
        yield _not_per_customer(value, cost, f"per {per} of {new.dataset}")
        return
    same = _same_customers(catalog, value, cost, entity, new)
    yield from same or _currencies(catalog, value, cost)
    if not same and over != Over():
        yield (
            f"{_both(value, cost)} are not of the same customers: those of {value.metric!r} are new in the "
            f"period, those of {cost.metric!r} in more than it ({over})"
        )


def _not_per_customer(value: Metric, other: Metric, what: str) -> str:
    return (
        f"{other.metric!r} is money {what}, and {value.metric!r} is money per new customer: set it against a "
        f"ratio over count_new({value.options.entity}) of the same rows"
    )


def _same_customers(
    catalog: Catalog, value: Metric, other: Metric, entity: str, new: Reference
) -> tuple[str, ...]:
    """Return what is different about the customers of a lifetime value and of what stands beside it."""
    options, both = value.options, _both(value, other)
    if entity != options.entity:
        return (f"{both} are of different entities: {options.entity!r} and {entity!r}",)
    bought = options.orders or options.subscription
    if bought is None or _customers(catalog, bought.reference) == _customers(catalog, new):
        return ()
    return (
        f"{both} are not of the same customers: write one dataset, where and time in both "
        f"({_said(bought.reference)}; {_said(new)})",
    )


def _both(value: Metric, other: Metric) -> str:
    return f"{value.metric!r} and {other.metric!r}"


def _new_entity(measure: Measure | None) -> str | None:
    if measure is None or measure.function != "count_new" or not isinstance(measure.argument, Name):
        return None
    return ".".join(measure.argument.parts)


def _rows(options: aggregate.Options) -> Reference:
    return Reference(options.dataset, options.measure, options.where, options.time)


def _customers(catalog: Catalog, reference: Reference) -> tuple[object, ...]:
    """Return what decides who is a customer, and since when."""
    dataset = catalog.datasets.get(reference.dataset)
    return reference.dataset, reference.where, reference.time or (dataset.time if dataset else None)


def _said(reference: Reference) -> str:
    where = f" where {' '.join(reference.where.text.split())}" if reference.where else ""
    return f"{reference.dataset}{where}{f', by {reference.time.text}' if reference.time else ''}"


def _currencies(catalog: Catalog, value: Metric, other: Metric) -> Iterator[str]:
    """Yield which of two amounts does not say its currency: with one currency a plain number is in it."""
    if catalog.company.currency.rates is None:
        return
    known = {each.metric: _says_currency(catalog, each) for each in (value, other)}
    if len(set(known.values())) > 1:
        plain = next(name for name, says in known.items() if not says)
        report = catalog.company.currency.report
        yield (
            f"{_both(value, other)} may be in different currencies: "
            f"{plain!r} sums a column without one, not {report}"
        )


def _says_currency(catalog: Catalog, metric: Metric) -> bool:
    options = metric.options
    if isinstance(options, clv.Options | payback.Options):
        cost = is_money(options.cost, catalog) if isinstance(options, payback.Options) else True
        return cost and _is_value_money(catalog, options)
    if isinstance(options, aggregate.Options) and _new_entity(options.measure):
        return True  # A number of customers is no amount.
    if isinstance(options, ratio.Options | aggregate.Options):
        summed = options.numerator if isinstance(options, ratio.Options) else _rows(options)
        return is_money(summed, catalog) or metric.unit == catalog.company.currency.report.lower()
    return True


def _is_value_money(catalog: Catalog, options: clv.Options | payback.Options) -> bool:
    subscription = options.subscription if isinstance(options, clv.Options) else None
    bought = options.orders or subscription
    amount = options.margin.column or (bought.value if bought else None)
    if bought is None or amount is None:
        return False
    return is_money(Reference(bought.dataset, measure=Measure("sum", "sum", amount.node)), catalog)


def _margins(every: tuple[Leaf, ...]) -> Iterator[Problem]:
    """Yield each lifetime value and payback, down to the bottom, that has another margin than the first."""
    values = [leaf for leaf in every if isinstance(leaf.metric.options, clv.Options | payback.Options)]
    if not any(_is_clv(leaf) for leaf in values):
        return
    first = values[0].metric
    for leaf in values[1:]:
        if leaf.metric.options.margin != first.options.margin:
            said = f"{first.options.margin} and {leaf.metric.options.margin}"
            yield leaf, f"{_both(first, leaf.metric)} have different margins: {said}"
