from scorecard.checks.load_dataset import CODE
from tests.scorecard.project import JOURNEY, found


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_the_load_is_measured_from_a_dataset():
    load = "load: {dataset: %s, stage: stage, department: team}\n"
    assert found(CODE, **{"journey.yml": JOURNEY + load % "orders"}) == []
    assert found(CODE, **{"journey.yml": JOURNEY + load % "order"}) == [
        "journey.yml:8:17 error no dataset is called 'order' (did you mean 'orders'?)"
    ]
