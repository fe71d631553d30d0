"""The example company for the tests of the server: built once, and read by many tests."""

import pytest

from api.app import create_app
from api.project.project import Project
from tests.api.northwind import NOW, build, write_definitions


@pytest.fixture(scope="session")
def northwind(tmp_path_factory):
    """Return a project with values in every state; tests do not change it."""
    project = build(tmp_path_factory.mktemp("northwind"))
    yield project
    project.store.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Return the same project before its first refresh; tests may add keys, and nothing else."""
    root = tmp_path_factory.mktemp("empty")
    write_definitions(root)
    project = Project.open(root, "sqlite://")
    yield project
    project.store.close()


@pytest.fixture
def fresh(tmp_path):
    """Return the same project before its first refresh; the test may change it."""
    write_definitions(tmp_path)
    project = Project.open(tmp_path, "sqlite://")
    yield project
    project.store.close()


@pytest.fixture(scope="session")
def app(northwind):
    """Return the server of this machine alone."""
    return create_app(northwind, now=lambda: NOW)


@pytest.fixture
def client(app):
    """Return a client on the same machine."""
    return app.test_client()
