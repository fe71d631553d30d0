"""A refresh is due by a cron line of five fields."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("company.yml", ('"15 * * * *"', '"15 * * *"')),
        [
            "definitions/company.yml:6:17 refresh-cron a cron line has 5 fields, got 4: minute hour day month weekday"
        ],
        id="number of fields",
    ),
    pytest.param(
        lambda: edited("company.yml", ('"15 * * * *"', '"61 * * * *"')),
        ["definitions/company.yml:6:17 refresh-cron '61' is not a minute: write * or numbers from 0 to 59"],
        id="out of range",
    ),
    pytest.param(
        lambda: edited("company.yml", ('"15 * * * *"', '"15 hourly * * *"')),
        ["definitions/company.yml:6:17 refresh-cron 'hourly' is not a hour: write * or numbers from 0 to 23"],
        id="word",
    ),
    pytest.param(
        lambda: edited("company.yml", ('"15 * * * *"', '"*/15 6-22,0 * * 1-5"')),
        [],
        id="steps lists and ranges",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_refresh_cron(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
