"""No password or token stands in the definitions."""

from collections.abc import Callable

import pytest

from metrics.definitions import Loaded
from tests.metrics.project import edited, listed

CASES = [
    pytest.param(
        lambda: edited(
            "sources.yml", ('"${CRM_URL}"', '"postgresql://reader:hunter2@db.example.com:5432/crm"')
        ),
        [
            "definitions/sources.yml:2:14 secret-in-url the url holds a secret in plain text: write ${NAME} and set NAME in the environment"
        ],
        id="password",
    ),
    pytest.param(
        lambda: edited("sources.yml", ('"${CRM_URL}"', '"postgresql://${USER}:hunter2@db.example.com/crm"')),
        [
            "definitions/sources.yml:2:14 secret-in-url the url holds a secret in plain text: write ${NAME} and set NAME in the environment"
        ],
        id="password beside a reference",
    ),
    pytest.param(
        lambda: edited(
            "sources.yml", ('"${CRM_URL}"', '"hive://spark.example.com:10000/crm?auth_token=hunter2"')
        ),
        [
            "definitions/sources.yml:2:14 secret-in-url the url holds a secret in plain text: write ${NAME} and set NAME in the environment"
        ],
        id="parameter",
    ),
    pytest.param(
        lambda: edited(
            "sources.yml",
            (
                '"${CRM_URL}"',
                '"postgresql://${USER}:${file:/run/secrets/crm:password}@db.example.com/crm?sslmode=require"',
            ),
        ),
        [],
        id="reference",
    ),
    pytest.param(
        lambda: edited("sources.yml", ('"${CRM_URL}"', '"postgresql://reader@db.example.com:5432/crm"')),
        [],
        id="user alone",
    ),
    pytest.param(
        lambda: edited("sources.yml", ('"${CRM_URL}"', '"duckdb:////data/crm:new@home/crm.duckdb"')),
        [],
        id="path with a colon",
    ),
]


@pytest.mark.parametrize(("project", "expected"), CASES)
def test_secret_in_url(project: Callable[[], Loaded], expected: list[str]) -> None:
    assert listed(project()) == expected
