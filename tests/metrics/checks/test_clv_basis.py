"""A formula or difference that sets a lifetime value beside money compares like with like."""

import pytest

from tests.metrics.project import CAC, Files, added, assert_found, base

VALUE = "metrics/sales/clv.yml"
RATIO = "metrics/sales/clv_to_cac.yml"
CLV = """\
metric: clv
label: Lifetime value
owner: me
direction: none
kind: clv
entity: customer
orders: {dataset: orders, value: amount, where: "amount > 0"}
margin: {rate: 0.4}
model: historic
horizon: 24 months
discount_rate: 0.1
"""
FORMULA = (
    "metric: clv_to_cac\nlabel: CLV to CAC\nowner: me\ndirection: none\nkind: derived\nformula: clv / cac\n"
)


def project(value: str = CLV, formula: str = "clv / cac", cac: str | None = None, **more: str) -> Files:
    text = FORMULA.replace("clv / cac", formula)
    others = {f"metrics/sales/{name}.yml": each for name, each in more.items()}
    return added({VALUE: value, RATIO: text, **({CAC: cac} if cac else {}), **others})


def cac(old: str, new: str) -> str:
    text = base()[CAC].decode()
    assert old in text
    return text.replace(old, new)


def test_like_is_compared_with_like() -> None:
    assert_found(project(), [])
    # The dataset's own time is the one that is not written.
    timed = CLV.replace('where: "amount > 0"', 'where: "amount > 0", time: ordered_at')
    assert_found(project(timed), [])
    assert_found(project(formula="cac / clv"), [])
    # A cost per order in a formula of its own is nobody's business here.
    orders = cac("count_new(customer)", "count").replace("metric: cac", "metric: cost_per_order")
    assert_found(project(cost_per_order=orders), [])


@pytest.mark.parametrize("formula", ["clv / cac", "cac / clv", "2 * (clv / nullif(cac, 0)) - 1"])
def test_different_customers(formula: str) -> None:
    free = CLV.replace(', where: "amount > 0"', "")
    message = (
        "clv-basis 'clv' and 'cac' are not of the same customers: write one dataset, where and time in both "
        "(orders; orders where amount > 0)"
    )
    assert_found(project(free, formula), [(RATIO, formula[formula.index("cac") :], message)])


def test_different_entities() -> None:
    # Whether the entity exists is another rule's finding.
    entity = "clv-basis 'clv' and 'cac' are of different entities: 'customer' and 'account'"
    missing = "entity-missing dataset 'orders' has no entity 'account'"
    text = cac("count_new(customer)", "count_new(account)")
    column = text.splitlines()[-1].index("account")
    assert_found(
        project(cac=text),
        [(CAC, text.splitlines()[-1][column:], missing), (RATIO, "cac", entity)],
    )


def test_different_currencies() -> None:
    message = (
        "clv-basis 'clv' and 'cac' may be in different currencies: 'cac' sums a column without one, not GBP"
    )
    assert_found(project(cac=cac("sum(paid)", "sum(cost)")), [(RATIO, "cac", message)])


def test_different_margins() -> None:
    other = CLV.replace("metric: clv", "metric: clv_net").replace("rate: 0.4", "column: amount")
    message = "clv-basis 'clv' and 'clv_net' have different margins: margin 40% and margin from rows (amount)"
    assert_found(project(formula="clv - clv_net", clv_net=other), [(RATIO, "clv_net", message)])


@pytest.mark.parametrize(
    ("measure", "per"),
    [("count", "count"), ("count_distinct(accounts.name)", "count_distinct(accounts.name)")],
)
def test_money_that_is_not_per_new_customer(measure: str, per: str) -> None:
    # A cost per order, or per customer new or old, is no cost of the customers whose value it is held against.
    message = (
        f"clv-basis 'cac' is money per {per} of orders, and 'clv' is money per new customer: "
        "set it against a ratio over count_new(customer) of the same rows"
    )
    text = cac("count_new(customer)", measure)
    assert_found(project(cac=text), [(RATIO, "cac", message)])


def derived(name: str, formula: str) -> str:
    return FORMULA.replace("metric: clv_to_cac", f"metric: {name}").replace("clv / cac", formula)


