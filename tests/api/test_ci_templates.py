"""The templates for other people's CI do what they promise: their steps are run, and their jobs' rights are looked at.

A small runner stands in for the forge's: it resolves the expressions of `env`, checks out as the action would, runs
each `run` with bash, and obeys the workflow commands that a log holds.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from api.clock import stop
from tests.api.cli.shop import FILES, NOW, put, write_shop
from tests.api.forges import Fake, fake
from tests.api.repository import committed, git

ROOT = Path(__file__).parents[2]
GITHUB, GITLAB = ROOT / "deploy" / "github", ROOT / "deploy" / "gitlab" / "scorecard.gitlab-ci.yml"
KEPT, SOURCES = "metrics/service/kept_promises.yml", "sources.yml"
NARROWED = FILES[KEPT].replace("dataset: orders", "dataset: orders\nof: channel = 'web'")
HOSTILE = "::error::forged ##[error]forged ::set-output name=x::y"
SECRETS = {"WAREHOUSE_URL": "duckdb:///:memory:"}


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with a proposal on `proposal`, and one that is hostile on `hostile`."""
    root = write_shop(tmp_path_factory.mktemp("origin"))
    put(root, SOURCES, FILES[SOURCES].replace('"duckdb:///:memory:"', '"${WAREHOUSE_URL}"'))
    (root / ".gitignore").write_text(".scorecard/*\n!.scorecard/clock\n")
    stop(root, NOW)
    committed(root, "As it is")
    for name in ("proposal", "hostile", "outside"):
        git(root, "checkout", "-q", "-b", name, "main")
        put(root, KEPT, NARROWED)
        (root / "PROPOSED").write_text("it was checked out\n")
        if name == "hostile":
            put(root, KEPT, NARROWED.replace("Kept promises", f'"{HOSTILE}"'))
            text = FILES[SOURCES].replace(
                '"duckdb:///:memory:"', '"postgresql://u:${WAREHOUSE_URL}@127.0.0.1:9/x"'
            )
            put(root, SOURCES, text)
        if name == "outside":
            put(
                root,
                "datasets/orders.yml",
                FILES["datasets/orders.yml"].replace("data/orders.csv", "../canary.csv"),
            )
            put(root, SOURCES, FILES[SOURCES] + "roots: /\n")
        committed(root, name)
        git(root, "update-ref", f"refs/pull/{('proposal', 'hostile', 'outside').index(name) + 1}/head", name)
        git(
            root,
            "update-ref",
            f"refs/merge-requests/{('proposal', 'hostile', 'outside').index(name) + 1}/head",
            name,
        )
    git(root, "checkout", "-q", "main")
    return root


@dataclass
class Runner:
    """A job's machine: its checkout, its log, and what its steps may use."""

    folder: Path
    origin: Path
    log: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        programs = self.folder / "bin"
        programs.mkdir(parents=True)
        script = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m api.cli "$@"\n'
        installed = f'#!/bin/sh\necho "$@" >> "{self.folder}/installed"\n'
        for name, text in (("scorecard", script), ("python", installed)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        (self.folder / "temp").mkdir()
        self.environment |= {
            "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(self.folder), "NO_COLOR": "1",
            "RUNNER_TEMP": str(self.folder / "temp"), "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
        }  # fmt: skip

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    def check_out(self, ref: str) -> None:
        git(self.folder, "clone", "-q", str(self.origin), str(self.checkout))
        git(self.checkout, "checkout", "-q", "--detach", ref)

    def run(self, script: str, more: dict[str, str]) -> int:
        """Run a script as a step is run by default: bash that ends at the first failure."""
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=self.checkout, env={**self.environment, **more},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
        )  # fmt: skip
        self.log += done.stdout
        return done.returncode

    @property
    def obeyed(self) -> list[str]:
        """Return the commands that the forge's runner would take from the log."""
        found, stopped = [], None
        for line in map(str.strip, self.log.splitlines()):
            if stopped is not None:
                stopped = None if line == f"::{stopped}::" else stopped
            elif line.startswith("::stop-commands::"):
                stopped = line.removeprefix("::stop-commands::")
            elif line.startswith("::") or "##[" in line:
                found.append(line)
        return found


def jobs_of(name: str) -> dict[str, Any]:
    jobs: dict[str, Any] = read(GITHUB / name)["jobs"]
    return jobs


def resolved(values: dict[str, Any], context: dict[str, str]) -> dict[str, str]:
    """Return the variables of an `env`, each expression of it looked up."""
    pattern = re.compile(r"\$\{\{ *([\w.]+) *\}\}")
    return {name: pattern.sub(lambda found: context[found[1]], str(value)) for name, value in values.items()}


