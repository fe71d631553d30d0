"""No computed column or condition depends on itself through others."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "datasets/orders.yml", ("columns:\n", "columns:\n  net: gross - tax\n  gross: net + tax\n")
        ),
        [
            "definitions/datasets/orders.yml:9:3 column-cycle 'gross' is computed from itself: gross -> net -> gross"
        ],
        id="columns",
    ),
    pytest.param(
        lambda: edited(
            "datasets/stage_changes.yml",
            ("  qualified_lead:", "  good: not bad\n  bad: not good\n  qualified_lead:"),
        ),
        [
            "definitions/datasets/stage_changes.yml:16:3 column-cycle 'bad' is computed from itself: bad -> good -> bad"
        ],
        id="conditions",
    ),
    pytest.param(
        lambda: edited("datasets/orders.yml", ("columns:\n", "columns:\n  region: upper(region)\n")),
        [],
        id="column that refines its own",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_column_cycle(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
