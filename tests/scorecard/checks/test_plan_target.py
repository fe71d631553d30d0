import pytest

from scorecard.checks.plan_target import CODE
from tests.scorecard.project import found

KEPT = "metrics/service/kept_promises.yml"
TARGET = "{from: 2026-01-01, goal: 0.95, red_flag: 0.8}"


def test_a_valid_project_has_none():
    assert found(CODE) == []


@pytest.mark.parametrize(
    "target",
    [
        "{from: 2026-01-01, per: month, dataset: orders, goal: plan, red_flag: floor, time: ordered_at}",
        "{from: 2026-01-01, goal: plan}",
        "{from: 2026-01-01, goal: 0.9, red_flag: floor}",
    ],
)
def test_a_plan_is_not_served_yet(target):
    assert found(CODE, (KEPT, TARGET, target)) == [
        f"{KEPT}:11:11 error targets from a plan dataset are not served yet: "
        "write goal and red_flag as numbers"
    ]
