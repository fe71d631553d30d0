"""A metric that looks for the latest row of an entity reads a dataset with a key, which breaks ties."""

import pytest

from tests.metrics.project import CSAT, TICKETS, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(TICKETS, ("key: ticket_id\n", "")),
        [
            (
                CSAT,
                "latest_per: {entity: cus",
                ("latest-per-key dataset 'tickets' has no key, so rows of one instant have no order"),
            )
        ],
        id="no key",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_latest_per_key(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
