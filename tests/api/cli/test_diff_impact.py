"""`scorecard diff --impact` reads two commits and the sources, and says what the change does in each format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from dulwich.repo import Repo

from api.cli import main
from api.cli._settings import Settings
from tests.scorecard.comment.shop import FILES, NARROWER, NOW, fill
from tests.scorecard.diff.company import commit

SENT = {"sources.yml": "sources: {files: {url: 'postgresql://elsewhere/${HOME}'}}\n"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    repo = Repo.init(str(folder))
    first = commit(repo, FILES, "main")
    commit(repo, {**FILES, **NARROWER}, "narrower", first)
    commit(repo, {**FILES, **NARROWER, **SENT}, "sent", first)
    repo.close()
    fill(folder)
    return folder


def run(root: Path, *arguments: str) -> Result:
    asked = ["diff", *arguments, "--project", str(root)]
    return CliRunner().invoke(main, asked, obj=Settings(clock=lambda: NOW), catch_exceptions=False)


def test_every_change_has_what_it_does(root: Path) -> None:
    done = run(root, "main", "narrower", "--impact", "--format", "json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    [change] = found["changes"]
    assert (change["metric"], change["class"], len(change["impact"]), change["compared"]) == (
        "won",
        "upstream",
        6,
        10,
    )
    assert change["targets"][0]["as_hard"] == pytest.approx(0.75)
    assert [card["period"] for card in found["scorecards"]] == ["2026-Q3", "2026-Q2", "2026-Q1"]


def test_the_comment_says_how_to_see_it_again(root: Path) -> None:
    done = run(root, "main", "narrower", "--impact", "--redact", "--format", "markdown")
    assert done.stdout.startswith(
        "<!-- scorecard-diff -->\n### *Leads won* for 2026-Q2 would move by +50.0%."
    )
    assert done.stdout.endswith("see it again: `scorecard diff main narrower --impact --redact`</sub>\n")
    plain = run(root, "main", "narrower", "--format", "markdown").stdout
    assert plain.endswith("see it again: `scorecard diff main narrower`</sub>\n")


def test_text_is_for_a_terminal(root: Path) -> None:
    lines = run(root, "main", "narrower", "--impact").stdout.splitlines()
    assert lines[0].startswith(
        "Leads won for 2026-Q2 would read 60.0% instead of 40.0%. It goes from ▲ Watch to"
    )
    assert max(map(len, lines)) <= 100


def test_sources_are_those_of_the_base(root: Path) -> None:
    found = json.loads(run(root, "main", "sent", "--impact", "--format", "json").stdout)
    [won] = [change for change in found["changes"] if change["metric"] == "won"]
    assert (won["error"], len(won["impact"])) == (None, 6)


def test_redact_and_timeout_go_with_impact(root: Path) -> None:
    done = run(root, "main", "narrower", "--redact")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        2,
        "Error: --redact and --timeout go with --impact",
    )
