"""A metric that keeps the latest row of an entity reads a dataset with a key, which breaks ties."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("datasets/tickets.yml", ("key: ticket_id\n", "")),
        [
            "definitions/metrics/service/csat.yml:9:1 latest-per-key dataset 'tickets' has no key, so rows of one instant have no order"
        ],
        id="no key",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_latest_per_key(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
