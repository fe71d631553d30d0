"""Money in other currencies needs exchange rates."""

import pytest

from tests.metrics.project import COMPANY, ORDERS, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(
            COMPANY,
            (
                "currency: {report: GBP, rates: {dataset: fx, from: base, to: quote,"
                " date: day, rate: rate, max_age: 4 days}}",
                "currency: GBP",
            ),
        ),
        [
            (
                ORDERS,
                "currency}",
                (
                    "currency-without-rates 'amount' is converted to GBP, but "
                    "company.yml has no currency.rates"
                ),
            )
        ],
        id="converted column",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_currency_without_rates(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
