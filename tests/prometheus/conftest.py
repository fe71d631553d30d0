"""The demo company in full, made once for all workers, and a Prometheus beside a module's company."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import create_app
from api.cli.demo import build
from api.project.project import Project
from tests.prometheus.servers import Prometheus, prometheus, serving


@pytest.fixture(scope="session")
def demo_company(tmp_path_factory) -> Path:
    """Return the folder that `scorecard demo --no-serve` makes, in a minute; who changes it takes `own_demo`."""
    base = tmp_path_factory.getbasetemp()
    # Each worker has a folder of its own in one that they share; who comes second waits for the first.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = shared / "demo-company", shared / "demo-company.made"
    with (shared / "demo-company.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir()
            assert build(folder)
            made.touch()
    return folder


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
