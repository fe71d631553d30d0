"""No lookup needs itself to be joined."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed, loaded

CASES = [
    pytest.param(
        lambda: edited("datasets/orders.yml", ("on: account_id", "on: accounts.parent_id")),
        [
            "definitions/datasets/orders.yml:6:12 lookup-cycle the lookup needs itself: orders.accounts -> orders.accounts"
        ],
        id="lookup joined by itself",
    ),
    pytest.param(
        lambda: loaded(
            {
                "datasets/more.yml": "dataset: more\nsource: crm\ntable: more\nkey: id\ntime: day\nlookups:\n  one: {dataset: accounts, on: two.id}\n  two: {dataset: accounts, on: one.id}\n"
            }
        ),
        [
            "definitions/datasets/more.yml:7:3 lookup-cycle the lookup needs itself: more.one -> more.two -> more.one"
        ],
        id="lookups joined by each other",
    ),
    pytest.param(
        lambda: loaded(
            {
                "datasets/more.yml": "dataset: more\nsource: crm\ntable: more\nkey: id\ntime: day\nlookups: {other: {dataset: rest, on: id}}\n",
                "datasets/rest.yml": "dataset: rest\nsource: crm\ntable: rest\nkey: id\ntime: day\nlookups: {back: {dataset: more, on: id}}\n",
            }
        ),
        [],
        id="lookups there and back",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_lookup_cycle(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
