from types import MappingProxyType

import pytest

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.dataset import Column, Dataset, Lookup
from metrics.catalog.metric import Direction, Metric
from metrics.catalog.options import Reference
from metrics.describe.units import unit_of
from metrics.expressions.parser import parse, parse_measure
from metrics.grain import Span
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.conversion import options as conversion
from metrics.kinds.derived import options as derived
from metrics.kinds.difference import options as difference
from metrics.kinds.proportion import options as proportion
from metrics.kinds.ratio import options as ratio

COLUMNS = {
    "amount": Column(parse("price"), parse("'GBP'")),
    "margin": Column(parse("amount - amount * 0.2")),
    "pieces": Column(parse("quantity")),
    "quantity": Column(parse("quantity + 1")),
}


def catalog(*metrics):
    orders = Dataset(
        dataset="orders",
        source="crm",
        table="orders",
        columns=MappingProxyType(COLUMNS),
        lookups=MappingProxyType({"plan": Lookup("plans", (parse("plan_id"),))}),
    )
    fee = Column(parse("fee"), parse("currency"))
    plans = Dataset(dataset="plans", source="crm", table="plans", columns=MappingProxyType({"fee": fee}))
    return Catalog(
        Company("Northwind Teas", "UTC", Currency("GBP")),
        datasets=MappingProxyType({"orders": orders, "plans": plans}),
        metrics=MappingProxyType({one.metric: one for one in metrics}),
    )


KINDS = {
    aggregate.Options: "aggregate",
    conversion.Options: "conversion",
    derived.Options: "derived",
    difference.Options: "difference",
    proportion.Options: "proportion",
    ratio.Options: "ratio",
}


def metric(options, name="m", **changes):
    return Metric(name, name, KINDS[type(options)], Direction.UP, options, **changes)


def of_measure(text):
    return metric(aggregate.Options("orders", parse_measure(text)))


@pytest.mark.parametrize(
    ("measure", "unit"),
    [
        ("count", ""),
        ("count_distinct(amount)", ""),
        ("sum(amount)", "gbp"),
        ("avg(amount)", "gbp"),
        ("max(coalesce(amount, 0))", "gbp"),
        ("percentile(amount, 0.9)", "gbp"),
        ("sum(margin)", "gbp"),
        ("sum(amount * quantity)", "gbp"),
        ("sum(amount / quantity)", "gbp"),
        ("avg(amount / margin)", ""),
        ("sum(-amount)", "gbp"),
        ("sum(case when quantity > 1 then amount end)", "gbp"),
        ("sum(cast(amount as decimal))", "gbp"),
        ("sum(plan.fee)", "gbp"),
        ("sum(plan.places)", ""),
        ("sum(nothing.fee)", ""),
        ("sum(pieces)", ""),
        ("sum(price)", ""),
        ("avg(days_between(amount, quantity))", ""),
    ],
)
def test_money_is_followed_through_columns_and_lookups(measure, unit):
    found = of_measure(measure)
    assert unit_of(found, catalog(found)) == unit


@pytest.mark.parametrize(
    ("top", "bottom", "unit"),
    [
        ("sum(amount)", "count", "gbp"),
        ("sum(amount)", "sum(margin)", "ratio"),
        ("count", "count", "ratio"),
        ("count", "sum(amount)", "ratio"),
    ],
)
def test_a_ratio_is_money_where_its_numerator_alone_is(top, bottom, unit):
    sides = [Reference("orders", parse_measure(text)) for text in (top, bottom)]
    found = metric(ratio.Options(*sides))
    assert unit_of(found, catalog(found)) == unit


def test_shares_are_ratios():
    share = metric(proportion.Options("orders", parse("kept")), "share")
    funnel = metric(conversion.Options("lead", Reference("orders"), Reference("orders")), "funnel")
    known = catalog(share, funnel)
    assert {unit_of(share, known), unit_of(funnel, known)} == {"ratio"}


def test_a_difference_has_the_unit_of_what_it_compares():
    revenue = metric(aggregate.Options("orders", parse_measure("sum(amount)")), "revenue")
    change = metric(difference.Options("revenue", shift=Span.parse("1 year")), "change")
    assert unit_of(change, catalog(revenue, change)) == "gbp"


def test_a_formula_has_none_but_what_it_declares():
    plain = metric(derived.Options(parse("a / b")), "plain")
    told = metric(derived.Options(parse("a / b")), "told", unit="days")
    known = catalog(plain, told)
    assert (unit_of(plain, known), unit_of(told, known)) == ("", "days")


def test_what_is_declared_counts():
    found = metric(aggregate.Options("orders", parse_measure("sum(amount)")), unit="score")
    assert unit_of(found, catalog(found)) == "score"
