from scorecard.checks.scorecard_grain import CODE
from tests.scorecard.project import found

CARD = "scorecards/joint.yml"


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_every_metric_has_the_scorecard_s_grain():
    edit = ("metrics/service/breaches.yml", "measure: count", "measure: count\ngrains: [week, month]")
    assert found(CODE, edit) == [
        f"{CARD}:18:31 error metric 'breaches' has no grain 'quarter'; it has: week, month: "
        "add the scorecard's grain to the metric"
    ]


def test_a_scorecard_has_periods():
    assert found(CODE, (CARD, "grain: quarter", "grain: all")) == [
        f"{CARD}:3:8 error a scorecard has periods: write grain: quarter or another than all"
    ]
