"""Fixtures that every package's tests may use, and which tests the quick lane (`-m "not slow"`) leaves out."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.postgres_server import PostgresServer, binaries, running

TESTS = Path(__file__).parent
SLOW = (
    # Drawn companies, killed processes, servers that run for minutes, public data.
    "acceptance", "crash", "failures", "prometheus", "soundness",
    # Whole refreshes, and a project that is edited and checked again and again.
    "api/cli/test_query_retention.py", "api/pages/test_pages.py", "api/prometheus/remote_read/test_kinds.py",
    "api/prometheus/test_exposition_refreshed.py", "metrics/engine/test_watermarks.py", "metrics/operations",
    "metrics/kinds/test_duration_calendars.py", "metrics/loading/test_malformed.py", "metrics/test_data_check.py",
    # The demo company in full, npm, and processes of their own.
    "api/cli/test_demo.py", "api/cli/test_grafana.py", "api/cli/test_main.py", "api/test_demo_data.py",
    "api/test_server.py", "api/test_ci_templates.py", "api/interchange", "grafana/test_schema.py",
    # Models that are fitted, and every kind at many instants.
    "api/metric/test_fit.py", "metrics/analysis/test_finality.py", "metrics/kinds/test_clv.py",
    "metrics/statistics/test_bg_nbd.py", "metrics/statistics/test_pareto_nbd.py", "metrics/statistics/test_peers.py",
    "metrics/store/test_final_values.py",
    # A repository with a commit for each change of a definition.
    "api/cli/test_diff.py",
    # A copy of the house, in which a folder is new.
    "metrics/kinds/test_new_kind.py",
)  # fmt: skip
SLOW_MARKERS = ("browser", "prometheus")
# Handed out before all others: a file of minutes that comes last leaves all workers but one idle.
LONG = (
    "prometheus/test_demo_history.py", "failures", "acceptance/test_starters.py", "test_architecture.py", "prometheus",
    "api/test_demo_data.py", "metrics/test_data_check.py", "crash", "soundness", "acceptance",
)  # fmt: skip

# Git tells a hook's programs which repository it is called of; tests make repositories of their own.
for _name in (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
):
    os.environ.pop(_name, None)


def is_slow(item: pytest.Item) -> bool:
    """Tell whether the quick lane leaves a test out."""
    return _place(item.path, SLOW) < len(SLOW) or any(map(item.get_closest_marker, SLOW_MARKERS))


@cache
def _place(path: Path, among: tuple[str, ...]) -> int:
    """Return which of some folders and files a file is first met in: their number where it is in none."""
    name = path.relative_to(TESTS).as_posix() if path.is_relative_to(TESTS) else ""
    places = (place for place, each in enumerate(among) if name == each or name.startswith(f"{each}/"))
    return next(places, len(among))


def pytest_configure(config: pytest.Config) -> None:
    """Hand files out in the order of `LONG`, and not those of the most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first; mark the slow tests."""
    items.sort(key=lambda item: _place(item.path, LONG))
    for item in items:
        if item.path.is_relative_to(TESTS) and is_slow(item):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run one PostgreSQL server for the whole session; skip where it is not installed, but never in CI."""
    programs = binaries()
    if programs is None:
        reason = "PostgreSQL's server is not installed: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running(programs) as server:
        yield server


@pytest.fixture(scope="session")
def demo_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that `scorecard demo --no-serve` makes in a minute, once for all workers; nobody changes it."""
    from api.cli.demo import build

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
