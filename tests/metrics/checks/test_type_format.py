"""A format says how a text is read as a date or a timestamp."""

import pytest

from tests.metrics.project import STAGES, Files, assert_found, edited

TYPE = 'type: date, format: "%d-%m-%y"'
CASES = [
    pytest.param(
        edited(STAGES, (TYPE, 'type: integer, format: "%d"')),
        [(STAGES, '"%d"', "type-format a format goes with date and timestamp, not with integer")],
        id="number",
    ),
    pytest.param(
        edited(STAGES, (TYPE, "type: timestamp, format: dd-mm-yy")),
        [
            (
                STAGES,
                "dd-mm-yy",
                "type-format the format 'dd-mm-yy' reads nothing: write it as in %d/%m/%Y %H:%M",
            )
        ],
        id="no field",
    ),
    pytest.param(edited(STAGES, (TYPE, "type: integer")), [], id="no format"),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_type_format(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
