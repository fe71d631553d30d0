"""A stock is read at an instant only where rows say when they hold."""

import pytest

from tests.metrics.project import CAC, COUNT, NEW, Files, added, assert_found, edited

CASES = [
    pytest.param(
        added({NEW: COUNT + "at: period_end\n"}),
        [
            (
                NEW,
                "period_end",
                ("at-needs-validity dataset 'orders' has no valid, so it has no state at an instant"),
            )
        ],
        id="events",
    ),
    pytest.param(
        edited(CAC, ("measure: sum(paid)", "measure: sum(paid), at: period_end")),
        [
            (
                CAC,
                "period_end}",
                ("at-needs-validity dataset 'spend' has no valid, so it has no state at an instant"),
            )
        ],
        id="side of a ratio",
    ),
    pytest.param(added({NEW: COUNT.replace("orders", "tickets") + "at: period_end\n"}), [], id="history"),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_at_needs_validity(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
