"""A dataset is stale before it is too old."""

import pytest

from tests.metrics.project import STAGES, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(STAGES, ("{warn: 26h, fail: 50h}", "{warn: 3 days, fail: 50h}")),
        [(STAGES, "3 days, fail: 50h}", "freshness-order warn 3 days is not shorter than fail 50 hours")],
        id="reversed",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_freshness_order(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