def github(runner: Runner, name: str, base: str, head: str, number: int) -> list[int]:
    """Run a workflow's job; return how its steps ended. A step after one that failed runs where it says so."""
    (job,) = jobs_of(name).values()
    context = {
        "github.event.pull_request.base.sha": base, "github.event.pull_request.head.sha": head,
        "github.event.pull_request.number": str(number), "github.token": "t0ken",
        **{f"secrets.{key}": value for key, value in SECRETS.items()},
    }  # fmt: skip
    shared, ended = resolved(job["env"], context), []
    for step in job["steps"]:
        when, failed = step.get("if", ""), any(ended)
        if ("failure()" in when and not failed) or (failed and not when):
            continue
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
            runner.check_out(resolved(step["with"], context)["ref"])
        elif "run" in step:
            ended.append(runner.run(step["run"], {**shared, **resolved(step.get("env", {}), context)}))
    return ended


@pytest.fixture
def runner(tmp_path: Path, origin: Path) -> Runner:
    return Runner(tmp_path / "machine", origin)


def commits(origin: Path, head: str) -> tuple[str, str]:
    return git(origin, "rev-parse", "main"), git(origin, "rev-parse", head)


# -- what they say ------------------------------------------------------------------------------------


def scripts() -> Iterator[str]:
    for path in GITHUB.glob("*.yml"):
        for job in read(path)["jobs"].values():
            yield from (step["run"] for step in job["steps"] if "run" in step)


def test_no_script_has_an_expression_of_the_forge_in_it() -> None:
    # What an expression stands for becomes part of the script, whoever wrote it.
    assert [script for script in scripts() if "${{" in script] == []


def test_actions_are_pinned_as_in_our_own_workflow() -> None:
    own = set(re.findall(r"uses: (\S+ # \S+)", (ROOT / ".github/workflows/ci.yml").read_text()))
    for path in GITHUB.glob("*.yml"):
        used = set(re.findall(r"uses: (\S+.*)", path.read_text()))
        assert used <= own


def test_a_forks_job_has_no_secret_and_may_write_nothing() -> None:
    text = (GITHUB / "scorecard-check.yml").read_text()
    whole = read(GITHUB / "scorecard-check.yml")
    assert list(whole["on"]) == ["pull_request"]
    assert whole["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in whole["jobs"].values())
    assert "secrets" not in text.partition("\nname:")[2]
    assert "github.token" not in text


def test_the_job_with_secrets_waits_for_a_person_and_runs_as_the_base_has_it() -> None:
    whole = read(GITHUB / "scorecard-impact.yml")
    assert list(whole["on"]) == ["pull_request_target"]
    assert whole["permissions"] == {}
    (job,) = whole["jobs"].values()
    assert job["environment"] == "scorecard-impact"
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}
    (checkout,) = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    holding = [step["name"] for step in job["steps"] if "secrets." in str(step)]
    assert holding == ["Compute both definitions"]


def test_the_version_is_this_one() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    texts = [path.read_text() for path in (*GITHUB.glob("*.yml"), GITLAB)]
    assert {found for text in texts for found in re.findall(r"scorecard-server\S*==(\S+)", text)} == {
        version[1]
    }


# -- what they do -------------------------------------------------------------------------------------


def test_a_pull_request_is_checked_and_told_in_the_summary(runner: Runner, origin: Path) -> None:
    base, head = commits(origin, "proposal")
    assert github(runner, "scorecard-check.yml", base, head, 1) == [0, 0, 0]
    assert (runner.folder / "installed").read_text() == "-m pip install --quiet scorecard-server==0.1.0\n"
    summary = (runner.folder / "summary.md").read_text()
    assert summary.startswith("<!-- scorecard-diff -->\n")
    assert "Kept promises" in summary
    assert runner.obeyed == []


def test_what_a_pull_request_says_is_no_command(runner: Runner, origin: Path) -> None:
    git(origin, "checkout", "-q", "hostile")
    put(
        origin,
        "metrics/sales/revenue.yml",
        FILES["metrics/sales/revenue.yml"].replace("direction: up", f"direction: '{HOSTILE}'"),
    )
    head = committed(origin, "It is not even valid")
    git(origin, "reset", "-q", "--hard", "HEAD~1")
    git(origin, "checkout", "-q", "main")
    git(origin, "update-ref", "refs/heads/invalid", head)
    assert github(runner, "scorecard-check.yml", commits(origin, "main")[0], head, 2) == [0, 2, 2]
    assert "##[error]forged" in runner.log
    assert runner.obeyed == []


