"""A dataset's columns, conditions and lookups have different names."""

import pytest

from tests.metrics.project import STAGES, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(STAGES, ("  qualified_lead:", "  won: budget_ok\n  qualified_lead:")),
        [(STAGES, "won: budget_ok", "name-clash 'won' is one of the columns already: rename one of them")],
        id="condition like a column",
    ),
    pytest.param(
        edited(STAGES, ("  won:", "  touch: budget_ok\n  won:")),
        [
            (
                STAGES,
                "touch: {dataset: touches",
                "name-clash 'touch' is one of the columns already: rename one of them",
            )
        ],
        id="lookup like a column",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_name_clash(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
