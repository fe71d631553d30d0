from scorecard.checks.curve_indicator import CODE
from tests.scorecard.project import found

BREACHES = "metrics/service/breaches.yml"
ORDERS = "datasets/orders.yml"
COUNT = "kind: aggregate\ndataset: orders\nmeasure: count\nwhere: broken\n"
CURVE = "kind: retention\nmeasure: logo\nentity: customer\nactivity: {dataset: orders}\ncurve: true\n"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_a_curve_is_not_an_indicator():
    entities = (ORDERS, "key: order_id\n", "key: order_id\nentities: {customer: account}\n")
    assert found(CODE, (BREACHES, COUNT, CURVE), entities) == [
        "scorecards/joint.yml:18:31 error metric 'breaches' is a curve, which has a value for each age and "
        "none of its own: score the retention of a period instead"
    ]
