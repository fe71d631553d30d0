"""Every dataset, source, metric and lookup that a definition names exists."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("company.yml", ("dataset: fx", "dataset: fxx")),
        ["definitions/company.yml:3:43 unknown-reference no dataset is called 'fxx' (did you mean 'fx'?)"],
        id="dataset of the rates",
    ),
    pytest.param(
        lambda: edited("identities.yml", ("dataset: customer_ids", "dataset: ids")),
        ["definitions/identities.yml:2:36 unknown-reference no dataset is called 'ids'"],
        id="dataset of an identity",
    ),
    pytest.param(
        lambda: edited("datasets/orders.yml", ("dataset: accounts", "dataset: account")),
        [
            "definitions/datasets/orders.yml:6:32 unknown-reference no dataset is called 'account' (did you mean 'accounts'?)"
        ],
        id="dataset of a lookup",
    ),
    pytest.param(
        lambda: edited("datasets/spend.yml", ("dataset: ads", "dataset: adds")),
        [
            "definitions/datasets/spend.yml:3:15 unknown-reference no dataset is called 'adds' (did you mean 'ads'?)"
        ],
        id="dataset of a union",
    ),
    pytest.param(
        lambda: edited(
            "metrics/sales/revenue.yml", ("goal: 2000000, red_flag: 1500000", "goal: plan, dataset: budget")
        ),
        ["definitions/metrics/sales/revenue.yml:10:50 unknown-reference no dataset is called 'budget'"],
        id="dataset of a plan",
    ),
    pytest.param(
        lambda: edited("metrics/sales/revenue.yml", ("[csat]", "[csat, cast]")),
        [
            "definitions/metrics/sales/revenue.yml:9:16 unknown-reference no metric is called 'cast' (did you mean 'csat'?)"
        ],
        id="guard",
    ),
    pytest.param(
        lambda: edited("metrics/sales/revenue_growth.yml", ("of: revenue", "of: revenu")),
        [
            "definitions/metrics/sales/revenue_growth.yml:6:5 unknown-reference no metric is called 'revenu' (did you mean 'revenue'?)"
        ],
        id="metric of a difference",
    ),
    pytest.param(
        lambda: edited("datasets/orders.yml", ("accounts.segment}", "accounts.plan.name}")),
        ["definitions/datasets/orders.yml:9:23 unknown-reference dataset 'accounts' has no lookup 'plan'"],
        id="lookup behind a lookup",
    ),
    pytest.param(
        lambda: edited("datasets/spend.yml", ("\"'event'\"", "venue.kind")),
        ["definitions/datasets/spend.yml:4:41 unknown-reference dataset 'events' has no lookup 'venue'"],
        id="lookup in a dataset of a union",
    ),
    pytest.param(
        lambda: edited("datasets/orders.yml", ("on: account_id", "on: owner.account_id")),
        ["definitions/datasets/orders.yml:6:46 unknown-reference dataset 'orders' has no lookup 'owner'"],
        id="lookup in an own expression of a lookup",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_unknown_reference(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
