from scorecard.checks.duplicate_objective import CODE
from tests.scorecard.project import found

CARD = "scorecards/joint.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_an_objective_is_named_once():
    assert found(CODE, (CARD, "objective: fewer_breaches\n", "objective: keep_promises\n")) == [
        f"{CARD}:16:20 error objective 'keep_promises' stands twice in the scorecard: name each once"
    ]


def test_a_perspective_is_named_once():
    again = """\
  - perspective: customer
    objectives: [{objective: other, statement: Other, indicators: [breaches]}]
reviews:"""
    assert found(CODE, (CARD, "reviews:", again)) == [
        f"{CARD}:19:18 error perspective 'customer' stands twice in the scorecard: name each once"
    ]
