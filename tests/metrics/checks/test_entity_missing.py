"""The entity of a metric is an entity of every dataset that it counts."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("to: {dataset: stage_changes, where: \"stage = 'opportunity'\"}", "to: {dataset: orders}"),
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:11:9 entity-missing dataset 'orders' has no entity 'lead'"
        ],
        id="other dataset",
    ),
    pytest.param(
        lambda: edited("metrics/service/csat.yml", ("entity: customer", "entity: person")),
        ["definitions/metrics/service/csat.yml:9:22 entity-missing dataset 'tickets' has no entity 'person'"],
        id="latest row",
    ),
    pytest.param(
        lambda: edited("metrics/marketing/cac.yml", ("count_new(customer)", "count_new(custmer)")),
        [
            "definitions/metrics/marketing/cac.yml:7:51 entity-missing dataset 'orders' has no entity 'custmer' (did you mean 'customer'?)"
        ],
        id="new ones",
    ),
    pytest.param(
        lambda: edited("metrics/marketing/cac.yml", ("count_new(customer)", "count_new(lower(customer))")),
        [
            "definitions/metrics/marketing/cac.yml:7:51 entity-missing dataset 'orders' has no entity 'count_new(lower(customer))'"
        ],
        id="new ones by a formula",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_entity_missing(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
