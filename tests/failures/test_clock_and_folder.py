"""The clock is set back, or the project's folder may not be written to: said in words, and nothing is lost."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.api.cli.shop import NOW, run, write_shop


@pytest.fixture
def computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SCORECARD_STORE_URL", raising=False)
    root = write_shop(tmp_path)
    assert run(root, "refresh").exit_code == 0
    return root


def test_a_clock_that_is_set_back_takes_nothing_back(computed: Path) -> None:
    known = run(computed, "query", "revenue").stdout
    back = run(computed, "refresh", now=NOW - timedelta(days=40))
    assert (back.exit_code, back.stdout) == (3, "")
    assert back.stderr == (
        "the clock says 2026-03-11T06:00:00+00:00, and the last refresh was at 2026-04-20T06:00:00+00:00: a refresh "
        "does not go back; set the clock, or, where it was ahead then, restore a backup from before\n"
    )
    assert run(computed, "query", "revenue").stdout == known
    # Clocks differ by a little, and the right time comes again.
    for later in (-timedelta(minutes=4), timedelta(minutes=1)):
        done = run(computed, "refresh", now=NOW + later)
        assert done.exit_code == 0
        assert done.stdout.startswith("2 metrics refreshed: nothing changed.")


def test_a_folder_that_may_not_be_written_to_is_named(computed: Path) -> None:
    state = computed / ".scorecard"
    known = run(computed, "query", "revenue").stdout
    before = {path.name: path.read_bytes() for path in state.iterdir()}
    _may_write(computed, False)
    try:
        said = _unprivileged(computed, "check", "refresh", "show")
    finally:
        _may_write(computed, True)
    refused = f"the store's folder {state} cannot be written: Permission denied\n"
    assert said == {"check": (0, ""), "refresh": (3, refused), "show": (3, refused)}
    assert {path.name: path.read_bytes() for path in state.iterdir()} == before
    assert run(computed, "query", "revenue").stdout == known


def _may_write(root: Path, may: bool) -> None:
    for path in sorted([root, *root.rglob("*")]):
        path.chmod((0o755 if may else 0o555) if path.is_dir() else (0o644 if may else 0o444))


COMMANDS = """
import sys
from pathlib import Path
from tests.api.cli.shop import run

for name in sys.argv[2:]:
    done = run(Path(sys.argv[1]), name)
    print(repr((name, done.exit_code, done.stderr if done.exit_code else "")))
"""


def _unprivileged(root: Path, *names: str) -> dict[str, tuple[int, str]]:
    """Run commands as somebody to whom the modes of files apply: root may write what nobody may."""
    privileged = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    line = [*privileged, sys.executable, "-c", COMMANDS, str(root), *names]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    rows = [ast.literal_eval(each) for each in done.stdout.splitlines()]
    return {name: (code, said) for name, code, said in rows}
