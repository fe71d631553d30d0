"""Money in other currencies needs exchange rates."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "company.yml",
            (
                "currency: {report: GBP, rates: {dataset: fx, from: base, to: quote, date: day, rate: rate, max_age: 4 days}}",
                "currency: GBP",
            ),
        ),
        [
            "definitions/datasets/orders.yml:8:53 currency-without-rates 'amount' is converted to GBP, but company.yml has no currency.rates"
        ],
        id="converted column",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_currency_without_rates(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
