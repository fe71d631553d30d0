"""period_start() and period_end() stand only where a metric says what it counts."""

import pytest

from tests.metrics.project import ORDERS, REVENUE, REVENUE_TO_CAC, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(ORDERS, ("columns:\n", "conditions:\n  late: ordered_at > period_end()\ncolumns:\n")),
        [
            (
                ORDERS,
                "period_end()",
                (
                    "period-functions period_end() has no period here: only a metric's "
                    "own expressions have one"
                ),
            )
        ],
        id="dataset",
    ),
    pytest.param(
        edited(REVENUE_TO_CAC, ("nullif(cac, 0)", "days_between(period_start(), as_of())")),
        [
            (
                REVENUE_TO_CAC,
                "period_start(), as_of())",
                (
                    "period-functions period_start() has no period here: only a "
                    "metric's own expressions have one"
                ),
            )
        ],
        id="formula",
    ),
    pytest.param(
        edited(
            REVENUE,
            (
                "{from: 2025-04-01, goal: 2000000, red_flag: 1500000}",
                "{from: 2025-04-01, dataset: orders, goal: plan, time: period_start()}",
            ),
        ),
        [
            (
                REVENUE,
                "period_start()}]",
                (
                    "period-functions period_start() has no period here: only a "
                    "metric's own expressions have one"
                ),
            )
        ],
        id="plan",
    ),
    pytest.param(
        edited(ORDERS, ("columns:\n", "conditions:\n  late: ordered_at > as_of()\ncolumns:\n")),
        [],
        id="as of is fine everywhere",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_period_functions(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
