"""No metric is computed from itself."""

import pytest

from tests.metrics.project import GROWTH, REVENUE_TO_CAC, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(REVENUE_TO_CAC, ("revenue / nullif(cac, 0)", "revenue_to_cac + 1")),
        [
            (
                REVENUE_TO_CAC,
                "metric: revenue_to_cac",
                ("derived-cycle the metric is computed from itself: revenue_to_cac -> revenue_to_cac"),
            )
        ],
        id="itself",
    ),
    pytest.param(
        edited(GROWTH, ("of: revenue", "of: revenue_growth")),
        [
            (
                GROWTH,
                "metric: revenue_growth",
                ("derived-cycle the metric is computed from itself: revenue_growth -> revenue_growth"),
            )
        ],
        id="difference with itself",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_derived_cycle(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
