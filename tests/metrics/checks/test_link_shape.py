"""Links to source systems are web addresses."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "datasets/stage_changes.yml", ("https://crm.example.com/leads/{lead_id}", "javascript:alert(1)")
        ),
        [
            "definitions/datasets/stage_changes.yml:23:7 link-shape a link is an https address with columns in braces, as in https://crm.example.com/leads/{id}"
        ],
        id="script",
    ),
    pytest.param(
        lambda: edited("datasets/stage_changes.yml", ("{lead_id}", "{lead_id")),
        [
            "definitions/datasets/stage_changes.yml:23:7 link-shape a link is an https address with columns in braces, as in https://crm.example.com/leads/{id}"
        ],
        id="open brace",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_link_shape(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
