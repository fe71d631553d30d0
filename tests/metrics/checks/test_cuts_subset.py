"""A cut combines two or more of the metric's own dimensions."""

import pytest

from tests.metrics.project import CONVERSION, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(CONVERSION, ("[[channel, segment]]", "[[channel, segmet]]")),
        [
            (
                CONVERSION,
                "segmet]]",
                ("cuts-subset 'segmet' is not among the metric's dimensions (did you mean 'segment'?)"),
            )
        ],
        id="unknown",
    ),
    pytest.param(
        edited(CONVERSION, ("[[channel, segment]]", "[[channel]]")),
        [(CONVERSION, "[channel]]", "cuts-subset each dimension is cut by itself anyway: name two or more")],
        id="single",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_cuts_subset(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
