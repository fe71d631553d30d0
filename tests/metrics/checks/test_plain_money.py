"""What is set against money says that it is money, so that it is shown as money."""

from __future__ import annotations

from tests.metrics.checks.test_clv_basis import CLV, FORMULA, PAYBACK, RATIO, VALUE, cac
from tests.metrics.project import CAC, COMPANY, ORDERS, Files, added, assert_found, base

ONE_CURRENCY = (
    base()[COMPANY]
    .decode()
    .replace(
        "{report: GBP, rates: {dataset: fx, from: base, to: quote, date: day, rate: rate, max_age: 4 days}}",
        "GBP",
    )
)
PLAIN = base()[ORDERS].decode().replace(", currency: currency}", "}")
ADVICE = (
    "plain-money 'cac' is set against money, but its column says no currency, so that it is shown as a plain "
    "number: write currency: \"'GBP'\" at the column, or unit: gbp here"
)


def project(cost: str, **more: str) -> Files:
    others = {f"metrics/sales/{name}.yml": each for name, each in more.items()}
    return added({COMPANY: ONE_CURRENCY, ORDERS: PLAIN, CAC: cost, **others})


PLAIN_CAC = cac("sum(paid)", "sum(cost)")
WITH_VALUE = {"clv": CLV, "clv_to_cac": FORMULA}


def test_a_plain_cost_beside_a_lifetime_value() -> None:
    assert (VALUE, RATIO) == ("metrics/sales/clv.yml", "metrics/sales/clv_to_cac.yml")
    assert_found(project(PLAIN_CAC, **WITH_VALUE), [(CAC, "sum(cost)", ADVICE)])
    # Also where a formula stands between them.
    twice = FORMULA.replace("clv_to_cac", "twice").replace("clv / cac", "cac * 2")
    through = {"clv": CLV, "twice": twice, "clv_to_cac": FORMULA.replace("clv / cac", "clv / twice")}
    assert_found(project(PLAIN_CAC, **through), [(CAC, "sum(cost)", ADVICE)])


def test_a_plain_cost_that_a_payback_calls_its_cost() -> None:
    payback = PAYBACK.replace("sum(paid)", "sum(cost)")
    assert_found(project(PLAIN_CAC, back=payback), [(CAC, "sum(cost)", ADVICE)])


def test_money_that_says_so_and_what_stands_alone() -> None:
    for cost in (cac("sum(paid)", "sum(paid)"), PLAIN_CAC + "unit: gbp\n", PLAIN_CAC + "unit: visits\n"):
        assert_found(project(cost, **WITH_VALUE), [])
    assert_found(project(PLAIN_CAC), [])
