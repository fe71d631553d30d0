"""Lifetime value against its cost: the formula's interval comes from draws of both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.dataset import Column, Dataset
from metrics.catalog.metric import Metric
from metrics.catalog.options import Over, Reference
from metrics.describe.parameters import assumptions, full_label, parameters
from metrics.expressions.parser import parse, parse_measure
from metrics.grain import Grain, Period, Span
from metrics.kinds.clv.options import Model
from metrics.kinds.derived import options as derived
from metrics.kinds.derived.formula import drawn, evaluate
from metrics.kinds.difference import options as difference
from metrics.kinds.ratio import options as ratio
from metrics.kinds.ratio.allocation import Allocate, By
from metrics.observation import Estimate, State
from tests.metrics.kinds.test_clv import buyers, valued
from tests.metrics.kinds.test_payback import shop
from tests.soundness.world import at, by_cell, metric

JANUARY = Period(Grain.MONTH, date(2023, 1, 1), date(2023, 2, 1))


def cost_of(**more: object) -> Metric:
    orders = Reference("orders", parse_measure("count_new(customer)"))
    sides = (Reference("costs", parse_measure("sum(amount)")), orders)
    return replace(metric("cac", "ratio", ratio.Options(*sides, **more)), grains=(Grain.MONTH,))  # type: ignore[arg-type]


def formula(text: str, name: str = "clv_to_cac") -> Metric:
    return metric(name, "derived", derived.Options(parse(text)), grains=(Grain.MONTH,))


def compute(*metrics: Metric) -> dict[str, Estimate]:
    world = shop(buyers(size=300), [(date(2023, 1, 5), 6000.0, "paid")])
    outcomes = world.outcomes(*metrics, now=at("2024-09-01T00:00"))
    assert [str(each.error) for each in outcomes.values() if each.error] == []
    cell = (Grain.MONTH, JANUARY.start, ())
    return {name: by_cell(each)[cell] for name, each in outcomes.items()}


def test_the_interval_of_clv_to_cac() -> None:
    value = replace(valued(Model.HISTORIC), metric="clv")
    found = compute(value, cost_of(entity="customer"), formula("clv / cac"))
    clv, cac, both = found["clv"], found["cac"], found["clv_to_cac"]
    assert clv.value is not None
    assert cac.value == 20.0
    assert both.value == clv.value / 20.0
    assert (both.state, both.maturity) == (State.FINAL, 1.0)
    # Spend is fixed: of the ratio, margin over spend, the variance is that of a sum over a Poisson number.
    assert clv.draws is not None
    relative = np.sqrt((clv.draws(1).std() / clv.value) ** 2 + 1 / 300)
    assert both.draws is not None
    assert both.draws(1).std() / both.value == pytest.approx(relative, rel=0.05)
    assert both.lower is not None
    assert both.upper is not None
    assert both.lower < both.value < both.upper
    assert both.upper - both.lower == pytest.approx(2 * 1.96 * relative * both.value, rel=0.1)


def test_an_input_without_draws_leaves_no_interval() -> None:
    value = replace(valued(Model.HISTORIC), metric="clv")
    found = compute(value, cost_of(), formula("clv / cac"))["clv_to_cac"]
    assert found.value is not None
    assert (found.lower, found.upper, found.draws) == (None, None, None)


def test_a_difference_of_formulas_has_an_interval() -> None:
    value = replace(valued(Model.HISTORIC), metric="clv")
    cost = cost_of(entity="customer")
    others = (replace(value, metric="clv_other"), replace(cost, metric="cac_other"))
    twice, own = formula("2 * clv_other / cac_other", "twice"), formula("2 * clv / cac", "own_twice")
    changes = [
        metric(name, "difference", difference.Options(of, minus="clv_to_cac"), grains=(Grain.MONTH,))
        for name, of in (("change", "twice"), ("own_change", "own_twice"))
    ]
    found = compute(value, cost, *others, formula("clv / cac"), twice, own, *changes)
    change = found["change"]
    assert change.lower is not None
    assert change.upper is not None
    assert change.value is not None
    assert change.lower < change.value < change.upper
    # Two formulas over one metric are not independent, so that their difference has no interval.
    assert (found["own_change"].value, found["own_change"].lower) == (change.value, None)


def estimate(value: float | None, draws: list[float] | None) -> Estimate:
    return Estimate(
        JANUARY, (), State.FINAL, value=value, draws=None if draws is None else lambda seed: np.array(draws)
    )


A, B = [1.0, 2.0, -3.0, 4.0], [2.0, 0.0, 5.0, 4.0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a / b", [0.5, -0.6, 1.0]),
        ("a / nullif(b, 0)", [0.5, -0.6, 1.0]),
        ("-a + 1.5", [0.5, -0.5, 4.5, -2.5]),
        ("a - b * 2", [-3.0, 2.0, -13.0, -4.0]),
        ("abs(least(a, b, 3))", [1.0, 0.0, 3.0, 3.0]),
        ("greatest(a, b)", [2.0, 2.0, 5.0, 4.0]),
        ("coalesce(a / b, 7)", [0.5, 7.0, -0.6, 1.0]),
        ("coalesce(nullif(b, 5), a)", [2.0, 0.0, -3.0, 4.0]),
    ],
)
def test_a_formula_over_draws_is_that_over_values(text: str, wanted: list[float]) -> None:
    node = parse(text).node
    draws = drawn(node, {"a": estimate(1.0, A), "b": estimate(2.0, B)})
    assert draws is not None
    found = draws(1).tolist()
    assert found == pytest.approx([each for each in wanted if np.isfinite(each)])
    singly = [evaluate(node, {"a": one, "b": other}) for one, other in zip(A, B, strict=True)]
    assert found == pytest.approx([each for each in singly if each is not None])


def test_an_input_that_stands_twice_is_drawn_once() -> None:
    draws = drawn(parse("a / a").node, {"a": estimate(1.0, A)})
    assert draws is not None
    assert draws(1).tolist() == [1.0, 1.0, 1.0, 1.0]
    assert drawn(parse("a + b").node, {"a": estimate(1.0, A), "b": estimate(1.0, None)}) is None
    assert drawn(parse("1").node, {}) is None


def test_what_a_value_rests_on_stands_in_every_label() -> None:
    value = replace(valued(Model.HISTORIC, discount_rate=0.1), metric="clv")
    both = formula("clv / cac")
    spend = Dataset("costs", columns={"amount": Column(parse("amount"), parse("'GBP'"))})
    catalog = Catalog(
        Company("Test", "UTC", Currency("GBP")),
        datasets={"costs": spend},
        metrics={each.metric: each for each in (value, cost_of(), both)},
    )
    assumed = "12 months, 10% a year, GBP, margin 50%, historic"
    assert assumptions(value, catalog) == assumed
    assert full_label(cost_of(), catalog) == "cac (GBP, all costs)"
    assert full_label(both, catalog) == f"clv_to_cac (clv: {assumed}; cac: GBP, all costs)"
    assert [term.value for term in parameters(both, catalog) if term.key == "assumes"] == [
        f"clv: {assumed}; cac: GBP, all costs"
    ]
    undiscounted = replace(value, options=replace(value.options, discount_rate=0.0, model=Model.BG_NBD))
    said = "12 months, not discounted, GBP, margin 50%, BG/NBD and Gamma-Gamma"
    assert assumptions(undiscounted, catalog) == said


def test_a_cost_of_acquisition_says_its_cost_set_lag_and_allocation() -> None:
    spend = Dataset("costs", columns={"amount": Column(parse("amount"), parse("'GBP'"))})
    catalog = Catalog(Company("Test", "UTC", Currency("GBP")), datasets={"costs": spend})
    more = {"lag": Span.parse("2 months"), "allocate": Allocate(By.NEW_CUSTOMERS)}
    cost = cost_of(**more, over=Over.parse("trailing 12 months"))
    paid = replace(cost.options.numerator, where=parse("kind = 'paid'"))
    picked = replace(cost, options=replace(cost.options, numerator=paid))
    assert assumptions(picked, catalog) == (
        "GBP, costs where kind = 'paid', of 2 months before, allocated by new_customers, trailing 12 months"
    )
    # Neither a cost per order nor a number of things per customer is a cost of acquisition.
    orders = replace(cost.options.denominator, measure=parse_measure("count"))
    assert assumptions(replace(cost, options=replace(cost.options, denominator=orders)), catalog) is None
    assert assumptions(replace(cost, unit="visits"), catalog) is None
