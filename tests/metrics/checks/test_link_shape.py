"""Links to source systems are web addresses."""

import pytest

from tests.metrics.project import STAGES, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(STAGES, ("https://crm.example.com/leads/{lead_id}", "javascript:alert(1)")),
        [
            (
                STAGES,
                '"javascript:alert(1)"',
                (
                    "link-shape a link is an https address with columns in braces, as "
                    "in https://crm.example.com/leads/{id}"
                ),
            )
        ],
        id="script",
    ),
    pytest.param(
        edited(STAGES, ("{lead_id}", "{lead_id")),
        [
            (
                STAGES,
                '"https://crm.example.com',
                (
                    "link-shape a link is an https address with columns in braces, as "
                    "in https://crm.example.com/leads/{id}"
                ),
            )
        ],
        id="open brace",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_link_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
