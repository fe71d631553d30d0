"""What one query reads lives in one source."""

import pytest

from tests.metrics.project import (
    ACCOUNTS,
    CAC,
    CONVERSION,
    EVENTS,
    NEW,
    ORDERS,
    RATIO,
    SPEND,
    STAGES,
    TICKETS,
    Files,
    added,
    assert_found,
    edited,
)

CASES = [
    pytest.param(
        edited(ACCOUNTS, ("source: crm", "source: desk")),
        [
            (
                ORDERS,
                "accounts, on: account_id",
                (
                    "sources-differ 'accounts' is in source 'desk', but 'orders' is in "
                    "'crm': land them in one warehouse or Parquet folder"
                ),
            ),
            (
                STAGES,
                "accounts, on: account_id",
                (
                    "sources-differ 'accounts' is in source 'desk', but 'stage_changes'"
                    " is in 'crm': land them in one warehouse or Parquet folder"
                ),
            ),
        ],
        id="lookup",
    ),
    pytest.param(
        edited(EVENTS, ("source: crm", "source: desk")),
        [
            (
                SPEND,
                "events, columns: {channe",
                (
                    "sources-differ 'events' is in source 'desk', but 'spend' is in "
                    "'crm': land them in one warehouse or Parquet folder"
                ),
            )
        ],
        id="union",
    ),
    pytest.param(
        edited("datasets/fx.yml", ("source: crm", "source: desk")),
        [
            (
                ORDERS,
                "currency}",
                (
                    "sources-differ 'fx' is in source 'desk', but 'orders' is in 'crm':"
                    " land them in one warehouse or Parquet folder"
                ),
            )
        ],
        id="rates",
    ),
    pytest.param(
        edited("datasets/customer_ids.yml", ("source: desk", "source: crm")),
        [
            (
                TICKETS,
                "{id: requester_email, sy",
                (
                    "sources-differ 'customer_ids' is in source 'crm', but 'tickets' is"
                    " in 'desk': land them in one warehouse or Parquet folder"
                ),
            )
        ],
        id="crosswalk",
    ),
    pytest.param(
        edited(
            CONVERSION,
            ("entity: lead", "entity: customer"),
            ("to: {dataset: stage_changes, where: \"stage = 'opportunity'\"}", "to: {dataset: tickets}"),
        ),
        [
            (
                CONVERSION,
                "tickets}",
                (
                    "sources-differ 'tickets' is in source 'desk', but 'stage_changes' "
                    "is in 'crm': land them in one warehouse or Parquet folder"
                ),
            )
        ],
        id="conversion",
    ),
    pytest.param(
        added({NEW: RATIO.replace("kind: ratio", "kind: ratio\nentity: customer")}),
        [
            (
                NEW,
                "orders, measure: count}",
                (
                    "sources-differ 'orders' is in source 'crm', but 'tickets' is in "
                    "'desk': land them in one warehouse or Parquet folder"
                ),
            )
        ],
        id="ratio with an entity",
    ),
    pytest.param(added({NEW: RATIO}), [], id="ratio without one may cross"),
    pytest.param(
        edited(CAC, ("kind: ratio", "kind: ratio\nentity: customer"))
        | {
            path: edited(path, ("source: crm", "source: desk"))[path] for path in ("datasets/ads.yml", EVENTS)
        },
        [],
        id="ratio of which one side knows the entity may cross",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_sources_differ(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
