"""No computed column or condition depends on itself through others."""

import pytest

from tests.metrics.project import ORDERS, STAGES, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(ORDERS, ("columns:\n", "columns:\n  net: gross - tax\n  gross: net + tax\n")),
        [(ORDERS, "gross: net + tax", "column-cycle 'gross' is computed from itself: gross -> net -> gross")],
        id="columns",
    ),
    pytest.param(
        edited(STAGES, ("  qualified_lead:", "  good: not bad\n  bad: not good\n  qualified_lead:")),
        [(STAGES, "bad: not good", "column-cycle 'bad' is computed from itself: bad -> good -> bad")],
        id="conditions",
    ),
    pytest.param(
        edited(ORDERS, ("columns:\n", "columns:\n  region: upper(region)\n")),
        [],
        id="column that refines its own",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_column_cycle(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
