"""The shop: as it is written, and after its first refresh."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.api.cli.shop import run, write_shop


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "SCORECARD_DEBUG", "SCORECARD_STORE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shop(tmp_path) -> Path:
    """Return the shop's folder before its first refresh."""
    return write_shop(tmp_path)


@pytest.fixture(scope="session")
def _computed(tmp_path_factory) -> Path:
    root = write_shop(tmp_path_factory.mktemp("shop"))
    done = run(root, "refresh")
    assert done.exit_code == 0, done.output
    return root


@pytest.fixture
def computed(_computed, tmp_path) -> Path:
    """Return a copy of the shop after its first refresh; the test may change it."""
    return shutil.copytree(_computed, tmp_path / "shop")
