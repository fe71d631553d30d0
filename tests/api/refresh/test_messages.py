"""Departments hear once that a figure is counted differently, from the refresh that first did so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api.project.project import Project
from api.refresh.messages import tell
from tests.api.metric.test_history import CSAT, Git, edit, git, refresh  # noqa: F401  (fixture)
from tests.survey import NOW, write_survey

LATER = NOW + timedelta(hours=1)


def told(root: Path, after: timedelta = timedelta()) -> list[Path]:
    project = Project.open(root)
    found = list(tell(project, LATER + after))
    project.store.close()
    return found


@pytest.fixture
def company(tmp_path: Path, git: Git) -> Path:  # noqa: F811
    write_survey(tmp_path)
    edit(tmp_path, CSAT, "direction: up\n", "direction: up\nleads: service\n")
    (tmp_path / ".gitignore").write_text(".scorecard\ndata\n")
    git("init", "-qb", "main")
    git("add", "-A")
    git("commit", "-qm", "The first figures")
    refresh(tmp_path, NOW)
    edit(tmp_path, CSAT, "score >= 4", "score >= 5")
    return tmp_path


def test_one_message_a_department_with_what_came_of_the_promise(company: Path, git: Git) -> None:  # noqa: F811
    assert told(company) == []
    git(
        "commit",
        "-qam",
        "Only a *five* is satisfied\n\nScorecard-Impact: csat 2026-04 1 0\nApproved-by: Ben Okafor <ben@example.com>",
        who="Cai Tan",
    )
    refresh(company, LATER)
    [path] = told(company)
    assert path.relative_to(company).as_posix().startswith(".scorecard/messages/service/2026-05-20-csat-")
    said = path.read_text(encoding="utf-8")
    commit = git("rev-parse", "HEAD")[:10]
    assert said == (
        "# Satisfied customers: counted differently since 20 May 2026\n"
        "\n"
        "- **2026-04: 100.0% before, 0.0% since (−100.0 points)**\n"
        "- Status: On target before, Red flag since\n"
        "- As promised with the change: 0.0% for 2026-04.\n"
        "- What changed: share is another\n"
        "- Why: Only a \\*five\\* is satisfied\n"
        f"- Who: Cai Tan ({commit}), approved by Ben Okafor\n"
        "\n"
        "`scorecard history csat` tells all of its changes.\n"
    )
    # Told is told, also where somebody has put the file away.
    path.unlink()
    assert told(company) == []


def test_a_promise_that_did_not_come_true_is_said(company: Path, git: Git) -> None:  # noqa: F811
    git("commit", "-qam", "Only a five\n\nScorecard-Impact: csat 2026-04 1 0.75")
    refresh(company, LATER)
    [path] = told(company)
    said = path.read_text(encoding="utf-8")
    assert "- Not as promised with the change, which said 75.0% for 2026-04.\n" in said
    assert "- Who approved it is not recorded in git.\n" in said


def test_a_kill_between_file_and_memory_writes_the_same_file_again(
    company: Path,
    git: Git,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    git("commit", "-qam", "Only a five")
    refresh(company, LATER)
    project = Project.open(company)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(project.store.messages, "remember", killed)
        with pytest.raises(KeyboardInterrupt):
            tell(project, LATER)
    project.store.close()
    [first] = (company / ".scorecard" / "messages" / "service").iterdir()
    before = first.read_text(encoding="utf-8")
    assert told(company) == [first]
    assert first.read_text(encoding="utf-8") == before
    assert told(company) == []


def test_private_figures_are_not_told_and_old_changes_are_no_news(company: Path, git: Git) -> None:  # noqa: F811
    edit(company, CSAT, "direction: up\n", "direction: up\nprivate: true\n")
    git("commit", "-qam", "Private")
    refresh(company, LATER)
    assert told(company, timedelta(days=8)) == []
    [path] = told(company)
    said = path.read_text(encoding="utf-8")
    assert "- Its figures are private and not told here.\n" in said
    assert "%" not in said


def test_what_goes_wrong_in_telling_harms_no_refresh(
    company: Path,
    git: Git,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    git("commit", "-qam", "Only a five")
    refresh(company, LATER)
    with monkeypatch.context() as patch:
        patch.setattr("api.refresh.messages.definition_history", lambda *_: 1 / 0)
        assert told(company) == []
    assert "nobody was told that metric csat is counted differently: division by zero" in caplog.text
    # It is told the next time.
    assert len(told(company)) == 1
