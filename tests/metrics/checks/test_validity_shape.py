"""A history has a start and may have an end; a snapshot has its date."""

import pytest

from tests.metrics.project import TICKETS, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(TICKETS, ("to: solved_at}", "snapshot: day}")),
        [(TICKETS, "{from: opened_at, snapsh", "validity-shape valid has either from (and to), or snapshot")],
        id="both",
    ),
    pytest.param(
        edited(TICKETS, ("from: opened_at, ", "")),
        [(TICKETS, "{to: solved_at}", "validity-shape valid has either from (and to), or snapshot")],
        id="end alone",
    ),
    pytest.param(
        edited(TICKETS, ("from: opened_at", "snapshot: day")),
        [(TICKETS, "solved_at}", "validity-shape a snapshot has no to")],
        id="snapshot with an end",
    ),
    pytest.param(edited(TICKETS, ("{from: opened_at, to: solved_at}", "{snapshot: day}")), [], id="snapshot"),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_validity_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
