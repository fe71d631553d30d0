from scorecard.checks.duplicate_indicator import CODE
from tests.scorecard.project import found

CARD = "scorecards/joint.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_a_metric_measures_one_objective():
    assert found(CODE, (CARD, "{metric: breaches, weight: 40}", "{metric: kept_promises, weight: 40}")) == [
        f"{CARD}:18:31 error metric 'kept_promises' is an indicator of objective 'keep_promises' already"
    ]


def test_and_each_once():
    assert found(CODE, (CARD, "[{metric: breaches, weight: 40}]", "[breaches, breaches, breaches]")) == [
        f"{CARD}:18:{column} error metric 'breaches' is an indicator of objective 'fewer_breaches' already"
        for column in (32, 42)
    ]
