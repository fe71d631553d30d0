"""No lookup needs itself to be joined."""

import pytest

from tests.metrics.project import DATASET, MORE, ORDERS, REST, Files, added, assert_found, edited

CASES = [
    pytest.param(
        edited(ORDERS, ("on: account_id", "on: accounts.parent_id")),
        [
            (
                ORDERS,
                "accounts: {dataset: acco",
                ("lookup-cycle the lookup needs itself: orders.accounts -> orders.accounts"),
            )
        ],
        id="lookup joined by itself",
    ),
    pytest.param(
        added(
            {
                MORE: DATASET
                + "lookups:\n  one: {dataset: accounts, on: two.id}\n  two: {dataset: accounts, on: one.id}\n"
            }
        ),
        [
            (
                MORE,
                "one: {dataset: accounts,",
                ("lookup-cycle the lookup needs itself: more.one -> more.two -> more.one"),
            )
        ],
        id="lookups joined by each other",
    ),
    pytest.param(
        added(
            {
                MORE: DATASET + "lookups: {other: {dataset: rest, on: id}}\n",
                REST: DATASET.replace("more", "rest") + "lookups: {back: {dataset: more, on: id}}\n",
            }
        ),
        [],
        id="lookups there and back",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_lookup_cycle(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
