"""A currency is written as its three-letter ISO code."""

import pytest

from tests.metrics.project import COMPANY, SPEND, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(COMPANY, ("report: GBP", "report: gbp")),
        [
            (
                COMPANY,
                "gbp, rates: {dataset: fx",
                ("currency-code 'gbp' is not a currency code: write three capitals, such as GBP"),
            )
        ],
        id="report",
    ),
    pytest.param(
        edited(SPEND, ("currency: \"'GBP'\"", "currency: \"'pound'\"")),
        [
            (
                SPEND,
                "\"'pound'\"}",
                ("currency-code 'pound' is not a currency code: write three capitals, such as GBP"),
            )
        ],
        id="constant",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_currency_code(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
