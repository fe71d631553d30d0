from scorecard.checks.unknown_objective import CODE
from tests.scorecard.project import found

CARD = "scorecards/joint.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_what_is_driven_exists():
    assert found(CODE, (CARD, "drives: [fewer_breaches]", "drives: [few_breaches]")) == [
        f"{CARD}:13:18 error no objective is called 'few_breaches' (did you mean 'fewer_breaches'?)"
    ]
