"""A refresh is due by a cron line of five fields."""

import pytest

from tests.metrics.project import COMPANY, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(COMPANY, ('"15 * * * *"', '"15 * * *"')),
        [
            (
                COMPANY,
                '"15 * * *"}',
                ("refresh-cron a cron line has 5 fields, got 4: minute hour day month weekday"),
            )
        ],
        id="number of fields",
    ),
    pytest.param(
        edited(COMPANY, ('"15 * * * *"', '"61 * * * *"')),
        [
            (
                COMPANY,
                '"61 * * * *"}',
                ("refresh-cron the minute '61' cannot be read: write * or numbers from 0 to 59"),
            )
        ],
        id="out of range",
    ),
    pytest.param(
        edited(COMPANY, ('"15 * * * *"', '"15 hourly * * *"')),
        [
            (
                COMPANY,
                '"15 hourly * * *"}',
                ("refresh-cron the hour 'hourly' cannot be read: write * or numbers from 0 to 23"),
            )
        ],
        id="word",
    ),
    pytest.param(edited(COMPANY, ('"15 * * * *"', '"*/15 6-22,0 * * 1-5"')), [], id="steps lists and ranges"),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_refresh_cron(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
