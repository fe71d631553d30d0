"""Targets fit the metric's direction, and one holds at a time."""

import pytest

from metrics.errors import Level
from tests.metrics.project import CONVERSION, CSAT, REVENUE, Files, assert_found, edited, findings

CASES = [
    pytest.param(
        edited(
            REVENUE,
            ("{from: 2025-04-01, goal: 2000000, red_flag: 1500000}", "{from: 2025-04-01, red_flag: 5}"),
        ),
        [(REVENUE, "{from: 2025-04-01, red_f", "target-shape missing key 'goal'")],
        id="no goal",
    ),
    pytest.param(
        edited(
            REVENUE,
            (
                "{from: 2025-04-01, goal: 2000000, red_flag: 1500000}",
                "{from: 2025-04-01, goal: 5, red_flag: 5}",
            ),
        ),
        [(REVENUE, "5}]", "target-shape red_flag 5 is not below goal 5, but more is better")],
        id="more is better",
    ),
    pytest.param(
        edited(REVENUE, ("direction: up", "direction: down")),
        [
            (
                REVENUE,
                "1500000}]",
                ("target-shape red_flag 1500000 is not above goal 2000000, but less is better"),
            )
        ],
        id="less is better",
    ),
    pytest.param(
        edited(
            REVENUE,
            ("{from: 2025-04-01, goal: 2000000, red_flag: 1500000}", "{from: 2025-04-01, goal: [1, 2]}"),
        ),
        [(REVENUE, "[1, 2]}]", "target-shape goal is one number where the direction is up")],
        id="pair without a band",
    ),
    pytest.param(
        edited(
            REVENUE,
            ("{from: 2025-04-01, goal: 2000000, red_flag: 1500000}", "{from: 2025-04-01, goal: plan}"),
        ),
        [
            (
                REVENUE,
                "plan}]",
                "target-shape goal names the column 'plan', but the target has no dataset: "
                "write a number, or the plan's dataset",
            )
        ],
        id="text without a plan",
    ),
    pytest.param(
        edited(
            REVENUE,
            ("{from: 2025-04-01, goal: 2000000, red_flag: 1500000}", "{from: 2025-04-01, goal: 12.5 %}"),
        ),
        [(REVENUE, "12.5 %}]", "target-shape '12.5 %' is a text: write 0.125")],
        id="percent",
    ),
    pytest.param(
        edited(
            REVENUE,
            (
                "{from: 2025-04-01, goal: 2000000, red_flag: 1500000}",
                "{from: 2025-04-01, dataset: orders, goal: 5, ramp_from: 1}",
            ),
        ),
        [
            (REVENUE, "5, ramp_from: 1}]", "target-shape goal names a column of the plan 'orders'"),
            (REVENUE, "1}]", "target-shape a plan has a value for each period: leave ramp_from out"),
        ],
        id="number in a plan",
    ),
    pytest.param(
        edited(
            REVENUE,
            (
                "{from: 2025-04-01, goal: 2000000, red_flag: 1500000}",
                "{from: 2025-04-01, dataset: orders, goal: plan, red_flag: floor, time: ordered_at}",
            ),
        ),
        [],
        id="plan",
    ),
    pytest.param(
        edited(CSAT, ("goal: [0.8, 0.9]", "goal: 0.8")),
        [(CSAT, "0.8, red_flag: [0.7, 0.9", "target-shape goal of a band is a list of 2 numbers")],
        id="number for a band",
    ),
    pytest.param(
        edited(CSAT, ("goal: [0.8, 0.9], red_flag: [0.7, 0.95]", "goal: [0.9, 0.8]")),
        [(CSAT, "[0.9, 0.8]}]", "target-shape goal runs from the lower number to the higher one")],
        id="band upside down",
    ),
    pytest.param(
        edited(CSAT, ("[0.7, 0.95]", "[0.85, 0.95]")),
        [(CSAT, "[0.85, 0.95]}]", "target-shape red_flag lies outside the goal on both sides")],
        id="red flag inside a band",
    ),
    pytest.param(
        edited(CSAT, ("[0.7, 0.95]", "[0.7, 0.95], ramp_from: 0.5")),
        [(CSAT, "0.5}]", "target-shape a band has no ramp_from")],
        id="ramp of a band",
    ),
    pytest.param(
        edited(CONVERSION, ("from: 2026-04-01", "from: 2025-04-01")),
        [
            (
                CONVERSION,
                "2025-04-01, per: quarter",
                "target-shape a target from 2025-04-01 is written above already",
            )
        ],
        id="twice from one day",
    ),
    pytest.param(
        edited(REVENUE, ("direction: up", "direction: none")),
        [
            (
                REVENUE,
                "targets: [{from: 2025-04",
                ("target-shape a metric without a direction is never scored: its targets are not used"),
            )
        ],
        id="without a direction",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_target_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)


def test_targets_without_a_direction_are_advice() -> None:
    found = findings(edited(REVENUE, ("direction: up", "direction: none")))
    assert [each.level for each in found] == [Level.ADVICE]
