"""Files and databases lie in the project folder, or under a root."""

import pytest

from tests.metrics.project import SOURCES, TICKETS, TOUCHES, Files, assert_found, edited

OUTSIDE = "outside of the project folder: name that folder under roots: in sources.yml, or with --root"
ROOTS = "roots: [../shared]\nsources:\n"

CASES = [
    pytest.param(
        edited(TICKETS, ("data/tickets.csv", "../canary.csv")),
        [(TICKETS, "../canary.csv", f"file-outside '../canary.csv' lies {OUTSIDE}")],
        id="above",
    ),
    pytest.param(
        edited(TOUCHES, ("data/touches.csv", "/etc/passwd")),
        [(TOUCHES, "/etc/passwd]", f"file-outside '/etc/passwd' lies {OUTSIDE}")],
        id="absolute, the second of a list",
    ),
    pytest.param(
        edited(TICKETS, ("data/tickets.csv", "https://example.com/x.csv")),
        [
            (
                TICKETS,
                "https://exa",
                "file-outside 'https://example.com/x.csv' is an address: only files of this machine are read",
            )
        ],
        id="address",
    ),
    pytest.param(
        edited(SOURCES, ('"${CRM_URL}"', '"duckdb:///../crm.duckdb"')),
        [(SOURCES, '"duckdb:///../crm', f"file-outside '../crm.duckdb' lies {OUTSIDE}")],
        id="database",
    ),
    pytest.param(
        edited(SOURCES, ('"${CRM_URL}"', '"duckdb:///${file:crm}"')), [], id="only a secret tells it"
    ),
    pytest.param(edited(SOURCES, ('"${CRM_URL}"', '"postgresql://host/crm"')), [], id="not a file"),
    pytest.param(
        edited(SOURCES, ("sources:\n", ROOTS), ('"${CRM_URL}"', '"duckdb:///../shared/crm.duckdb"')),
        [],
        id="under a root",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_file_outside(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
