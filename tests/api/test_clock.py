"""A project's clock runs, unless it was stopped at an instant."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.clock import FILE, clock_of, present, stop, stopped_at

INSTANT = datetime(2026, 10, 13, 6, tzinfo=UTC)


def test_a_clock_runs(tmp_path: Path) -> None:
    assert stopped_at(tmp_path) is None
    before = present()
    assert before <= clock_of(tmp_path)() <= present()


def test_a_stopped_clock_stands_still(tmp_path: Path) -> None:
    stop(tmp_path, INSTANT)
    assert stopped_at(tmp_path) == INSTANT
    assert [clock_of(tmp_path)() for _ in range(2)] == [INSTANT, INSTANT]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-10-13T06:00:00"])
def test_a_clock_that_cannot_be_read_runs(tmp_path: Path, text: str) -> None:
    stop(tmp_path, INSTANT)
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    assert stopped_at(tmp_path) is None
