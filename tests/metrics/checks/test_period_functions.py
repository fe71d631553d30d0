"""period_start() and period_end() stand only where a metric says what it counts."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "datasets/orders.yml",
            ("columns:\n", "conditions:\n  late: ordered_at > period_end()\ncolumns:\n"),
        ),
        [
            "definitions/datasets/orders.yml:8:22 period-functions period_end() has no period here: only a metric's own expressions have one"
        ],
        id="dataset",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue_to_cac.yml", ("nullif(cac, 0)", "days_between(period_start(), as_of())")
        ),
        [
            "definitions/metrics/sales/revenue_to_cac.yml:6:34 period-functions period_start() has no period here: only a metric's own expressions have one"
        ],
        id="formula",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml",
            (
                "{from: 2025-04-01, goal: 2000000, red_flag: 1500000}",
                "{from: 2025-04-01, dataset: orders, goal: plan, time: period_start()}",
            ),
        ),
        [
            "definitions/metrics/sales/revenue.yml:10:65 period-functions period_start() has no period here: only a metric's own expressions have one"
        ],
        id="plan",
    ),
    pytest.param(
        lambda: edited(
            "datasets/orders.yml", ("columns:\n", "conditions:\n  late: ordered_at > as_of()\ncolumns:\n")
        ),
        [],
        id="as of is fine everywhere",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_period_functions(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
