"""Every kind, source and check has its section in docs/ and its test; what the README says can be run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metrics.data_check import data_checks
from metrics.kind import kinds
from metrics.registry import discover

ROOT = Path(__file__).parent.parent


def _sections(name: str) -> set[str]:
    return set(re.findall(r"^## (.+)$", (ROOT / "docs" / name).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_kind_has_a_page_and_golden_files(kind: str) -> None:
    assert {"What it answers", "By hand", "Traps"} <= _sections(f"kinds/{kind}.md")
    assert f"(kinds/{kind}.md)" in (ROOT / "docs" / "kinds.md").read_text(encoding="utf-8")
    golden = {path.parent.name for path in (ROOT / "tests" / "golden").glob(f"*/{kind}.*")}
    assert golden == {"results", *discover("metrics.sources", "source")}


@pytest.mark.parametrize("source", sorted(discover("metrics.sources", "source")))
def test_a_source_has_a_section_and_a_test(source: str) -> None:
    assert source in _sections("sources.md")
    assert (ROOT / "tests" / "metrics" / "sources" / f"test_{source}.py").is_file()


@pytest.mark.parametrize("name", sorted(data_checks()))
def test_a_data_check_has_a_section_and_a_test(name: str) -> None:
    assert data_checks()[name].CODE in _sections("data-checks.md")
    assert name.replace("_", "-") == data_checks()[name].CODE
    assert f"def test_{name}" in (ROOT / "tests" / "metrics" / "test_data_check.py").read_text(
        encoding="utf-8"
    )


def test_links_in_the_docs_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
