"""A history has a start and may have an end; a snapshot has its date."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited("datasets/tickets.yml", ("to: solved_at}", "snapshot: day}")),
        ["definitions/datasets/tickets.yml:7:8 validity-shape valid has either from (and to), or snapshot"],
        id="both",
    ),
    pytest.param(
        lambda: edited("datasets/tickets.yml", ("from: opened_at, ", "")),
        ["definitions/datasets/tickets.yml:7:8 validity-shape valid has either from (and to), or snapshot"],
        id="end alone",
    ),
    pytest.param(
        lambda: edited("datasets/tickets.yml", ("from: opened_at", "snapshot: day")),
        ["definitions/datasets/tickets.yml:7:27 validity-shape a snapshot has no to"],
        id="snapshot with an end",
    ),
    pytest.param(
        lambda: edited("datasets/tickets.yml", ("{from: opened_at, to: solved_at}", "{snapshot: day}")),
        [],
        id="snapshot",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_validity_shape(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
