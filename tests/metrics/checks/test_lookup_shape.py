"""A lookup joins by key, or picks one row of an entity, and its target allows it."""

import pytest

from tests.metrics.project import ACCOUNTS, ORDERS, STAGES, TOUCHES, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(ORDERS, ("{dataset: accounts, on: account_id}", "{dataset: accounts}")),
        [(ORDERS, "{dataset: accounts}}", "lookup-shape a lookup has either on, or by and pick")],
        id="neither",
    ),
    pytest.param(
        edited(
            ORDERS,
            ("{dataset: accounts, on: account_id}", "{dataset: accounts, on: account_id, by: customer}"),
        ),
        [(ORDERS, "{dataset: accounts, on: ", "lookup-shape a lookup has either on, or by and pick")],
        id="both",
    ),
    pytest.param(
        edited(
            ORDERS,
            (
                "{dataset: accounts, on: account_id}",
                "{dataset: accounts, on: account_id, before: ordered_at}",
            ),
        ),
        [(ORDERS, "ordered_at}}", "lookup-shape before goes with by and pick, not with on")],
        id="pick keys beside on",
    ),
    pytest.param(
        edited(
            ORDERS, ("{dataset: accounts, on: account_id}", "{dataset: accounts, on: [account_id, region]}")
        ),
        [
            (
                ORDERS,
                "[account_id, region]}}",
                "lookup-shape on has 2 values, but the key of 'accounts' is account_id",
            )
        ],
        id="more values than the key has",
    ),
    pytest.param(
        edited(ACCOUNTS, ("key: account_id\n", "")),
        [
            (
                ORDERS,
                "accounts, on: account_id",
                ("lookup-shape dataset 'accounts' has no key, so a lookup by on could fan out"),
            ),
            (
                STAGES,
                "accounts, on: account_id",
                ("lookup-shape dataset 'accounts' has no key, so a lookup by on could fan out"),
            ),
        ],
        id="target without a key",
    ),
    pytest.param(
        edited(
            ORDERS,
            (
                "{dataset: accounts, on: account_id}",
                "{dataset: accounts, on: account_id, valid_at: ordered_at}",
            ),
        ),
        [
            (
                ORDERS,
                "ordered_at}}",
                ("lookup-shape dataset 'accounts' has no valid, so valid_at cannot choose a row"),
            )
        ],
        id="target without a history",
    ),
    pytest.param(
        edited(STAGES, ("pick: first, ", "")),
        [(STAGES, "{dataset: touches, by: l", "lookup-shape missing key 'pick': by and pick go together")],
        id="by without pick",
    ),
    pytest.param(
        edited(STAGES, ("by: lead, ", "")),
        [(STAGES, "{dataset: touches, pick:", "lookup-shape missing key 'by': by and pick go together")],
        id="pick without by",
    ),
    pytest.param(
        edited(STAGES, ("pick: first,", "pick: first, valid_at: changed_at,")),
        [(STAGES, "changed_at, before: chan", "lookup-shape valid_at goes with on, not with by and pick")],
        id="pick among a history",
    ),
    pytest.param(
        edited(STAGES, ("before: changed_at, within", "within")),
        [(STAGES, "90 days}", "lookup-shape within needs before or after to count from")],
        id="within from nowhere",
    ),
    pytest.param(
        edited(STAGES, ("key: change_id\n", "")),
        [
            (
                STAGES,
                "first, before: changed_a",
                ("lookup-shape dataset 'stage_changes' needs a key, so that each row picks its own"),
            )
        ],
        id="rows without a key",
    ),
    pytest.param(
        edited(TOUCHES, ("{lead: lead_id}", "{person: lead_id}")),
        [(STAGES, "lead, pick: first, befor", "lookup-shape dataset 'touches' has no entity 'lead'")],
        id="entity that the target lacks",
    ),
    pytest.param(
        edited(TOUCHES, ("time: day\n", "")),
        [
            (
                STAGES,
                "touches, by: lead, pick:",
                ("lookup-shape dataset 'touches' has no time, so it has no first or last row"),
            )
        ],
        id="target without a time",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_lookup_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
