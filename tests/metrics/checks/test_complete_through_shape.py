"""A dataset is complete through one thing: a time, a lag, or another dataset."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("datasets/spend.yml", ("{lag: 1 day}", "{lag: 1 day, time: day}")),
        [
            "definitions/datasets/spend.yml:9:19 complete-through-shape complete_through has a time, or a lag, or a dataset with a time"
        ],
        id="both",
    ),
    pytest.param(
        lambda: edited("datasets/spend.yml", ("{lag: 1 day}", "{}")),
        [
            "definitions/datasets/spend.yml:9:19 complete-through-shape complete_through has a time, or a lag, or a dataset with a time"
        ],
        id="nothing",
    ),
    pytest.param(
        lambda: edited("datasets/spend.yml", ("{lag: 1 day}", "{dataset: orders, time: ordered_at}")),
        [],
        id="other dataset",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_complete_through_shape(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
