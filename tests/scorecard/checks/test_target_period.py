from scorecard.checks.target_period import CODE
from tests.scorecard.project import found

BREACHES = "metrics/service/breaches.yml"
WITHOUT = (BREACHES, "per: quarter, ", "")


def test_a_valid_project_has_none():
    assert found(CODE) == []


def test_a_flow_s_target_says_its_period():
    assert found(CODE, WITHOUT) == [
        f"{BREACHES}:10:11 advice the target of 'breaches' says no period, and is taken as it is for "
        "month, quarter: write per"
    ]


def test_one_grain_leaves_no_doubt():
    assert found(CODE, WITHOUT, (BREACHES, "where: broken", "where: broken\ngrains: [quarter]")) == []
