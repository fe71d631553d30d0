"""The example company for the tests of the server: built once, and read by many tests."""

import pytest

from api.app import create_app
from tests.api.northwind import NOW, build


@pytest.fixture(scope="session")
def northwind(tmp_path_factory):
    """Return a project with values in every state; tests do not change it."""
    project = build(tmp_path_factory.mktemp("northwind"))
    yield project
    project.store.close()


@pytest.fixture
def fresh(tmp_path):
    """Return a project of the test's own."""
    project = build(tmp_path)
    yield project
    project.store.close()


@pytest.fixture
def client(northwind):
    """Return a client on the same machine."""
    return create_app(northwind, now=lambda: NOW).test_client()
