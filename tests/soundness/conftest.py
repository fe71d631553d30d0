"""The engines of the soundness suite, and one hypothesis profile: the same examples on every run and machine.

SOUNDNESS_EXAMPLES=500 draws that many new ones instead, for an evening's search.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.postgres_server import PostgresServer
from tests.soundness.served import Engine

ASKED = os.environ.get("SOUNDNESS_EXAMPLES")

settings.register_profile(
    "soundness",
    max_examples=int(ASKED or 24),
    deadline=None,
    derandomize=ASKED is None,
    database=None,
    # An example takes a tenth of a second: shrinking a failure would take minutes, and logs are small.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("soundness")


@pytest.fixture(scope="session")
def server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """Make one database for the whole suite: every company has a schema of its own in it."""
    with postgres.fresh() as fresh:
        yield fresh


@pytest.fixture(scope="session", params=["duckdb", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return each engine that a company can be computed on: a drawn test runs on both."""
    if request.param == "duckdb":
        return Engine()
    server: PostgresServer = request.getfixturevalue("server")
    return Engine(server.url)
