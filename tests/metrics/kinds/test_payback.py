"""Payback: the published example, the month in which a cost is back, and what "not yet" looks like."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from metrics.catalog.catalog import Catalog
from metrics.catalog.company import Company, Currency
from metrics.catalog.metric import Metric
from metrics.catalog.options import Reference
from metrics.describe.parameters import assumptions
from metrics.describe.units import unit_of
from metrics.engine.outcome import Outcome
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds.clv.options import Margin, Orders
from metrics.kinds.payback.options import Form, Options
from metrics.observation import Estimate
from tests.metrics.kinds.test_clv import ORDERS, Order, _money
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

COSTS = {"day": "date", "amount": "decimal", "ch": "text"}
SPENT = Reference("costs", parse_measure("sum(amount)"))


def shop(rows: list[Order], costs: list[tuple[date, float, str]]) -> World:
    lines = [
        (f"{index:06d}", who, day, _money(amount), ch) for index, (who, day, amount, ch) in enumerate(rows)
    ]
    spent = [(day, _money(amount), ch) for day, amount, ch in costs]
    shared: dict[str, Any] = {
        "time": E("day"),
        "dimensions": dimensions(ch="ch"),
        "complete_through": until_now(),
    }
    return World(
        {"orders": table(ORDERS, lines), "costs": table(COSTS, spent)},
        {"orders": {"key": ("id",), "entities": entities(customer="who"), **shared}, "costs": shared},
    )


def back(horizon: str = "12 months", form: Form = Form.OBSERVED, rate: float = 0.5, **more: Any) -> Metric:
    options = Options(
        "customer", Orders("orders", E("amount")), Margin(rate=rate), SPENT, Span.parse(horizon), form
    )
    return metric("m", "payback", options, **{"grains": (Grain.MONTH,), "min_sample": 1, **more})


def month(outcome: Outcome, text: str = "2024-01", **segment: str) -> Estimate:
    assert outcome.error is None, outcome.error
    start = date.fromisoformat(f"{text}-01")
    return by_cell(outcome)[Grain.MONTH, start, tuple(sorted(segment.items()))]


@pytest.mark.parametrize(("cost", "cac", "months"), [(155_000.0, 1291.67, 2.018), (70_000.0, 583.33, 0.911)],
                         ids=["loaded", "paid"])  # fmt: skip
def test_the_published_simple_payback(cost: float, cac: float, months: float) -> None:
    rows = [(f"c{number}", date(2024, 1, 1 + number % 28), 800.0, "p") for number in range(120)]
    one = back(form=Form.SIMPLE, rate=0.8)
    found = month(shop(rows, [(date(2024, 1, 5), cost, "p")]).compute(one, at("2024-02-01T00:00")))
    assert round(found.numerator or 0, 2) == cac
    assert found.denominator == pytest.approx(640.0)
    assert round(found.value or 0, 3) == months
    assert found.state.value == "final"


def test_simple_takes_the_mean_of_active_customers_a_month() -> None:
    """Two months of a quarter: 100 from one customer, then 100 and 200 from two; 80 spent on the one new."""
    rows = [
        ("old", date(2024, 1, 3), 100.0, "p"), ("old", date(2024, 2, 3), 100.0, "p"),
        ("new", date(2024, 2, 4), 150.0, "p"), ("new", date(2024, 2, 9), 50.0, "p"),
    ]  # fmt: skip
    world = shop(rows, [(date(2024, 2, 1), 80.0, "p")])
    one = back(form=Form.SIMPLE, grains=(Grain.MONTH, Grain.QUARTER))
    outcome = world.compute(one, at("2024-04-01T00:00"))
    # 80 for one new customer over 150 / 2 of margin.
    assert month(outcome, "2024-02").value == pytest.approx(80 / 75)
    quarter = by_cell(outcome)[Grain.QUARTER, date(2024, 1, 1), ()]
    # 40 a customer, over 200 of margin in three customer-months.
    assert quarter.value == pytest.approx(40 / (200 / 3))


COHORT = [
    ("a", date(2024, 1, 31), 40.0, "p"), ("a", date(2024, 2, 28), 20.0, "p"), ("a", date(2024, 2, 29), 60.0, "p"),
    ("b", date(2024, 1, 1), 40.0, "p"), ("b", date(2024, 4, 1), 100.0, "p"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cost", "months"), [(49.0, 1), (50.0, 1), (51.0, 2), (80.0, 2), (81.0, 4), (130.0, 4)]
)
def test_the_first_month_in_which_the_cost_is_back(cost: float, months: int) -> None:
    """Margin of the first month 20 + 10 + 20, of the second 30 (29 February is one month on), of the fourth 50."""
    world = shop(COHORT, [(date(2024, 1, 9), cost, "p")])
    found = month(world.compute(back(), at("2025-03-01T00:00")))
    assert (found.value, found.denominator, found.state.value) == (float(months), cost, "final")
    assert found.numerator == {1: 50.0, 2: 80.0, 4: 130.0}[months]


def test_not_yet_is_no_value_and_says_how_much_has_come_back() -> None:
    world = shop(COHORT, [(date(2024, 1, 9), 1000.0, "p")])
    found = month(world.compute(back(), at("2024-04-05T00:00")))
    # b has completed three months, a two: with at least one customer a month counts.
    assert (found.value, found.state.value, found.maturity) == (None, "provisional", 0.0)
    assert (found.numerator, found.denominator, found.sample_size) == (80.0, 1000.0, 1)
    over = month(world.compute(back(), at("2025-02-01T00:00")))
    assert (over.value, over.state.value, over.maturity) == (None, "final", 1.0)
    assert (over.numerator, over.denominator) == (130.0, 1000.0)
    early = month(world.compute(back(min_sample=3), at("2024-02-05T00:00")))
    assert (early.value, early.state.value, early.numerator, early.sample_size) == (
        None,
        "provisional",
        0.0,
        0,
    )


def test_each_age_counts_over_those_who_have_completed_it() -> None:
    """By 5 February b has had its first month (margin 20), a has not: 20 a customer so far, 40 of a cost of 30."""
    world = shop(COHORT, [(date(2024, 1, 9), 30.0, "p")])
    found = month(world.compute(back(), at("2024-02-05T00:00")))
    assert (found.value, found.state.value, found.numerator) == (1.0, "provisional", 40.0)
    assert (found.maturity, found.sample_size) == (0.5, 1)
    # Once a has had its first month too, it is final: later months change nothing.
    assert month(world.compute(back(), at("2024-03-01T00:00"))).state.value == "final"


def test_without_a_cost_or_a_customer_there_is_nothing_to_pay_back() -> None:
    outcome = shop(COHORT, [(date(2024, 2, 9), 30.0, "p")]).compute(back(), at("2024-03-05T00:00"))
    january, february = month(outcome), month(outcome, "2024-02")
    assert (january.value, january.state.value, january.denominator) == (None, "no_data", 0.0)
    assert (february.value, february.state.value, february.denominator) == (None, "no_data", 30.0)


def test_segments_are_those_of_the_first_purchase_and_of_the_cost() -> None:
    rows = [
        ("a", date(2024, 1, 2), 100.0, "paid"), ("a", date(2024, 1, 9), 100.0, "web"),
        ("b", date(2024, 1, 2), 10.0, "web"), ("b", date(2024, 2, 5), 90.0, "web"),
    ]  # fmt: skip
    world = shop(rows, [(date(2024, 1, 5), 90.0, "paid"), (date(2024, 1, 5), 50.0, "web")])
    outcome = world.compute(back(dimensions=("ch",)), at("2025-06-01T00:00"))
    assert {ch: month(outcome, ch=ch).value for ch in ("paid", "web")} == {"paid": 1.0, "web": 2.0}
    assert (month(outcome).value, month(outcome).denominator) == (2.0, 140.0)


def test_standing_of_the_cohorts_is_published() -> None:
    rows = [*COHORT, ("c", date(2024, 2, 2), 10.0, "p"), ("d", date(2024, 3, 2), 10.0, "p")]
    costs = [(date(2024, 1, 9), 50.0, "p"), (date(2024, 2, 9), 500.0, "p")]
    said = shop(rows, costs).compute(back("2 months"), at("2024-06-01T00:00")).diagnostics
    assert said == {
        "cohorts": {
            "month": {"paid_back": 1, "not_yet": 0, "not_within_horizon": 1, "nothing_to_pay_back": 3}
        },
        "horizon": "2 months",
    }


def test_unit_and_label() -> None:
    catalog = Catalog(Company("Test", "UTC", Currency("GBP")))
    assert unit_of(back(), catalog) == "months"
    assert assumptions(back(rate=0.8), catalog) == "12 months, not discounted, GBP, margin 80%"


def test_a_month_is_over_when_its_last_day_is() -> None:
    """From 10 January to 9 February both orders fall: 40 of margin, the whole cost."""
    rows = [("a", date(2024, 1, 10), 40.0, "p"), ("a", date(2024, 2, 9), 40.0, "p")]
    world = shop(rows, [(date(2024, 1, 9), 40.0, "p")])
    assert month(world.compute(back("1 month"), at("2024-02-10T00:00"))).value == 1.0
    assert month(world.compute(back("1 month"), at("2024-02-09T23:00"))).value is None
