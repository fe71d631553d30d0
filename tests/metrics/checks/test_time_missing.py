"""A metric that is cut into periods reads rows that have a time."""

import pytest

from tests.metrics.project import (
    CAC,
    CONVERSION,
    COUNT,
    NEW,
    ORDERS,
    REVENUE,
    Files,
    added,
    assert_found,
    edited,
)

CASES = [
    pytest.param(
        edited(ORDERS, ("time: ordered_at\n", "")),
        [
            (
                CAC,
                "orders, measure: count_n",
                "time-missing dataset 'orders' has no time: write one there or here",
            ),
            (REVENUE, "orders", "time-missing dataset 'orders' has no time: write one there or here"),
        ],
        id="aggregate",
    ),
    pytest.param(
        added({NEW: COUNT.replace("orders", "accounts") + "time: created_at\n"}), [], id="time of the metric"
    ),
    pytest.param(added({NEW: COUNT.replace("orders", "accounts") + "grains: [all]\n"}), [], id="grain all"),
    pytest.param(
        edited(
            CONVERSION,
            ("[week, month, quarter]", "[all]"),
            ("to: {dataset: stage_changes, where: \"stage = 'opportunity'\"}", "to: {dataset: accounts}"),
            ("entity: lead", "entity: customer"),
        ),
        [
            (CONVERSION, "customer", "entity-missing dataset 'accounts' has no entity 'customer'"),
            (CONVERSION, "accounts}", "time-missing dataset 'accounts' has no time: write one there or here"),
        ],
        id="conversion with grain all",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_time_missing(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
