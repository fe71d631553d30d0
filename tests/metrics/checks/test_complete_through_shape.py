"""A dataset is complete through one thing: a time, a lag, or another dataset."""

import pytest

from tests.metrics.project import SPEND, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(SPEND, ("{lag: 1 day}", "{dataset: fx}")),
        [
            (
                SPEND,
                "fx}",
                "complete-through-shape dataset 'fx' has no time of its own: write time beside it",
            )
        ],
        id="dataset without a time",
    ),
    pytest.param(edited(SPEND, ("{lag: 1 day}", "{dataset: fx, time: day}")), [], id="dataset and its time"),
    pytest.param(
        edited(SPEND, ("{lag: 1 day}", "{lag: 1 day, time: day}")),
        [
            (
                SPEND,
                "{lag: 1 day, time: day}",
                ("complete-through-shape complete_through has a time, or a lag, or a dataset with a time"),
            )
        ],
        id="both",
    ),
    pytest.param(
        edited(SPEND, ("{lag: 1 day}", "{}")),
        [
            (
                SPEND,
                "{}",
                ("complete-through-shape complete_through has a time, or a lag, or a dataset with a time"),
            )
        ],
        id="nothing",
    ),
    pytest.param(
        edited(SPEND, ("{lag: 1 day}", "{dataset: orders, time: ordered_at}")), [], id="other dataset"
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_complete_through_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
