"""Every dataset, source, metric and lookup that a definition names exists."""

import pytest

from tests.metrics.project import (
    COMPANY,
    GROWTH,
    IDENTITIES,
    ORDERS,
    REVENUE,
    SPEND,
    TICKETS,
    Files,
    assert_found,
    edited,
)

CASES = [
    pytest.param(
        edited(
            TICKETS, ("entities: {customer", "entities: {person: {id: other_email, system: mail}, customer")
        ),
        [
            (
                TICKETS,
                "mail",
                "unknown-reference no identity is called 'person': write it in identities.yml, "
                "or leave system out",
            )
        ],
        id="identity",
    ),
    pytest.param(
        edited(COMPANY, ("dataset: fx", "dataset: fxx")),
        [
            (
                COMPANY,
                "fxx, from: base, to: quo",
                "unknown-reference no dataset is called 'fxx' (did you mean 'fx'?)",
            )
        ],
        id="dataset of the rates",
    ),
    pytest.param(
        edited(IDENTITIES, ("dataset: customer_ids", "dataset: ids")),
        [
            (
                IDENTITIES,
                "ids, system: system, id:",
                "unknown-reference no dataset is called 'ids' (did you mean 'ads'?)",
            )
        ],
        id="dataset of an identity",
    ),
    pytest.param(
        edited(ORDERS, ("dataset: accounts", "dataset: account")),
        [
            (
                ORDERS,
                "account, on: account_id}",
                ("unknown-reference no dataset is called 'account' (did you mean 'accounts'?)"),
            )
        ],
        id="dataset of a lookup",
    ),
    pytest.param(
        edited(SPEND, ("dataset: ads", "dataset: adds")),
        [
            (
                SPEND,
                'adds, columns: {cost: "c',
                "unknown-reference no dataset is called 'adds' (did you mean 'ads'?)",
            )
        ],
        id="dataset of a union",
    ),
    pytest.param(
        edited(REVENUE, ("goal: 2000000, red_flag: 1500000", "goal: plan, dataset: budget")),
        [(REVENUE, "budget}]", "unknown-reference no dataset is called 'budget'")],
        id="dataset of a plan",
    ),
    pytest.param(
        edited(REVENUE, ("[csat]", "[csat, cast]")),
        [(REVENUE, "cast]", "unknown-reference no metric is called 'cast' (did you mean 'csat'?)")],
        id="guard",
    ),
    pytest.param(
        edited(GROWTH, ("of: revenue", "of: revenu")),
        [(GROWTH, "revenu", ("unknown-reference no metric is called 'revenu' (did you mean 'revenue'?)"))],
        id="metric of a difference",
    ),
    pytest.param(
        edited(ORDERS, ("accounts.segment}", "accounts.plan.name}")),
        [(ORDERS, "accounts.plan.name}", "unknown-reference dataset 'accounts' has no lookup 'plan'")],
        id="lookup behind a lookup",
    ),
    pytest.param(
        edited(SPEND, ("\"'event'\"", "venue.kind")),
        [(SPEND, "venue.kind}}", "unknown-reference dataset 'events' has no lookup 'venue'")],
        id="lookup in a dataset of a union",
    ),
    pytest.param(
        edited(ORDERS, ("on: account_id", "on: owner.account_id")),
        [(ORDERS, "owner.account_id}}", "unknown-reference dataset 'orders' has no lookup 'owner'")],
        id="lookup in an own expression of a lookup",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_unknown_reference(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
