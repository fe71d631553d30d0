"""The demo company in full, made once for all tests that read it; it takes a minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.demo import build


@pytest.fixture(scope="session")
def demo_company(tmp_path_factory) -> Path:
    """Return the folder that `scorecard demo --no-serve` makes; tests that change it copy it first."""
    folder = tmp_path_factory.mktemp("demo") / "company"
    folder.mkdir()
    assert build(folder)
    return folder
