"""A source's url names an engine that is known, its references have names, and it has time to answer."""

import pytest

from tests.metrics.project import SOURCES, Files, assert_found, edited

DESK = '"duckdb:///:memory:"'
CASES = [
    pytest.param(
        edited(SOURCES, (DESK, '"data/desk.duckdb"')),
        [
            (
                SOURCES,
                '"data/desk.duckdb"',
                "source-shape the url names no engine: write duckdb:///data/sales.duckdb "
                "or postgresql://host/database",
            )
        ],
        id="no engine",
    ),
    pytest.param(
        edited(SOURCES, (DESK, '"postgres+psycopg://desk/tickets"')),
        [
            (
                SOURCES,
                '"postgres+psycopg',
                "source-shape no kind of source is called 'postgres' (did you mean 'postgresql'?)",
            )
        ],
        id="near engine",
    ),
    pytest.param(edited(SOURCES, (DESK, '"postgresql+psycopg://desk/tickets"')), [], id="engine and driver"),
    pytest.param(edited(SOURCES, (DESK, '"${ENGINE}://desk/tickets"')), [], id="engine by reference"),
    pytest.param(
        edited(SOURCES, (DESK, '"duckdb:///${ }"')),
        [
            (
                SOURCES,
                '"duckdb:///${ }"',
                "source-shape a reference is empty: write ${NAME} for a variable, or ${file:path}",
            )
        ],
        id="empty reference",
    ),
    pytest.param(
        edited(SOURCES, ('"${CRM_URL}"', '"${CRM_URL"')),
        [(SOURCES, '"${CRM_URL"', "source-shape a reference is never closed: write ${NAME}")],
        id="open reference",
    ),
    pytest.param(
        edited(SOURCES, ("timeout: 60s", "timeout: 0 min")),
        [
            (
                SOURCES,
                "0 min",
                "source-shape a timeout of nothing leaves no time to answer: write 60s, or leave it out",
            )
        ],
        id="no time",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_source_shape(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
