"""No password or token stands in the definitions."""

import pytest

from tests.metrics.project import SOURCES, Files, assert_found, edited

CASES = [
    pytest.param(
        edited(SOURCES, ('"${CRM_URL}"', '"postgresql://reader:hunter2@db.example.com:5432/crm"')),
        [
            (
                SOURCES,
                '"postgresql://reader:hun',
                (
                    "secret-in-url the url holds a secret in plain text: write ${NAME} "
                    "and set NAME in the environment"
                ),
            )
        ],
        id="password",
    ),
    pytest.param(
        edited(SOURCES, ('"${CRM_URL}"', '"postgresql://${USER}:hunter2@db.example.com/crm"')),
        [
            (
                SOURCES,
                '"postgresql://${USER}:hu',
                (
                    "secret-in-url the url holds a secret in plain text: write ${NAME} "
                    "and set NAME in the environment"
                ),
            )
        ],
        id="password beside a reference",
    ),
    pytest.param(
        edited(SOURCES, ('"${CRM_URL}"', '"postgresql://crm.example.com/sales?auth_token=hunter2"')),
        [
            (
                SOURCES,
                '"postgresql://crm.exampl',
                (
                    "secret-in-url the url holds a secret in plain text: write ${NAME} "
                    "and set NAME in the environment"
                ),
            )
        ],
        id="parameter",
    ),
    pytest.param(
        edited(
            SOURCES,
            (
                '"${CRM_URL}"',
                '"postgresql://${USER}:${file:/run/secrets/crm:password}@db.example.com/crm?sslmode=require"',
            ),
        ),
        [],
        id="reference",
    ),
    pytest.param(
        edited(SOURCES, ('"${CRM_URL}"', '"postgresql://reader@db.example.com:5432/crm"')),
        [],
        id="user alone",
    ),
    pytest.param(
        edited(SOURCES, ('"${CRM_URL}"', '"duckdb:///data/crm:new@home/crm.duckdb"')),
        [],
        id="path with a colon",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_secret_in_url(files: Files, expected: list[tuple[str, str, str]]) -> None:
    assert_found(files, expected)
