"""No union contains itself."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed, loaded

CASES = [
    pytest.param(
        lambda: edited("datasets/spend.yml", ("dataset: ads,", "dataset: spend,")),
        ["definitions/datasets/spend.yml:2:1 union-cycle the dataset contains itself: spend -> spend"],
        id="union of itself",
    ),
    pytest.param(
        lambda: loaded(
            {
                "datasets/more.yml": "dataset: more\nsource: crm\ntable: more\nkey: id\ntime: day\ncomplete_through: {dataset: rest}\n",
                "datasets/rest.yml": "dataset: rest\nsource: crm\ntable: rest\nkey: id\ntime: day\ncomplete_through: {dataset: more}\n",
            }
        ),
        ["definitions/datasets/more.yml:6:1 union-cycle the dataset contains itself: more -> rest -> more"],
        id="waiting for each other",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_union_cycle(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
