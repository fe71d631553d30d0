"""A copy of the demo company in full, and a Prometheus beside a module's company."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from api.app import create_app
from api.project.project import Project
from tests.prometheus.servers import Prometheus, prometheus, serving


@pytest.fixture(scope="module")
def own_demo(demo_company, tmp_path_factory) -> Iterator[Project]:
    """Return a copy of the demo for one module."""
    folder = tmp_path_factory.mktemp("own") / "company"
    shutil.copytree(demo_company, folder)
    project = Project.open(folder)
    yield project
    project.store.close()


@pytest.fixture(scope="module")
def peer(request, company, tmp_path_factory) -> Iterator[Prometheus]:
    """Start a Prometheus that scrapes and reads the module's `company` as it is at the module's `NOW`."""
    with (
        serving(create_app(company, now=lambda: request.module.NOW)) as target,
        prometheus(tmp_path_factory.mktemp("prometheus"), target) as server,
    ):
        yield server
