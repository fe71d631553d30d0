"""A difference is to another metric, or to itself a whole number of periods earlier."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("metrics/sales/revenue_growth.yml", ("shift: 1 year\n", "")),
        [
            "definitions/metrics/sales/revenue_growth.yml:1:1 difference-shape a difference has exactly one of minus and shift"
        ],
        id="neither",
    ),
    pytest.param(
        lambda: edited("metrics/sales/revenue_growth.yml", ("shift: 1 year", "shift: 1 year\nminus: cac")),
        [
            "definitions/metrics/sales/revenue_growth.yml:1:1 difference-shape a difference has exactly one of minus and shift"
        ],
        id="both",
    ),
    pytest.param(
        lambda: edited("metrics/sales/revenue_growth.yml", ("shift: 1 year", "shift: 1 month")),
        [
            "definitions/metrics/sales/revenue_growth.yml:7:8 difference-shape 1 month is not a whole number of periods of grain 'quarter'"
        ],
        id="part of a period",
    ),
    pytest.param(
        lambda: edited("metrics/sales/revenue_growth.yml", ("shift: 1 year", "shift: 48h\ngrains: [month]")),
        [
            "definitions/metrics/sales/revenue_growth.yml:7:8 difference-shape 48 hours is not a whole number of periods of grain 'month'"
        ],
        id="elapsed time",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_difference_shape(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
