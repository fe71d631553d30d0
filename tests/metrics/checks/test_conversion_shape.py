"""The keys of a conversion fit together."""

import pytest

from tests.metrics.project import CONVERSION, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(CONVERSION, ("window: 90 days", "window: 90 days\nreentry: every\nbasis: period")),
        [
            (
                CONVERSION,
                "window: 90 days",
                ("conversion-shape window has no meaning with basis: period, which follows no cohort"),
            ),
            (
                CONVERSION,
                "reentry: every",
                ("conversion-shape reentry has no meaning with basis: period, which follows no cohort"),
            ),
            (
                CONVERSION,
                "skipped: implied",
                ("conversion-shape skipped has no meaning with basis: period, which follows no cohort"),
            ),
        ],
        id="cohort keys with a flow",
    ),
    pytest.param(
        edited(CONVERSION, ("window: 90 days", "window: ever\nperiod_by: matured")),
        [
            (
                CONVERSION,
                "matured",
                ("conversion-shape a window that never closes has no period in which it matures"),
            )
        ],
        id="matured never",
    ),
    pytest.param(
        edited(CONVERSION, ("window: 90 days", "window: 0 days")),
        [(CONVERSION, "0 days", "conversion-shape the window has no length")],
        id="no window",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_conversion_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
