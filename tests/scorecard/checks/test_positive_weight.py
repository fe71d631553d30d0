import pytest

from scorecard.checks.positive_weight import CODE
from tests.scorecard.project import found

CARD = "scorecards/joint.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("weight: 30", "weight: 0", "8:13"),
        ("weight: 60}", "weight: 0}", "14:54"),
        ("kept_promises: 60", "kept_promises: 0", "5:26"),
    ],
)
def test_every_weight_is_greater_than_0(old, new, place):
    assert found(CODE, (CARD, old, new)) == [f"{CARD}:{place} error the weight 0 is not greater than 0"]


def test_a_negative_weight():
    assert found(CODE, (CARD, "weight: 30", "weight: -2.5")) == [
        f"{CARD}:8:13 error the weight -2.5 is not greater than 0"
    ]
