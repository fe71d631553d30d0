"""A metric that is cut into periods reads rows that have a time."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed, loaded

CASES = [
    pytest.param(
        lambda: edited("datasets/orders.yml", ("time: ordered_at\n", "")),
        [
            "definitions/metrics/marketing/cac.yml:7:24 time-missing dataset 'orders' has no time: write one there or here",
            "definitions/metrics/sales/revenue.yml:6:10 time-missing dataset 'orders' has no time: write one there or here",
        ],
        id="aggregate",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/new.yml": "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: accounts\nmeasure: count\ntime: created_at\n"
            }
        ),
        [],
        id="time of the metric",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/new.yml": "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: aggregate\ndataset: accounts\nmeasure: count\ngrains: [all]\n"
            }
        ),
        [],
        id="grain all",
    ),
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("[week, month, quarter]", "[all]"),
            ("to: {dataset: stage_changes, where: \"stage = 'opportunity'\"}", "to: {dataset: accounts}"),
            ("entity: lead", "entity: customer"),
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:11:9 entity-missing dataset 'accounts' has no entity 'customer'",
            "definitions/metrics/marketing/lead_to_opportunity.yml:13:15 time-missing dataset 'accounts' has no time: write one there or here",
        ],
        id="conversion with grain all",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_time_missing(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
