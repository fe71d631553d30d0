"""A currency is written as its three-letter ISO code."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("company.yml", ("report: GBP", "report: gbp")),
        [
            "definitions/company.yml:3:20 currency-code 'gbp' is not a currency code: write three capitals, such as GBP"
        ],
        id="report",
    ),
    pytest.param(
        lambda: edited("datasets/spend.yml", ("currency: \"'GBP'\"", "currency: \"'pound'\"")),
        [
            "definitions/datasets/spend.yml:7:33 currency-code 'pound' is not a currency code: write three capitals, such as GBP"
        ],
        id="constant",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_currency_code(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
