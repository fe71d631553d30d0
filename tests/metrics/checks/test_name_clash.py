"""A dataset's columns, conditions and lookups have different names."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "datasets/stage_changes.yml", ("  qualified_lead:", "  won: budget_ok\n  qualified_lead:")
        ),
        [
            "definitions/datasets/stage_changes.yml:15:3 name-clash 'won' is one of the columns already: rename one of them"
        ],
        id="condition like a column",
    ),
    pytest.param(
        lambda: edited("datasets/stage_changes.yml", ("  won:", "  touch: budget_ok\n  won:")),
        [
            "definitions/datasets/stage_changes.yml:11:3 name-clash 'touch' is one of the columns already: rename one of them"
        ],
        id="lookup like a column",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_name_clash(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
