"""The house keeps its shape: imports point one way, types and lint are clean, files stay short.

One command, pytest, runs every check of the project.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
# What pre-commit runs as well.
COMMANDS = {
    "imports": ("lint-imports",), "lint": ("ruff", "check", "."), "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
}  # fmt: skip
PACKAGES = ("metrics", "scorecard", "grafana", "api")


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(BIN / program), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_imports_point_one_way() -> None:
    _run(*COMMANDS["imports"])


def test_lint_is_clean() -> None:
    _run(*COMMANDS["lint"])


def test_format_is_the_formatters() -> None:
    _run(*COMMANDS["format"])


def test_types_are_sound() -> None:
    _run(*COMMANDS["types"])


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_is_a_page_or_three(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines < 350, f"{path.relative_to(ROOT)} has {lines} lines"


def test_the_top_level_is_the_house() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    wanted = {
        "scorecard", "metrics", "definitions", "api", "grafana", "tests", "pyproject.toml", "constraints.txt",
        "README.md", "CHANGELOG.md", "LICENSE", "docs", "deploy", "benchmarks", ".ci", ".github", ".gitignore",
        ".git-blame-ignore-revs", "CONTRIBUTING.md", ".pre-commit-config.yaml",
    }  # fmt: skip
    assert {path.split("/")[0] for path in listed} <= wanted


def test_definitions_hold_no_python() -> None:
    assert list((ROOT / "definitions").rglob("*.py")) == []


def test_constraints_are_names_and_versions() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        assert all((name, version, "/" not in line)), line
