"""No metric is computed from itself."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue_to_cac.yml", ("revenue / nullif(cac, 0)", "revenue_to_cac + 1")
        ),
        [
            "definitions/metrics/sales/revenue_to_cac.yml:1:1 derived-cycle the metric is computed from itself: revenue_to_cac -> revenue_to_cac"
        ],
        id="itself",
    ),
    pytest.param(
        lambda: edited("metrics/sales/revenue_growth.yml", ("of: revenue", "of: revenue_growth")),
        [
            "definitions/metrics/sales/revenue_growth.yml:1:1 derived-cycle the metric is computed from itself: revenue_growth -> revenue_growth"
        ],
        id="difference with itself",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_derived_cycle(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
