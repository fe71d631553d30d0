"""What one query reads lives in one source."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed, loaded

CASES = [
    pytest.param(
        lambda: edited("datasets/accounts.yml", ("source: crm", "source: desk")),
        [
            "definitions/datasets/orders.yml:6:32 sources-differ 'accounts' is in source 'desk', but 'orders' is in 'crm': land them in one warehouse or Parquet folder",
            "definitions/datasets/stage_changes.yml:10:23 sources-differ 'accounts' is in source 'desk', but 'stage_changes' is in 'crm': land them in one warehouse or Parquet folder",
        ],
        id="lookup",
    ),
    pytest.param(
        lambda: edited("datasets/events.yml", ("source: crm", "source: desk")),
        [
            "definitions/datasets/spend.yml:4:15 sources-differ 'events' is in source 'desk', but 'spend' is in 'crm': land them in one warehouse or Parquet folder"
        ],
        id="union",
    ),
    pytest.param(
        lambda: edited("datasets/fx.yml", ("source: crm", "source: desk")),
        [
            "definitions/datasets/orders.yml:8:53 sources-differ 'fx' is in source 'desk', but 'orders' is in 'crm': land them in one warehouse or Parquet folder"
        ],
        id="rates",
    ),
    pytest.param(
        lambda: edited("datasets/customer_ids.yml", ("source: desk", "source: crm")),
        [
            "definitions/datasets/tickets.yml:6:22 sources-differ 'customer_ids' is in source 'crm', but 'tickets' is in 'desk': land them in one warehouse or Parquet folder"
        ],
        id="crosswalk",
    ),
    pytest.param(
        lambda: edited(
            "metrics/marketing/lead_to_opportunity.yml",
            ("entity: lead", "entity: customer"),
            ("to: {dataset: stage_changes, where: \"stage = 'opportunity'\"}", "to: {dataset: tickets}"),
        ),
        [
            "definitions/metrics/marketing/lead_to_opportunity.yml:13:15 sources-differ 'tickets' is in source 'desk', but 'stage_changes' is in 'crm': land them in one warehouse or Parquet folder"
        ],
        id="conversion",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/new.yml": "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: ratio\nentity: customer\nnumerator: {dataset: tickets, measure: count}\ndenominator: {dataset: orders, measure: count}\n"
            }
        ),
        [
            "definitions/metrics/sales/new.yml:8:24 sources-differ 'orders' is in source 'crm', but 'tickets' is in 'desk': land them in one warehouse or Parquet folder"
        ],
        id="ratio with an entity",
    ),
    pytest.param(
        lambda: loaded(
            {
                "metrics/sales/new.yml": "metric: new\nlabel: New\nowner: me\ndirection: none\nkind: ratio\nnumerator: {dataset: tickets, measure: count}\ndenominator: {dataset: orders, measure: count}\n"
            }
        ),
        [],
        id="ratio without one may cross",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_sources_differ(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
