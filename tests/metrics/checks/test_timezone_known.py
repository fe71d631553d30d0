"""Time zones are those of the IANA database."""

import pytest

from tests.metrics.project import COMPANY, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(COMPANY, ("timezone: Europe/London\ncurrency", "timezone: BST\ncurrency")),
        [
            (
                COMPANY,
                "BST",
                "timezone-known no time zone is called 'BST': write a name such as Europe/London",
            )
        ],
        id="abbreviation",
    ),
    pytest.param(
        edited(COMPANY, ("timezone: Europe/London\ncurrency", "timezone: Europe/london\ncurrency")),
        [
            (
                COMPANY,
                "Europe/london",
                ("timezone-known no time zone is called 'Europe/london' (did you mean 'Europe/London'?)"),
            )
        ],
        id="company",
    ),
    pytest.param(
        edited(COMPANY, ("timezone: Europe/London}", "timezone: ../London}")),
        [
            (
                COMPANY,
                "../London}",
                ("timezone-known no time zone is called '../London' (did you mean 'Europe/London'?)"),
            )
        ],
        id="calendar",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_timezone_known(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
