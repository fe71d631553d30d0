from scorecard.checks.unknown_metric import CODE
from tests.scorecard.project import found

CARD = "scorecards/joint.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_an_indicator_of_an_unknown_metric():
    assert found(CODE, (CARD, "{metric: kept_promises,", "{metric: kept_promise,")) == [
        f"{CARD}:14:31 error no metric is called 'kept_promise' (did you mean 'kept_promises'?)"
    ]


def test_the_short_form_too():
    assert found(CODE, (CARD, "[{metric: breaches, weight: 40}]", "[churn]")) == [
        f"{CARD}:18:22 error no metric is called 'churn'; there are breaches, kept_promises"
    ]


def test_a_department_s_weight_of_an_unknown_metric():
    assert found(CODE, (CARD, "breaches: 40}\n", "breach: 40}\n")) == [
        f"{CARD}:5:30 error no metric is called 'breach' (did you mean 'breaches'?)"
    ]
