from scorecard.checks.empty_objective import CODE
from tests.scorecard.project import found

CARD = "scorecards/joint.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_something_measures_every_objective():
    assert found(CODE, (CARD, "        indicators: [{metric: breaches, weight: 40}]\n", "")) == [
        f"{CARD}:16:9 error objective 'fewer_breaches' has no indicators: nothing measures it"
    ]


def test_a_perspective_has_objectives():
    assert found(CODE, (CARD, "reviews:", "  - {perspective: financial}\nreviews:")) == [
        f"{CARD}:19:5 error perspective 'financial' has no objectives"
    ]