FREE = CLV.replace(', where: "amount > 0"', "")
OTHERS = (
    "clv-basis 'clv' and 'cac' are not of the same customers: write one dataset, where and time in both "
    "(orders; orders where amount > 0)"
)


def test_an_input_that_is_a_formula_is_read_to_its_bottom() -> None:
    files = project(FREE, "clv / cac_twice", cac_twice=derived("cac_twice", "cac * 2"))
    assert_found(files, [(RATIO, "cac_twice", OTHERS)])


@pytest.mark.parametrize(
    ("keys", "pointed"), [("of: clv\nminus: cac", "cac"), ("of: cac\nminus: clv", "cac")]
)
def test_a_difference_is_held_to_the_same(keys: str, pointed: str) -> None:
    text = FORMULA.replace("kind: derived\nformula: clv / cac", f"kind: difference\n{keys}")
    assert_found(added({VALUE: FREE, RATIO: text}), [(RATIO, pointed, OTHERS)])
    assert_found(added({VALUE: CLV, RATIO: text}), [])


def test_a_cost_made_of_two_sums() -> None:
    new = "metric: won\nlabel: Won\nowner: me\ndirection: none\nkind: aggregate\ndataset: orders\n"
    counted = new + 'measure: count_new(customer)\nwhere: "amount > 0"\n'
    spent = "metric: spent\nlabel: Spent\nowner: me\ndirection: none\nkind: aggregate\ndataset: spend\n"
    spent += "measure: sum(paid)\n"
    assert_found(project(formula="clv * won / spent", won=counted, spent=spent), [])
    others = (
        "clv-basis 'clv' and 'won' are not of the same customers: write one dataset, where and time in both "
        "(orders; orders where amount > 0)"
    )
    assert_found(project(FREE, "clv * won / spent", won=counted, spent=spent), [(RATIO, "won", others)])
    alone = (
        "clv-basis 'spent' is money in all, and 'clv' is money per new customer: "
        "set it against a ratio over count_new(customer) of the same rows"
    )
    assert_found(project(formula="clv / spent", spent=spent), [(RATIO, "spent", alone)])


def test_customers_of_more_than_the_period() -> None:
    message = (
        "clv-basis 'clv' and 'cac' are not of the same customers: those of 'clv' are new in the period, "
        "those of 'cac' in more than it (trailing 12 months)"
    )
    assert_found(project(cac=base()[CAC].decode() + "over: trailing 12 months\n"), [(RATIO, "cac", message)])


PAYBACK = """\
metric: back
label: Payback
owner: me
direction: down
targets: [{from: 2026-01-01, goal: 6}]
kind: payback
entity: customer
orders: {dataset: orders, value: amount, where: "amount > 0"}
margin: {rate: 0.4}
cost: {dataset: spend, measure: sum(paid)}
horizon: 12 months
"""


def test_a_payback_beside_a_lifetime_value() -> None:
    assert_found(project(formula="clv / back", back=PAYBACK), [])
    margins = "clv-basis 'clv' and 'back' have different margins: margin 40% and margin 50%"
    other = PAYBACK.replace("0.4", "0.5")
    assert_found(project(formula="clv / back", back=other), [(RATIO, "back", margins)])
    customers = (
        "clv-basis 'clv' and 'back' are not of the same customers: write one dataset, where and time in both "
        "(orders; orders where amount > 0)"
    )
    assert_found(project(FREE, "clv / back", back=PAYBACK), [(RATIO, "back", customers)])


def test_plain_numbers_stand_by_themselves() -> None:
    """Two sets of customers, each with its own cost: their ratios may be compared, their margins must be one."""
    value = FREE.replace("metric: clv", "metric: clv_all")
    cost = cac(', where: "amount > 0"', "").replace("metric: cac", "metric: cac_all")
    assert_found(project(formula="clv / cac - clv_all / cac_all", clv_all=value, cac_all=cost), [])
    rates = {"all_to_cac": derived("all_to_cac", "clv_all / cac_all"), "clv_all": value, "cac_all": cost}
    assert_found(project(formula="clv / cac - all_to_cac", **rates), [])
    rates["clv_all"] = value.replace("0.4", "0.5")
    margins = "clv-basis 'clv' and 'clv_all' have different margins: margin 40% and margin 50%"
    assert_found(project(formula="clv / cac - all_to_cac", **rates), [(RATIO, "all_to_cac", margins)])
