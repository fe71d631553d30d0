"""A repository with a commit for each change: what `scorecard diff` says of it, and in which forms."""

import json
import re
from datetime import date
from functools import cache, partial
from itertools import pairwise

import pytest
from dulwich.repo import Repo
from jsonschema import Draft7Validator

from api.project.repository import Repository
from api.project.revision import edition_at
from metrics.catalog.diff import ChangeClass
from scorecard.diff.definition_diff import definition_diff
from scorecard.diff.sarif import as_sarif
from tests.api.cli.shop import lines, run
from tests.scorecard.diff.cases import CASES, ROW
from tests.scorecard.diff.company import FILES, commit, edited, write


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Return a project whose repository holds `main`, and a branch for each case that left it."""
    root = tmp_path_factory.mktemp("company")
    repo = Repo.init(str(root), default_branch=b"main")
    base = commit(repo, FILES, "main")
    for name, (edits, _, _) in CASES.items():
        commit(repo, edited(*edits), name, base)
    commit(repo, edited(("metrics/sales/revenue.yml", "goal: 400", "goal: 410")), "later", base)
    commit(repo, edited(("metrics/sales/revenue.yml", "leads: sales", "leads: nobody")), "invalid", base)
    repo.refs[b"refs/heads/main"] = repo.refs[b"refs/heads/later"]
    repo.refs[b"refs/tags/v1"] = base
    repo.close()
    write(root, FILES)
    return root


@pytest.fixture(scope="module")
def base(company):
    with Repository.around(company) as repository:
        return edition_at(repository, "v1")


@pytest.fixture(scope="module")
def between(company, base):
    """Return what each branch changes, read once."""
    return cache(partial(_between, company, base))


def _between(company, base, name):
    with Repository.around(company) as repository:
        return definition_diff(base, edition_at(repository, name))


def told(name, change, through=()):
    classes = ", ".join(each.value for each in change.classes)
    return f"{name}: {classes}" + (f" ({', '.join(through)})" if through else "")


@pytest.mark.parametrize("name", CASES)
def test_each_change_is_of_its_class(between, name):
    _, figures, elements = CASES[name]
    found = between(name)
    assert [told(each.metric, each, (*each.uses, *each.through)) for each in found.changes] == figures
    assert [told(f"{each.element} {each.name}", each) for each in found.scorecard] == elements


def test_a_change_that_holds_from_a_day_leaves_history_alone(between, company):
    day = date(2026, 10, 1)
    assert {each.holds_from for each in between("upstream-condition-from-a-day").changes} == {day}
    assert {each.holds_from for each in between("upstream-condition").changes} == {None}
    # What a figure says itself holds for all of its history.
    assert {each.holds_from for each in between("semantic-and-upstream").changes} == {None}
    said = run(company, "diff", "v1", "upstream-condition-from-a-day").stdout
    assert "| history: stays as it is before 1 Oct 2026, from when on this holds" in said.replace(
        "! h", "| h"
    )
    found = json.loads(run(company, "diff", "v1", "upstream-condition-from-a-day", "--json").stdout)
    assert found["changes"][0]["history"] == {"correction": False, "from": "2026-10-01"}
    found = json.loads(run(company, "diff", "v1", "upstream-condition", "--json").stdout)
    assert found["changes"][0]["history"] == {"correction": True, "from": None}


def test_the_cases_hold_every_class():
    expected = " ".join(line for _, figures, elements in CASES.values() for line in (*figures, *elements))
    assert len(CASES) >= 40
    assert set(re.findall(r"[a-z]+", expected)) >= {each.value for each in ChangeClass}


def test_the_hash_moves_where_it_is_counted_differently_or_called_otherwise_and_nowhere_else(between):
    moving = {ChangeClass.SEMANTIC, ChangeClass.UPSTREAM, ChangeClass.RENAMED}
    for name in CASES:
        for change in between(name).changes:
            if change.hash_before and change.hash_after:
                moved = change.hash_before != change.hash_after
                # What reads a renamed metric is hashed with its name.
                assert moved == bool(moving & set(change.classes)) or name == "renamed", (name, change)


def test_between_any_two_of_them_what_counts_otherwise_is_what_has_another_hash(company):
    counted = {ChangeClass.SEMANTIC, ChangeClass.UPSTREAM}
    with Repository.around(company) as repository:
        editions = [edition_at(repository, name) for name in sorted(CASES)[::4]]
    for before, after in pairwise(editions):
        found = definition_diff(before, after)
        moved = {each.metric for each in found.changes if counted & set(each.classes)}
        both = set(before.hashes) & set(after.hashes)
        if not any(ChangeClass.RENAMED in each.classes for each in found.changes):
            assert moved == {name for name in both if before.hashes[name] != after.hashes[name]}
        back = {each.metric for each in definition_diff(after, before).changes}
        assert len(back) == len(found.changes)


def test_a_narrowed_condition_lists_who_keeps_the_old_meaning_and_a_goal_that_was_set_for_it(between):
    narrowed = between("upstream-narrowed").changes[0]
    assert [(each.condition, each.word, each.metrics) for each in narrowed.old_meaning] == [
        ("qualified_order", "qualified", ("fit_orders",))
    ]
    recounted = between("upstream-column").changes[0]
    kept = [(str(each.from_), each.per, each.goal, each.red_flag, each.as_hard) for each in recounted.targets]
    assert kept == [("2026-01-01", "quarter", "400", "300", None)]
    assert between("target").changes[0].targets == ()


def test_as_json(company):
    done = run(company, "diff", "v1", "upstream-currency", "--format", "json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["base"], found["head"]) == (0, "v1", "upstream-currency")
    change = found["changes"][0]
    assert re.fullmatch("[0-9a-f]{16}", change["hash"].pop("from"))
    assert re.fullmatch("[0-9a-f]{16}", change["hash"].pop("to"))
    assert change == {
        "metric": "revenue", "before": "revenue", "label": "Revenue", "class": "upstream", "also": [],
        "keys": [{"key": "company.currency.rates.max_age", "from": "4 days", "to": "2 days",
                  "file": "definitions/company.yml", "line": 3}],
        "through": ["company.currency.rates.max_age"], "uses": [], "hash": {},
        "history": {"correction": True, "from": None},
        "departments": ["sales"],
        "approvers": [{"department": "sales", "reviewers": ["@northwind/sales"]}],
        "targets": [{"from": "2026-01-01", "per": "quarter", "goal": "400", "red_flag": "300", "as_hard": None}],
        "old_meaning": [],
    }  # fmt: skip
    assert run(company, "diff", "v1", "upstream-currency", "--json").stdout == done.stdout


def test_a_change_does_not_name_its_own_reviewers(company):
    found = json.loads(run(company, "diff", "v1", "shared", "--json").stdout)
    department = next(each for each in found["scorecard"] if each["element"] == "department")
    assert department["approvers"] == [{"department": "service", "reviewers": ["@northwind/service"]}]


def test_as_text(company):
    done = run(company, "diff", "v1", "upstream-narrowed")
    assert done.exit_code == 0
    assert re.sub(r"\([0-9a-f]{12}\)", "(hash)", done.stdout) == (
        "From v1 (hash) to upstream-narrowed (hash)\n"
        "1 figure changed.\n"
        "\n"
        "UPSTREAM  counted differently, by what it rests on\n"
        "  figure Qualified orders (qualified_orders)\n"
        "    datasets.orders.conditions.qualified_order  definitions/datasets/orders.yml:14\n"
        "      - qualified\n"
        "      + qualified and quantity > 1\n"
        "    ! history: corrected, all of it is counted anew\n"
        "    ! two meanings: qualified_order says more than qualified, which fit_orders reads as before\n"
        "\n"
        "Must approve\n"
        "  * Sales: @northwind/sales\n"
    )
    several = run(company, "diff", "v1", "upstream-rows-left-out").stdout
    assert several.count("channel in ('test', 'gift')") == 1
    assert (
        "! the goals of 2 of them were set for the old way of counting: kept_promises, revenue\n" in several
    )
    moved = run(company, "diff", "v1", "breaking-unit").stdout
    assert "BREAKING  gone, or of another kind or unit, while something uses it\n" in moved
    assert "    also semantic, cosmetic\n" in moved
    assert "    ! used by metrics.kept_promises.guards, boards.service\n" in moved
    weight = "    weight: 60 -> 70  definitions/scorecards/joint.yml:14\n"
    assert weight in run(company, "diff", "v1", "weight-indicator").stdout
    assert run(company, "diff", "v1").stdout.splitlines()[1:] == ["Nothing changes."]


@pytest.mark.parametrize(
    ("written", "figures"),
    [
        (["v1", "main"], ["revenue"]),
        (["v1..main"], ["revenue"]),
        (["main..target-guard"], ["kept_promises", "revenue"]),
        (["main...target-guard"], ["kept_promises"]),
        (["main"], ["revenue"]),
    ],
)
def test_two_sides_in_each_form(company, written, figures):
    found = json.loads(run(company, "diff", *written, "--json").stdout)
    assert [each["metric"] for each in found["changes"]] == figures


def test_fail_on(company):
    def code(*words):
        return run(company, "diff", "v1", "semantic", *words).exit_code

    assert [code(), code("--fail-on", "semantic"), code("--fail-on", "breaking, upstream")] == [0, 1, 1]
    assert code("--fail-on", "breaking,removed") == 0
    wrong = run(company, "diff", "v1", "--fail-on", "semantics")
    assert wrong.exit_code == 2
    assert "no class is called 'semantics' (did you mean 'semantic'?)" in wrong.stderr


def test_invalid_definitions_are_said_with_their_side(company):
    done = run(company, "diff", "invalid", "invalid")
    said = "no department is called 'nobody'; there are sales, service"
    place = "definitions/metrics/sales/revenue.yml:8:8 unknown-department"
    assert done.exit_code == 2
    assert lines(done.stdout) == [f"BASE {place} {said}", f"HEAD {place} {said}"]
    assert lines(done.stderr) == [
        "BASE, invalid: the definitions are invalid: 1 finding",
        "HEAD, invalid: the definitions are invalid: 1 finding",
    ]


def test_an_unknown_revision(company):
    done = run(company, "diff", "v9")
    assert (done.exit_code, done.stderr) == (
        2, "git knows no commit by 'v9': name a branch, a tag, or a commit's hash\n",
    )  # fmt: skip
    assert run(company, "diff", "v1..main", "main").exit_code == 2


def test_forged_texts_cannot_fake_a_line(company, tmp_path):
    forged = '"::error::done\\n::warning::x \\e[31m \\u202e ##[error] <b>|</b> [x](http://x) %s"' % (
        "w" * 900
    )
    with_mark = forged.replace("\\u202e", "").replace("\\e", "")
    files = edited(
        ("metrics/sales/revenue.yml", "label: Revenue", f"label: {with_mark}"),
        ("metrics/sales/revenue.yml", "What did customers order?", f"{with_mark}"),
        ("metrics/sales/revenue.yml", "owner: sales-lead", f"owner: {with_mark}"),
    )
    with Repo.init(str(tmp_path)) as repo:
        commit(repo, FILES, "main")
    write(tmp_path, files)
    done = run(tmp_path, "diff", "main")
    assert done.exit_code == 0, done.output
    assert "Revenue" in done.stdout
    assert "::error::done" in done.stdout
    for line in done.stdout.splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert line.isprintable()
        assert len(line) <= 200


def test_a_forged_path_cannot_fake_a_line(tmp_path):
    domain = "x\n::error::##[error]\x1b[31m"
    path = f"metrics/{domain}/rows.yml"
    with Repo.init(str(tmp_path), default_branch=b"main") as repo:
        first = commit(repo, FILES, "main")
        commit(repo, edited((path, "", ROW)), "forged", first)
        commit(
            repo,
            edited((path, "", ROW.replace("measure: count", "measure: '##[x] nothing'"))),
            "invalid",
            first,
        )
    for form in ("text", "json", "sarif"):
        said = run(tmp_path, "diff", "main", "forged", "--format", form).stdout
        assert "rows" in said
        assert not any(line.lstrip().startswith("::") or "##[" in line for line in said.splitlines())
        assert "\x1b" not in said
    assert (
        json.loads(run(tmp_path, "diff", "main", "forged", "--json").stdout)["changes"][0]["metric"] == "rows"
    )
    said = run(tmp_path, "diff", "main", "invalid").stdout
    assert len(said.splitlines()) == 1
    assert said.startswith("HEAD definitions/metrics/x ::error::# #[error]\\x1b[31m/rows.yml:")
    assert "##[" not in said


RESULT = {
    "type": "object", "additionalProperties": False,
    "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
    "properties": {
        "ruleId": {"enum": [each.value for each in ChangeClass]},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["error", "warning", "note"]},
        "message": {"$ref": "#/definitions/message"},
        "locations": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/location"}},
        "relatedLocations": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/definitions/location"}},
        "properties": {"type": "object"},
    },
}  # fmt: skip
SARIF = {
    "definitions": {
        "message": {"type": "object", "additionalProperties": False, "required": ["text"],
                    "properties": {"text": {"type": "string"}}},
        "location": {
            "type": "object", "additionalProperties": False, "required": ["physicalLocation"],
            "properties": {
                "message": {"$ref": "#/definitions/message"},
                "physicalLocation": {
                    "type": "object", "additionalProperties": False, "required": ["artifactLocation", "region"],
                    "properties": {
                        "artifactLocation": {"properties": {"uri": {"type": "string", "pattern": r"^[^\s:]+$"}}},
                        "region": {"properties": {"startLine": {"type": "integer", "minimum": 1}}},
                    },
                },
            },
        },
    },
    "type": "object", "additionalProperties": False, "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["tool"],
            "properties": {
                "tool": {"properties": {"driver": {"required": ["name"]}}},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": RESULT},
            },
        }},
    },
}  # fmt: skip
"""What the schema of SARIF 2.1.0 says of the parts that are written here."""


def test_as_sarif(company, between):
    for name in CASES:
        Draft7Validator(SARIF).validate(as_sarif(between(name), "1"))
    done = run(company, "diff", "v1", "breaking-unit", "--format", "sarif")
    log = json.loads(done.stdout)["runs"][0]
    rules = [each["id"] for each in log["tool"]["driver"]["rules"]]
    result = log["results"][0]
    assert rules == [each.value for each in ChangeClass]
    assert (result["ruleId"], rules[result["ruleIndex"]], result["level"]) == (
        "breaking",
        "breaking",
        "error",
    )
    assert result["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "definitions/metrics/service/replies.yml"},
                              "region": {"startLine": 10}}}
    ]  # fmt: skip
    assert result["message"]["text"] == (
        "metric replies: gone, or of another kind or unit, while something uses it, counted differently, by what it "
        "says itself, changes no value and no status (unit: nothing becomes minutes)"
    )
