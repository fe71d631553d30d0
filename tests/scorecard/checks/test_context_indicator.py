from scorecard.checks.context_indicator import CODE
from tests.scorecard.project import found

BREACHES = "metrics/service/breaches.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_context_is_not_an_indicator():
    assert found(CODE, (BREACHES, "direction: down", "direction: none")) == [
        "scorecards/joint.yml:18:31 error metric 'breaches' has direction none; "
        "context: shown, never scored: use a metric with a better direction as the indicator"
    ]
