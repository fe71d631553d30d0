"""Time zones are those of the IANA database."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "company.yml", ("timezone: Europe/London\ncurrency", "timezone: Europe/london\ncurrency")
        ),
        [
            "definitions/company.yml:2:11 timezone-known no time zone is called 'Europe/london' (did you mean 'Europe/London'?)"
        ],
        id="company",
    ),
    pytest.param(
        lambda: edited("company.yml", ("timezone: Europe/London}", "timezone: ../London}")),
        ["definitions/company.yml:9:78 timezone-known no time zone is called '../London'"],
        id="calendar",
    ),
    pytest.param(
        lambda: edited("datasets/orders.yml", ("time: ordered_at", "time: ordered_at\ntimezone: Europe")),
        ["definitions/datasets/orders.yml:6:11 timezone-known no time zone is called 'Europe'"],
        id="folder of zones",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_timezone_known(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
