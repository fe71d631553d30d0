"""A dimension bears no name that a result's column or a Prometheus label has already."""

import pytest

from tests.metrics.project import ORDERS, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(ORDERS, ("{segment: accounts", "{value: amount, segment: accounts")),
        [
            (
                ORDERS,
                "value: amount, segment: ",
                ("dimension-name a dimension cannot be called 'value': a column of results is called so"),
            )
        ],
        id="column of results",
    ),
    pytest.param(
        edited(ORDERS, ("{segment: accounts", "{unit: amount, segment: accounts")),
        [
            (
                ORDERS,
                "unit: amount, segment: a",
                ("dimension-name a dimension cannot be called 'unit': a column of results is called so"),
            )
        ],
        id="unit",
    ),
    pytest.param(
        edited(ORDERS, ("{segment: accounts", "{le: amount, segment: accounts")),
        [
            (
                ORDERS,
                "le: amount, segment: acc",
                (
                    "dimension-name a dimension cannot be called 'le': a label of "
                    "Prometheus series is called so"
                ),
            )
        ],
        id="label of prometheus",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_dimension_name(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
