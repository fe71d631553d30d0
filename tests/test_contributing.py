"""There is one way to check the project: README, CONTRIBUTING.md, pre-commit and CI run the same commands."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import LONG, SLOW, SLOW_MARKERS, TESTS, is_slow
from tests.test_architecture import COMMANDS

ROOT = Path(__file__).parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
# A fork's pull request runs code that nobody has read.
TRUSTED = "github.event_name == 'push' || github.event.pull_request.head.repo.full_name == github.repository"


def command(name: str, text: str = CONTRIBUTING) -> str:
    """Return the command that stands between two marks."""
    found = re.search(rf"<!-- {name} -->\n```\n(.+)\n```\n<!-- /{name} -->", text)
    assert found, f"there is no command {name}"
    return found[1]


def parsed(text: str) -> Any:
    return YAML(typ="safe").load(text)


# -- commands -------------------------------------------------------------------------------------------


def test_the_readme_sets_up_and_checks_all_in_the_same_words() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert command("test", readme) == f"{command('setup')} && {command('all')}"


def test_the_quick_lane_is_the_whole_without_what_is_slow() -> None:
    assert command("quick") == f'{command("all")} -m "not slow"'


def test_before_a_commit_runs_what_the_tests_of_the_architecture_run() -> None:
    [repository] = parsed((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert {(hook["language"], hook["pass_filenames"]) for hook in repository["hooks"]} == {("system", False)}
    entries: dict[str, set[str]] = {}
    for hook in repository["hooks"]:
        [stage] = hook["stages"]
        entries.setdefault(stage, set()).add(hook["entry"])
    assert entries == {
        "pre-commit": {f".venv/bin/{' '.join(words)}" for words in COMMANDS.values()},
        "pre-push": {command("quick")},
    }


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`([\w.]+(?:/[\w.]+)+/?)`", CONTRIBUTING))))
def test_what_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists()


# -- the quick lane -------------------------------------------------------------------------------------


def test_what_is_slow_is_there(pytestconfig: pytest.Config) -> None:
    assert [path for path in (*SLOW, *LONG) if not (TESTS / path).exists()] == []
    known = {line.split(":")[0] for line in pytestconfig.getini("markers")}
    assert {"slow", *SLOW_MARKERS} <= known


def test_what_is_long_comes_first(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> None:
    assert not getattr(pytestconfig.option, "loadscopereorder", False)
    files = list(dict.fromkeys(item.path.relative_to(TESTS).as_posix() for item in request.session.items))
    long = [any(name == each or name.startswith(f"{each}/") for each in LONG) for name in files]
    assert long == sorted(long, reverse=True)


def test_this_is_in_the_quick_lane(request: pytest.FixtureRequest) -> None:
    assert not is_slow(request.node)
    assert request.node.get_closest_marker("slow") is None


@pytest.mark.browser
def test_what_needs_a_browser_is_not(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("slow") is not None


@pytest.mark.parametrize("name", ["test_architecture.py", "test_docs.py", "metrics/kinds/test_golden.py"])
def test_no_quick_lane_is_without(name: str) -> None:
    assert (TESTS / name).exists()
    assert not any(name.startswith(slow) for slow in SLOW)


# -- CI -------------------------------------------------------------------------------------------------


def faults(workflow: Any) -> Iterator[str]:
    """Yield what a workflow may not do."""
    if workflow.get("permissions") != {"contents": "read"}:
        yield "permissions"
    if set(workflow["on"]) != {"push", "pull_request"}:
        yield "events"
    for name, job in workflow["jobs"].items():
        if "permissions" in job:
            yield f"{name}: permissions"
        if "--privileged" in str(job.get("container")) and job.get("if") != TRUSTED:
            yield f"{name}: privileged for forks"
        for step in job["steps"]:
            if "uses" in step and not re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", step["uses"]):
                yield f"{name}: {step['uses']} is not pinned"
            if "checkout@" in step.get("uses", "") and step["with"].get("persist-credentials") is not False:
                yield f"{name}: the token stays in the checkout"


def test_ci_may_only_read_and_runs_what_is_pinned() -> None:
    assert list(faults(parsed(WORKFLOW))) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("permissions",), {"contents": "write"}, "permissions"),
        (("permissions",), None, "permissions"),
        (("on",), {"push": None, "pull_request_target": None}, "events"),
        (("jobs", "quick", "permissions"), "write-all", "quick: permissions"),
        (("jobs", "full", "if"), None, "full: privileged for forks"),
        (("jobs", "full", "if"), "always()", "full: privileged for forks"),
        (("jobs", "wheel", "container"), {"image": "x", "options": "--privileged"}, "wheel: privileged for forks"),
        (("jobs", "wheel", "steps", 0, "uses"), "actions/checkout@v4", "wheel: actions/checkout@v4 is not pinned"),
        (("jobs", "wheel", "steps", 0, "with"), {}, "wheel: the token stays in the checkout"),
    ],
)  # fmt: skip
def test_a_workflow_that_may_do_more_is_found(path: tuple[str | int, ...], value: Any, fault: str) -> None:
    workflow = copy.deepcopy(parsed(WORKFLOW))
    at = workflow
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert list(faults(workflow)) == [fault]


def test_each_pinned_action_says_its_version() -> None:
    used = re.findall(r"uses: .*", WORKFLOW)
    assert used
    for line in used:
        assert re.fullmatch(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_ci_runs_what_a_person_can_run() -> None:
    jobs = parsed(WORKFLOW)["jobs"]
    scripts = {name: job["steps"][-1]["run"] for name, job in jobs.items()}
    assert scripts == {"quick": "bash .ci/quick", "full": "bash .ci/run", "wheel": "bash .ci/wheel"}
    assert jobs["quick"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_golden_results_find_the_whole_history() -> None:
    jobs = parsed(WORKFLOW)["jobs"]
    for name in ("quick", "full"):
        [checkout] = [step for step in jobs[name]["steps"] if "checkout@" in step.get("uses", "")]
        assert checkout["with"]["fetch-depth"] == 0
