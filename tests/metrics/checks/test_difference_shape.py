"""A difference is to another metric, or to itself a whole number of periods earlier."""

import pytest

from tests.metrics.project import GROWTH, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(GROWTH, ("shift: 1 year\n", "")),
        [
            (
                GROWTH,
                "metric: revenue_growth",
                "difference-shape a difference has exactly one of minus and shift",
            )
        ],
        id="neither",
    ),
    pytest.param(
        edited(GROWTH, ("shift: 1 year", "shift: 1 year\nminus: cac")),
        [
            (
                GROWTH,
                "metric: revenue_growth",
                "difference-shape a difference has exactly one of minus and shift",
            )
        ],
        id="both",
    ),
    pytest.param(
        edited(GROWTH, ("shift: 1 year", "shift: 1 month")),
        [
            (
                GROWTH,
                "1 month",
                ("difference-shape 1 month is not a whole number of periods of grain 'quarter'"),
            )
        ],
        id="part of a period",
    ),
    pytest.param(
        edited(GROWTH, ("shift: 1 year", "shift: 48h\ngrains: [month]")),
        [(GROWTH, "48h", ("difference-shape 48 hours is not a whole number of periods of grain 'month'"))],
        id="elapsed time",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_difference_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
