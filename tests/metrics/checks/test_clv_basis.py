"""A formula that sets a lifetime value against a cost of acquisition compares like with like."""

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
    # A cost per order is no cost of a new customer, whatever it is divided by.
    assert_found(project(cac=cac("count_new(customer)", "count")), [])


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
    message = "clv-basis 'clv' and 'clv_net' have different margins: margin 40% and margin by 'amount'"
    assert_found(project(formula="clv - clv_net", clv_net=other), [(RATIO, "clv_net", message)])
