from scorecard.checks.department_weights import CODE
from tests.scorecard.project import found

CARD = "scorecards/joint.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_weights_sum_to_100():
    assert found(CODE, (CARD, "breaches: 40}\n", "breaches: 20.5}\n")) == [
        f"{CARD}:5:10 advice the weights of 'sales' sum to 80.5, not to 100"
    ]


def test_rounding_is_forgiven():
    assert (
        found(CODE, (CARD, "kept_promises: 60, breaches: 40}\n", "kept_promises: 99.9, breaches: 0.1}\n"))
        == []
    )
