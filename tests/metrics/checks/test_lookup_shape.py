"""A lookup joins by key, or picks one row of an entity, and its target allows it."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("datasets/orders.yml", ("{dataset: accounts, on: account_id}", "{dataset: accounts}")),
        ["definitions/datasets/orders.yml:6:22 lookup-shape a lookup has either on, or by and pick"],
        id="neither",
    ),
    pytest.param(
        lambda: edited(
            "datasets/orders.yml",
            ("{dataset: accounts, on: account_id}", "{dataset: accounts, on: account_id, by: customer}"),
        ),
        ["definitions/datasets/orders.yml:6:22 lookup-shape a lookup has either on, or by and pick"],
        id="both",
    ),
    pytest.param(
        lambda: edited(
            "datasets/orders.yml",
            (
                "{dataset: accounts, on: account_id}",
                "{dataset: accounts, on: account_id, before: ordered_at}",
            ),
        ),
        ["definitions/datasets/orders.yml:6:66 lookup-shape before goes with by and pick, not with on"],
        id="pick keys beside on",
    ),
    pytest.param(
        lambda: edited(
            "datasets/orders.yml",
            ("{dataset: accounts, on: account_id}", "{dataset: accounts, on: [account_id, region]}"),
        ),
        [
            "definitions/datasets/orders.yml:6:46 lookup-shape on has 2 values, but the key of 'accounts' is account_id"
        ],
        id="more values than the key has",
    ),
    pytest.param(
        lambda: edited("datasets/accounts.yml", ("key: account_id\n", "")),
        [
            "definitions/datasets/orders.yml:6:32 lookup-shape dataset 'accounts' has no key, so a lookup by on could fan out",
            "definitions/datasets/stage_changes.yml:10:23 lookup-shape dataset 'accounts' has no key, so a lookup by on could fan out",
        ],
        id="target without a key",
    ),
    pytest.param(
        lambda: edited(
            "datasets/orders.yml",
            (
                "{dataset: accounts, on: account_id}",
                "{dataset: accounts, on: account_id, valid_at: ordered_at}",
            ),
        ),
        [
            "definitions/datasets/orders.yml:6:68 lookup-shape dataset 'accounts' has no valid, so valid_at cannot choose a row"
        ],
        id="target without a history",
    ),
    pytest.param(
        lambda: edited("datasets/stage_changes.yml", ("pick: first, ", "")),
        [
            "definitions/datasets/stage_changes.yml:11:10 lookup-shape missing key 'pick': by and pick go together"
        ],
        id="by without pick",
    ),
    pytest.param(
        lambda: edited("datasets/stage_changes.yml", ("by: lead, ", "")),
        [
            "definitions/datasets/stage_changes.yml:11:10 lookup-shape missing key 'by': by and pick go together"
        ],
        id="pick without by",
    ),
    pytest.param(
        lambda: edited("datasets/stage_changes.yml", ("pick: first,", "pick: first, valid_at: changed_at,")),
        [
            "definitions/datasets/stage_changes.yml:11:62 lookup-shape valid_at goes with on, not with by and pick"
        ],
        id="pick among a history",
    ),
    pytest.param(
        lambda: edited("datasets/stage_changes.yml", ("before: changed_at, within", "within")),
        [
            "definitions/datasets/stage_changes.yml:11:57 lookup-shape within needs before or after to count from"
        ],
        id="within from nowhere",
    ),
    pytest.param(
        lambda: edited("datasets/stage_changes.yml", ("key: change_id\n", "")),
        [
            "definitions/datasets/stage_changes.yml:10:43 lookup-shape dataset 'stage_changes' needs a key, so that each row picks its own"
        ],
        id="rows without a key",
    ),
    pytest.param(
        lambda: edited("datasets/touches.yml", ("{lead: lead_id}", "{person: lead_id}")),
        ["definitions/datasets/stage_changes.yml:11:33 lookup-shape dataset 'touches' has no entity 'lead'"],
        id="entity that the target lacks",
    ),
    pytest.param(
        lambda: edited("datasets/touches.yml", ("time: day\n", "")),
        [
            "definitions/datasets/stage_changes.yml:11:20 lookup-shape dataset 'touches' has no time, so it has no first or last row"
        ],
        id="target without a time",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_lookup_shape(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
