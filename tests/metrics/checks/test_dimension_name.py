"""A dimension bears no name that a result's column or a Prometheus label has already."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("datasets/orders.yml", ("{segment: accounts", "{value: amount, segment: accounts")),
        [
            "definitions/datasets/orders.yml:9:14 dimension-name a dimension cannot be called 'value': a column of results is called so"
        ],
        id="column of results",
    ),
    pytest.param(
        lambda: edited("datasets/orders.yml", ("{segment: accounts", "{le: amount, segment: accounts")),
        [
            "definitions/datasets/orders.yml:9:14 dimension-name a dimension cannot be called 'le': a label of Prometheus series is called so"
        ],
        id="label of prometheus",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_dimension_name(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
