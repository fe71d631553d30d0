"""Who changed a definition, when, why, and what that did: by git and by the store, and by the store alone."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from api.app import create_app
from api.metric.history import DefinitionHistory, definition_history
from api.project.project import Project
from metrics.grain import Grain
from tests.survey import NOW, refreshed, write_survey

Git = Callable[..., str]
CSAT = "definitions/metrics/service/csat.yml"


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Return what runs git in the project folder; a day passes with each commit."""
    day = iter(range(1, 28))

    def run(*words: str, who: str = "Ann Löwe") -> str:
        names = ["-c", f"user.name={who}", "-c", "user.email=who@example.com", "-c", "commit.gpgsign=false"]
        at = f"2026-05-{next(day):02}T09:00:00+0100" if words[0] in ("commit", "merge") else ""
        done = subprocess.run(
            ["git", *names, "-C", str(tmp_path), *words],
            check=True, capture_output=True, text=True,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(tmp_path),
                 "GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at},
        )  # fmt: skip
        return done.stdout.strip()

    return run


def edit(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def refresh(root: Path, now: datetime) -> None:
    project = Project.open(root)
    assert refreshed(project, now=now).failed == ()
    project.store.close()


def history(root: Path) -> DefinitionHistory:
    project = Project.open(root)
    found = definition_history(project, project.catalog.metric("csat"), Grain.MONTH)
    project.store.close()
    return found


def test_git_says_who_when_and_why_and_the_store_what_it_did(tmp_path: Path, git: Git) -> None:
    write_survey(tmp_path)
    (tmp_path / ".gitignore").write_text(".scorecard\ndata\n")
    git("init", "-qb", "main")
    git("add", "-A")
    git("commit", "-qm", "The first figures")
    refresh(tmp_path, NOW)
    git("checkout", "-qb", "side")
    edit(tmp_path, CSAT, "score >= 4", "score >= 5")
    message = "Only a five is satisfied\n\nAs the board asked.\n\nReviewed-by: Ben Okafor <ben@example.com>"
    git("commit", "-qam", message, who="Cai Tan")
    git("checkout", "-q", "main")
    edit(tmp_path, "definitions/metrics/service/invitations_sent.yml", "Invitations", "Asked")
    git("commit", "-qam", "Another label of another metric")
    git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    refresh(tmp_path, NOW + timedelta(hours=1))
    edit(tmp_path, "definitions/datasets/surveys.yml", "where: \"survey <> 'test'\"\n", "")
    git("commit", "-qam", "Tests count")
    found = history(tmp_path)
    assert found.from_git
    tests, five, first = found.changes
    assert (first.subject, first.before, first.effect) == ("The first figures", None, None)
    assert first.computed_since == NOW
    assert five.commit is not None
    assert five.merged is not None
    assert (five.commit.author, five.subject) == ("Cai Tan", "Only a five is satisfied")
    assert (five.merged.author, five.commit.authored_at and five.commit.authored_at.date()) == (
        "Ann Löwe", date(2026, 5, 2),
    )  # fmt: skip
    assert [(each.role, each.name) for each in five.people] == [
        ("Reviewed-by", "Ben Okafor <ben@example.com>")
    ]
    assert [each.key for each in five.differences] == ["share"]
    assert five.effect is not None
    # Of April's two scored answers both are a four: March's is one five of two.
    assert (five.effect.period_name, five.effect.before, five.effect.after) == ("2026-04", 1.0, 0.0)
    assert five.computed_since == NOW + timedelta(hours=1)
    # Through the dataset, and not computed by anybody yet.
    assert (tests.subject, tests.computed_since, tests.effect) == ("Tests count", None, None)
    assert [each.key for each in tests.differences] == ["datasets.surveys.where"]
    assert [five.after, five.before] == [tests.before, first.after]


def test_without_git_the_store_says_what_it_saw(tmp_path: Path) -> None:
    write_survey(tmp_path)
    refresh(tmp_path, NOW)
    edit(tmp_path, CSAT, "score >= 4", "score >= 5")
    refresh(tmp_path, NOW + timedelta(hours=1))
    found = history(tmp_path)
    assert not found.from_git
    five, first = found.changes
    assert (five.commit, five.before, five.after != five.before) == (None, first.after, True)
    assert (five.computed_since, first.computed_since) == (NOW + timedelta(hours=1), NOW)
    assert five.effect is not None
    assert (five.effect.before, five.effect.after) == (1.0, 0.0)


def test_page_and_api_say_it(tmp_path: Path) -> None:
    write_survey(tmp_path)
    refresh(tmp_path, NOW)
    edit(tmp_path, CSAT, "score >= 4", "score >= 5")
    refresh(tmp_path, NOW + timedelta(hours=1))
    project = Project.open(tmp_path)
    client = create_app(project, now=lambda: NOW + timedelta(hours=2)).test_client()
    page = client.get("/catalogue/csat").text
    assert "How its definition changed" in page
    assert "2026-Q1: 50.0% before, 50.0% since (0.0 points)" in page
    answered = client.get("/api/v1/metrics/csat/definition/history").json
    assert answered is not None
    assert [each["effect"] and each["effect"]["period_name"] for each in answered["changes"]] == [
        "2026-Q1",
        None,
    ]
    assert client.get("/api/v1/metrics/nothing/definition/history").status_code == 404
    project.store.close()
