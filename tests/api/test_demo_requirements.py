"""docs/requirements.md: every row that the demo company answers names its metrics, and they exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
METRICS = {path.stem for path in (ROOT / "definitions" / "metrics").rglob("*.yml")}
CHECKS = {
    path.stem.replace("_", "-")
    for folder in ("metrics/checks", "metrics/data_checks", "scorecard/checks")
    for path in (ROOT / folder).glob("[a-z]*.py")
}
ANSWERED = (1, 2, *range(6, 12), 16, 19, 20, 21, *range(23, 27), *range(30, 37), 40, 43, 45, 46, 48, 49, 50,
            52, 53, 54, 55, *range(60, 65), 76)  # fmt: skip


def table() -> dict[str, tuple[str, str, str]]:
    """Return asked for, metrics and the rest of each row."""
    text = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    lines = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| R\d+ \|", line)]
    assert all(len(line) == 4 for line in lines)
    return {line[0].strip(): (line[1].strip(), line[2].strip(), line[3].strip()) for line in lines}


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("number", ANSWERED)
def test_every_row_names_a_metric(number: int) -> None:
    asked, metrics, _ = table()[f"R{number}"]
    assert asked
    assert named(metrics)


def test_every_metric_that_is_named_exists() -> None:
    found = {name: row for row, (_, metrics, _) in table().items() for name in named(metrics)}
    assert {name: row for name, row in found.items() if name not in METRICS} == {}


def test_every_check_that_is_named_exists() -> None:
    found = {name for _, _, rest in table().values() for name in re.findall(r"check `([^`]+)`", rest)}
    assert found
    assert found <= CHECKS


def test_a_row_shows_something_and_stands_once_in_order() -> None:
    rows = table()
    text = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^\| R\d+ \|", text, re.MULTILINE)) == len(rows)
    numbers = [int(row[1:]) for row in rows]
    assert numbers == sorted(numbers)
    assert [row for row, (_, metrics, rest) in rows.items() if not metrics and not rest] == []