def test_the_effect_is_one_comment_and_the_proposal_is_never_checked_out(
    runner: Runner, origin: Path
) -> None:
    base, head = commits(origin, "proposal")
    with fake("github") as forge:
        runner.environment |= forge.environment
        assert github(runner, "scorecard-impact.yml", base, head, 1) == [0, 0, 0, 0]
        first = list(forge.bodies)
        assert not (runner.checkout / "PROPOSED").exists()
        assert git(runner.checkout, "status", "--porcelain") == ""
        assert first[0].startswith("<!-- scorecard-diff -->\n")
        assert "66.7%" in first[0]
        assert forge.tokens == {"Bearer t0ken"}
        again = Runner(runner.folder / "again", origin, environment=dict(forge.environment))
        assert github(again, "scorecard-impact.yml", base, head, 1) == [0, 0, 0, 0]
        assert forge.bodies == first
    assert runner.obeyed == []


def test_a_proposals_own_sources_are_told_and_not_read(runner: Runner, origin: Path) -> None:
    base, head = commits(origin, "hostile")
    with fake("github") as forge:
        runner.environment |= forge.environment
        assert github(runner, "scorecard-impact.yml", base, head, 2) == [0, 0, 0, 0]
        (body,) = forge.bodies
    assert "66.7%" in body
    assert "**Not read of this proposal**" in body
    assert "is changed: until this is merged the numbers are computed from the source as it was" in body
    assert "::error::" not in body
    assert "##[" not in body
    assert runner.obeyed == []


def test_a_file_outside_is_refused_and_nothing_is_posted(runner: Runner, origin: Path) -> None:
    (runner.folder / "canary.csv").write_text((origin / "data" / "orders.csv").read_text())
    base, head = commits(origin, "outside")
    with fake("github") as forge:
        runner.environment |= forge.environment
        assert github(runner, "scorecard-impact.yml", base, head, 3) == [0, 0, 2, 0]
        assert forge.asked == []


def test_a_push_after_the_approval_stops_the_run(runner: Runner, origin: Path) -> None:
    base, head = commits(origin, "proposal")
    with fake("github") as forge:
        runner.environment |= forge.environment
        # Pull request 2 has another newest commit than the one that was approved.
        assert github(runner, "scorecard-impact.yml", base, head, 2)[:2] == [0, 1]
        assert forge.asked == []
    assert "The pull request has moved on since this run was approved" in runner.log


def gitlab(runner: Runner, name: str, given: dict[str, str]) -> list[int]:
    """Run a job of the template."""
    whole = read(GITLAB)
    shared = {key: str(value) for key, value in whole[".scorecard"]["variables"].items()}
    ended: list[int] = []
    for script in (*whole[".scorecard"]["before_script"], *whole[name]["script"]):
        if not any(ended):
            ended.append(runner.run(script, {**shared, **given}))
    return ended


def test_gitlab_checks_a_merge_request_and_comments_from_the_default_branch(
    runner: Runner, origin: Path
) -> None:
    base, head = commits(origin, "proposal")
    runner.check_out(head)
    given = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_COMMIT_SHA": head}
    assert gitlab(runner, "scorecard-check", given) == [0, 0, 0]
    assert (runner.checkout / "scorecard-diff.md").read_text().startswith("<!-- scorecard-diff -->\n")
    with fake("gitlab") as forge:
        trusted = _on_main(runner, origin, forge)
        given = {"CI_COMMIT_SHA": base, "SCORECARD_REQUEST": "1", "SCORECARD_HEAD": head, **SECRETS}
        assert gitlab(trusted, "scorecard-impact", given) == [0, 0, 0, 0, 0]
        assert not (trusted.checkout / "PROPOSED").exists()
        (body,) = forge.bodies
        assert "66.7%" in body
        moved = {**given, "SCORECARD_REQUEST": "2"}
        assert gitlab(trusted, "scorecard-impact", moved) == [0, 0, 1]
        assert len(forge.bodies) == 1


def _on_main(runner: Runner, origin: Path, forge: Fake) -> Runner:
    token = {"SCORECARD_COMMENT_TOKEN": "t0ken"}
    found = Runner(runner.folder / "main", origin, environment={**forge.environment, **token})
    found.check_out("main")
    return found


def test_gitlabs_job_with_secrets_runs_on_the_protected_default_branch_alone() -> None:
    (rule,) = read(GITLAB)["scorecard-impact"]["rules"]
    assert rule == {
        "if": '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_COMMIT_REF_PROTECTED == "true" && '
        "$SCORECARD_REQUEST =~ /^[0-9]+$/"
    }
