"""Targets fit the metric's direction, and one holds at a time."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from metrics.errors import Level
from tests.metrics.project import edited, findings, listed

CASES = [
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml",
            ("{from: 2025-04-01, goal: 2000000, red_flag: 1500000}", "{from: 2025-04-01, red_flag: 5}"),
        ),
        ["definitions/metrics/sales/revenue.yml:10:11 target-shape missing key 'goal'"],
        id="no goal",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml",
            (
                "{from: 2025-04-01, goal: 2000000, red_flag: 1500000}",
                "{from: 2025-04-01, goal: 5, red_flag: 5}",
            ),
        ),
        [
            "definitions/metrics/sales/revenue.yml:10:49 target-shape red_flag 5 is not below goal 5, but more is better"
        ],
        id="more is better",
    ),
    pytest.param(
        lambda: edited("metrics/sales/revenue.yml", ("direction: up", "direction: down")),
        [
            "definitions/metrics/sales/revenue.yml:10:55 target-shape red_flag 1.5e+06 is not above goal 2e+06, but less is better"
        ],
        id="less is better",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml",
            ("{from: 2025-04-01, goal: 2000000, red_flag: 1500000}", "{from: 2025-04-01, goal: [1, 2]}"),
        ),
        [
            "definitions/metrics/sales/revenue.yml:10:36 target-shape goal is one number where the direction is up"
        ],
        id="pair without a band",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml",
            ("{from: 2025-04-01, goal: 2000000, red_flag: 1500000}", "{from: 2025-04-01, goal: plan}"),
        ),
        [
            "definitions/metrics/sales/revenue.yml:10:36 target-shape goal is one number where the direction is up"
        ],
        id="text without a plan",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml",
            (
                "{from: 2025-04-01, goal: 2000000, red_flag: 1500000}",
                "{from: 2025-04-01, dataset: orders, goal: 5, ramp_from: 1}",
            ),
        ),
        [
            "definitions/metrics/sales/revenue.yml:10:53 target-shape goal names a column of the plan 'orders'",
            "definitions/metrics/sales/revenue.yml:10:67 target-shape a plan has a value for each period: leave ramp_from out",
        ],
        id="number in a plan",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml",
            (
                "{from: 2025-04-01, goal: 2000000, red_flag: 1500000}",
                "{from: 2025-04-01, dataset: orders, goal: plan, red_flag: floor, time: ordered_at}",
            ),
        ),
        [],
        id="plan",
    ),
    pytest.param(
        lambda: edited("metrics/service/csat.yml", ("goal: [0.8, 0.9]", "goal: 0.8")),
        ["definitions/metrics/service/csat.yml:11:36 target-shape goal of a band is a list of 2 numbers"],
        id="number for a band",
    ),
    pytest.param(
        lambda: edited(
            "metrics/service/csat.yml", ("goal: [0.8, 0.9], red_flag: [0.7, 0.95]", "goal: [0.9, 0.8]")
        ),
        [
            "definitions/metrics/service/csat.yml:11:36 target-shape goal runs from the lower number to the higher one"
        ],
        id="band upside down",
    ),
    pytest.param(
        lambda: edited("metrics/service/csat.yml", ("[0.7, 0.95]", "[0.85, 0.95]")),
        [
            "definitions/metrics/service/csat.yml:11:58 target-shape red_flag lies outside the goal on both sides"
        ],
        id="red flag inside a band",
    ),
    pytest.param(
        lambda: edited("metrics/service/csat.yml", ("[0.7, 0.95]", "[0.7, 0.95], ramp_from: 0.5")),
        ["definitions/metrics/service/csat.yml:11:82 target-shape a band has no ramp_from"],
        id="ramp of a band",
    ),
    pytest.param(
        lambda: edited("metrics/marketing/lead_to_opportunity.yml", ("from: 2026-04-01", "from: 2025-04-01")),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:21:12 target-shape a target from 2025-04-01 is written above already"
        ],
        id="twice from one day",
    ),
    pytest.param(
        lambda: edited("metrics/sales/revenue.yml", ("direction: up", "direction: none")),
        [
            "definitions/metrics/sales/revenue.yml:10:1 target-shape a metric without a direction is never scored: its targets are not used"
        ],
        id="without a direction",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_target_shape(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected


def test_targets_without_a_direction_are_advice() -> None:
    project = edited("metrics/sales/revenue.yml", ("direction: up", "direction: none"))
    assert [found.level for found in findings(project)] == [Level.ADVICE]
