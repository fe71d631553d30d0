"""A proposal's scorecard stands beside today's, computed on the same rows, and what differs is marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import create_app
from api.project.preview import Preview, preview_of
from api.project.project import Project
from metrics.errors import DefinitionsInvalid, UsageError
from tests.api.cli.shop import FILES, NOW, put, run, write_shop
from tests.api.pages.test_pages import Page
from tests.api.repository import committed, git

KEPT, REVENUE, ORDERS = (
    "metrics/service/kept_promises.yml", "metrics/sales/revenue.yml", "datasets/orders.yml",
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop in a repository: `main`, and proposals on branches of their own."""
    root = write_shop(tmp_path_factory.mktemp("preview"))
    (root / ".gitignore").write_text(".scorecard/\n")
    (root / "data" / "orders.csv").write_text((root / "data" / "orders.csv").read_text())
    proposals = {
        "narrowed": {KEPT: FILES[KEPT].replace("dataset: orders", "dataset: orders\nof: channel = 'web'")},
        "relabelled": {KEPT: FILES[KEPT].replace("Kept promises", "Promises <b>kept</b>")},
        "gone": {
            "scorecards/joint.yml": FILES["scorecards/joint.yml"].replace(
                "  - perspective: customer\n    objectives:\n      - {objective: keep, statement: We keep our word, "
                "champion: service-lead, indicators: [kept_promises]}\n",
                "",
            )
        },
        "elsewhere": {
            "sources.yml": FILES["sources.yml"].replace("ledger.duckdb", "other.duckdb"),
            KEPT: FILES[KEPT].replace("dataset: orders", "dataset: orders\nof: channel = 'web'"),
        },
        "outside": {ORDERS: FILES[ORDERS].replace("data/orders.csv", "../orders.csv")},
    }
    committed(root, "As it is")
    for name, files in proposals.items():
        git(root, "checkout", "-q", "-b", name, "main")
        for path, text in files.items():
            assert text != FILES[path]
            put(root, path, text)
        committed(root, name)
    git(root, "checkout", "-q", "main")
    assert run(root, "refresh").exit_code == 0
    return root


@pytest.fixture(scope="module")
def project(root: Path) -> Iterator[Project]:
    opened = Project.open(root)
    yield opened
    opened.store.close()


def shown(project: Project, written: str) -> tuple[Preview, str]:
    preview = preview_of(project.root, written, project.store, NOW)
    answer = create_app(project, now=lambda: NOW, preview=preview).test_client().get("/preview")
    assert answer.status_code == 200
    Page(answer.text)
    return preview, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]))


def test_what_differs_is_marked_and_the_rest_is_the_same(project: Project) -> None:
    preview, text = shown(project, "main..narrowed")
    # The first quarter has orders 1, 2, 3, 5 and 6, of which 2 came late; 1, 2 and 5 are from the web.
    before, after = preview.current["joint"].before, preview.current["joint"].after
    assert before is not None
    assert after is not None
    said = {one.metric: one.scored.value for one in before.indicators if one.scored}
    would = {one.metric: one.scored.value for one in after.indicators if one.scored}
    assert (said["revenue"], would["revenue"]) == (450.0, 450.0)
    assert (said["kept_promises"], would["kept_promises"]) == (pytest.approx(4 / 5), pytest.approx(2 / 3))
    assert "Preview: Joint scorecard" in text
    assert "The definitions of narrowed beside those of main, both computed on the same data" in text
    assert "Kept promises differs 80.0% 2026-Q1 Goal 90.0% 66.7% 2026-Q1 Goal 90.0% −13.3 points" in text
    assert "Revenue £450 2026-Q1 Goal £400 the same" in text
    assert "Kept promises : counted otherwise" in text
    assert "1 of 2 figures would have another status." in text


def test_words_alone_change_nothing_and_are_no_markup(project: Project) -> None:
    _, text = shown(project, "main..relabelled")
    assert "Nothing on this scorecard changes." in text
    assert "Promises &lt;b&gt;kept&lt;/b&gt; : worded otherwise" in text


def test_what_would_be_gone_is_shown_as_gone(project: Project) -> None:
    _, text = shown(project, "main..gone")
    assert "Kept promises gone 80.0% 2026-Q1 Goal 90.0% not on the scorecard" in text


def test_a_source_that_is_changed_is_told_and_not_read(project: Project) -> None:
    preview, text = shown(project, "main...elsewhere")
    assert [each.code for each in preview.ignored] == ["source-untrusted"]
    assert (
        "Source 'ledger' is changed: until this is merged the numbers are computed from the source as it was"
        in (text.replace("&#39;", "'"))
    )


def test_a_file_outside_is_refused(project: Project) -> None:
    with pytest.raises(DefinitionsInvalid) as refused:
        preview_of(project.root, "main..outside", project.store, NOW)
    assert [each.code for each in refused.value.findings] == ["file-outside"]


def test_without_a_preview_there_is_no_page(project: Project) -> None:
    answer = create_app(project, now=lambda: NOW).test_client().get("/preview")
    assert answer.status_code == 404
    assert "start it with `scorecard serve --preview BASE..HEAD`" in answer.text
    front = create_app(project, now=lambda: NOW).test_client().get("/")
    assert "/preview" not in front.text


def test_a_commit_that_is_not_there_is_said(project: Project) -> None:
    with pytest.raises(UsageError) as refused:
        preview_of(project.root, "main..nowhere", project.store, NOW)
    assert str(refused.value) == "git knows no commit by 'nowhere': name a branch, a tag, or a commit's hash"
