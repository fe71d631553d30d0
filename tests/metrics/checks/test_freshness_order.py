"""A dataset is stale before it is too old."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("datasets/stage_changes.yml", ("{warn: 26h, fail: 50h}", "{warn: 3 days, fail: 50h}")),
        [
            "definitions/datasets/stage_changes.yml:22:19 freshness-order warn 3 days is not shorter than fail 50 hours"
        ],
        id="reversed",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_freshness_order(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
