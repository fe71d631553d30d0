"""Every kind, source and check has its section in docs/ and its test; what the README says can be run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metrics.data_check import data_checks
from metrics.kind import kinds
from metrics.registry import discover

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def _sections(page: Path) -> set[str]:
    return set(re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_kind_has_a_page_and_golden_files(kind: str) -> None:
    page = ROOT / "metrics" / "kinds" / kind / "README.md"
    assert {"What it answers", "By hand", "Traps"} <= _sections(page)
    assert f"(../metrics/kinds/{kind}/README.md)" in (DOCS / "kinds.md").read_text(encoding="utf-8")
    golden = {path.parent.name for path in (ROOT / "tests" / "golden").glob(f"*/{kind}.*")}
    assert golden == {"results", *discover("metrics.sources", "source")}


@pytest.mark.parametrize("source", sorted(discover("metrics.sources", "source")))
def test_a_source_has_a_section_and_a_test(source: str) -> None:
    assert source in _sections(DOCS / "sources.md")
    assert (ROOT / "tests" / "metrics" / "sources" / f"test_{source}.py").is_file()


@pytest.mark.parametrize("name", sorted(data_checks()))
def test_a_data_check_has_a_section_and_a_test(name: str) -> None:
    assert data_checks()[name].CODE in _sections(DOCS / "data-checks.md")
    assert name.replace("_", "-") == data_checks()[name].CODE
    assert f"def test_{name}" in (ROOT / "tests" / "metrics" / "test_data_check.py").read_text(
        encoding="utf-8"
    )


def test_links_in_the_docs_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
    pages += sorted((ROOT / "metrics").rglob("*.md"))
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
