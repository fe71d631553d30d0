"""A metric computed from others has only grains and dimensions that they have."""

import pytest

from tests.metrics.project import GROWTH, REVENUE_TO_CAC, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(REVENUE_TO_CAC, ('"revenue / nullif(cac, 0)"', "1 + 1")),
        [
            (
                REVENUE_TO_CAC,
                "1 + 1",
                "derived-inputs the formula names no metric: it has no period to be computed for",
            )
        ],
        id="no input",
    ),
    pytest.param(
        edited(REVENUE_TO_CAC, ("kind: derived", "kind: derived\ngrains: [month, week]")),
        [
            (
                REVENUE_TO_CAC,
                "week]",
                ("derived-inputs its input 'cac' has no grain 'week': it has month, quarter"),
            ),
            (
                REVENUE_TO_CAC,
                "week]",
                ("derived-inputs its input 'revenue' has no grain 'week': it has month, quarter"),
            ),
        ],
        id="grain",
    ),
    pytest.param(
        edited(GROWTH, ("of: revenue\nshift: 1 year", "of: lead_to_opportunity\nshift: 1 year")),
        [],
        id="default grains",
    ),
    pytest.param(
        edited(GROWTH, ("of: revenue", "of: revenue\ndimensions: [segments]")),
        [
            (
                GROWTH,
                "segments]",
                ("derived-inputs its input 'revenue' has no dimension 'segments' (did you mean 'segment'?)"),
            )
        ],
        id="dimension",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_derived_inputs(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
