"""The keys of a lifetime value and of a payback fit together."""

import pytest

from tests.metrics.project import NEW, added, assert_found, findings

HEAD = "metric: new\nlabel: New\nowner: me\ndirection: none\nentity: customer\n"
CLV = HEAD + "kind: clv\nhorizon: 24 months\ndiscount_rate: 0.1\n"
PAYBACK = HEAD + "kind: payback\n"
ORDERS = "orders: {dataset: orders, value: amount}\n"
HELD = "subscription: {dataset: orders, start: ordered_at, end: ended_at, value: amount}\n"
RATE = "margin: {rate: 0.4}\n"
COST = "cost: {dataset: spend, measure: sum(paid)}\nhorizon: 24 months\n"
CODE = "clv-shape"

WRONG = [
    (CLV + RATE + "model: bg_nbd\n", "bg_nbd", "model: bg_nbd needs orders"),
    (CLV + RATE + "model: sbg\n", "sbg", "model: sbg needs subscription"),
    (
        CLV + RATE + "model: sbg\n" + HELD + ORDERS,
        "orders",
        "orders has no meaning with model: sbg, which is told by subscription",
    ),
    (
        CLV + RATE + "model: simple\n" + HELD + ORDERS,
        "subscription",
        "subscription has no meaning with model: simple, which is told by orders",
    ),
    (
        CLV + "margin: {}\nmodel: historic\n" + ORDERS,
        "{}",
        "the margin is missing: write a rate, or the column that holds it",
    ),
    (
        CLV + "margin: {rate: 0.4, column: amount}\nmodel: historic\n" + ORDERS,
        "{rate",
        "a margin is a rate of the value or a column, not both",
    ),
    (
        CLV + "margin: {rate: 40}\nmodel: historic\n" + ORDERS,
        "40",
        "the rate of a margin lies above 0, up to 1",
    ),
    (
        CLV + RATE + "model: historic\norders: {dataset: orders}\n",
        "{dataset",
        "margin: {rate} is a share of a value: write orders.value",
    ),
    (
        CLV + RATE + "model: sbg\nsubscription: {dataset: orders, start: ordered_at, end: ended_at}\n",
        "{dataset",
        "margin: {rate} is a share of a value: write subscription.value",
    ),
    (
        CLV.replace("24 months", "0 months") + RATE + "model: historic\n" + ORDERS,
        "0 months",
        "the horizon has no length",
    ),
    (
        CLV.replace("24 months", "3 weeks") + RATE + "model: sbg\n" + HELD,
        "3 weeks",
        "the horizon is shorter than one month",
    ),
    (
        CLV.replace("0.1", "10") + RATE + "model: historic\n" + ORDERS,
        "10",
        "the discount rate is a share a year, such as 0.1",
    ),
    (
        CLV + RATE + "model: bg_nbd\nmax_correlation: 0\n" + ORDERS,
        "0",
        "a correlation's limit lies above 0, up to 1",
    ),
    (
        PAYBACK + RATE + ORDERS + COST.replace("24 months", "90 days"),
        "90 days",
        "a payback is followed month by month: write months or years, such as 24 months",
    ),
    (
        PAYBACK + RATE + ORDERS + "horizon: 1 year\ncost: {dataset: spend}\n",
        "{dataset",
        "missing key 'measure'",
    ),
    (
        PAYBACK + RATE + ORDERS + COST.replace("sum(paid)", "avg(paid)"),
        "avg",
        "a cost adds up: avg cannot be added up",
    ),
    (
        PAYBACK + RATE + ORDERS + COST.replace("sum(paid)", "sum(paid), at: period_end"),
        "at:",
        "a cost is what was spent in a period: leave at out",
    ),
    (
        PAYBACK + RATE + ORDERS + COST + "form: simple\ngrains: [month, week]\n",
        "week",
        "form: simple divides by what a customer brings a month: a week is shorter",
    ),
]


@pytest.mark.parametrize(("text", "pointed", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_clv_shape(text: str, pointed: str, message: str) -> None:
    found = [each for each in findings(added({NEW: text})) if each.code == CODE]
    assert [each.message for each in found] == [message]
    line = text.splitlines()[found[0].position.line - 1]
    assert line[found[0].position.column - 1 :].startswith(pointed)


def test_a_needless_key_is_told() -> None:
    text = CLV + RATE + "model: historic\ntime_unit: week\nmax_correlation: 0.3\n" + ORDERS
    assert_found(
        added({NEW: text}),
        [
            (NEW, "time_unit", "clv-shape time_unit has no meaning with model: historic"),
            (NEW, "max_correlation", "clv-shape max_correlation has no meaning with model: historic"),
        ],
    )


@pytest.mark.parametrize("model", ["historic", "simple", "bg_nbd", "pareto_nbd"])
def test_what_fits_is_not_told(model: str) -> None:
    assert_found(added({NEW: CLV + RATE + f"model: {model}\ndimensions: [segment]\n" + ORDERS}), [])


def test_a_contract_and_a_payback_that_fit() -> None:
    assert_found(added({NEW: CLV + RATE + "model: sbg\n" + HELD}), [])
    assert_found(added({NEW: PAYBACK + RATE + ORDERS + COST}), [])
    assert_found(added({NEW: PAYBACK + "margin: {column: amount * 0.4}\n" + ORDERS + COST}), [])


def test_the_column_of_a_margin_is_read_over_the_orders() -> None:
    assert_found(
        added({NEW: CLV + "margin: {column: plan.amount}\nmodel: historic\n" + ORDERS}),
        [(NEW, "plan.amount", "unknown-reference dataset 'orders' has no lookup 'plan'")],
    )
