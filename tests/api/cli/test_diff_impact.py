"""`scorecard diff --impact` reads two commits and the sources, and says what the change does in each format."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
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


def test_sources_of_the_head_are_reported_and_not_read(root: Path) -> None:
    place = "definitions/sources.yml:1"
    message = (
        "source 'files' is changed: until this is merged the numbers are computed from the source as it was"
    )
    asked = ("main", "sent", "--impact", "--format")
    done = run(root, *asked, "json")
    [ignored] = json.loads(done.stdout)["not_read"]
    assert (ignored["file"], ignored["line"], ignored["message"]) == ("definitions/sources.yml", 1, message)
    assert f"{message}\n" in done.stderr
    text = run(root, *asked, "text")
    assert f"Not read of this proposal • {place}" in " ".join(text.stdout.replace("▌", "").split())
    assert "elsewhere" not in text.stdout.split("Not read of this proposal")[1]
    assert json.loads(run(root, "main", "narrower", "--impact", "--format", "json").stdout)["not_read"] == []


def test_a_sample_marks_what_it_says_and_says_no_status(root: Path) -> None:
    asked = ("main", "narrower", "--impact", "--sample", "0.5")
    found = json.loads(run(root, *asked, "--format", "json").stdout)
    assert (found["sample"], found["scorecards"], found["alerts"]) == (0.5, [], [])
    [change] = found["changes"]
    assert (change["error"], change["goal"]) == (None, None)
    whole = json.loads(run(root, "main", "narrower", "--impact", "--format", "json").stdout)
    assert whole["sample"] is None
    counts, all_counts = (
        {
            line["period_start"]: line["from"]["denominator"]
            for line in each["changes"][0]["impact"]
            if not line["dimensions"]
        }
        for each in (found, whole)
    )
    assert counts.keys() == all_counts.keys()
    assert all(0 < counts[day] < all_counts[day] == 20 for day in counts)
    said = run(root, *asked, "--format", "markdown").stdout
    assert (
        "> - **From a sample of 50%, statuses are not said.** Counts and sums are those of the sample; shares and "
        "averages come near those of all rows. Nor are scores, goals and alerts said.\n"
    ) in said
    assert said.splitlines()[1].startswith("### In a sample of 50%: *Leads won* for 2026-Q2 would read 50.0%")
    assert "<sub>Both computed on a sample of 50% of the rows, the same for both, data to 10 Oct 2026" in said
    assert said.endswith("see it again: `scorecard diff main narrower --impact --sample 0.5`</sub>\n")
    assert "Scorecard-Impact:" not in said
    assert "status of today" not in said
    text = " ".join(run(root, *asked).stdout.split())
    assert "From a sample of 50%, statuses are not said." in text


@pytest.mark.parametrize("share", ["0", "1", "1.5"])
def test_a_sample_is_a_share_of_the_rows(root: Path, share: str) -> None:
    done = run(root, "main", "narrower", "--impact", "--sample", share)
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        2,
        f"Error: Invalid value for '--sample': {float(share)} is not in the range 0<x<1.",
    )


def test_redact_timeout_and_sample_go_with_impact(root: Path) -> None:
    done = run(root, "main", "narrower", "--redact")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        2,
        "Error: --redact, --timeout and --sample go with --impact",
    )


SLOW = """\
dataset: calls
source: slow
table: calls
key: call_id
time: at
timezone: UTC
complete_through: {lag: 0 days}
"""
CALLS = """\
metric: calls
label: Calls
kind: aggregate
dataset: calls
measure: count
direction: up
leads: sales
owner: sales-lead
grains: [quarter]
"""
TWO_SOURCES = {
    "sources.yml": "sources: {files: {url: 'duckdb:///:memory:'}, slow: {url: 'duckdb:///slow.duckdb'}}\n",
    "datasets/calls.yml": SLOW,
    "metrics/sales/calls.yml": CALLS,
}


def test_what_a_source_does_not_answer_in_time_is_said_and_the_rest_is(tmp_path: Path) -> None:
    repo = Repo.init(str(tmp_path))
    first = commit(repo, {**FILES, **TWO_SOURCES}, "main")
    fewer = {"metrics/sales/calls.yml": CALLS + 'where: "call_id > 0"\n'}
    commit(repo, {**FILES, **TWO_SOURCES, **NARROWER, **fewer}, "narrower", first)
    repo.close()
    fill(tmp_path)
    with duckdb.connect(str(tmp_path / "slow.duckdb")) as raw:
        # One row, of which everything is known only when the sum is: in hours.
        raw.execute(
            "CREATE VIEW calls AS "
            "SELECT CAST(n AS BIGINT) AS call_id, TIMESTAMP '2026-07-01' + n * INTERVAL 1 DAY AS at FROM "
            "(SELECT CAST(sum(sin(a.range * b.range)) AS INTEGER) % 9 AS n "
            "FROM range(10000000) a, range(10000000) b)"
        )
    asked = ("main", "narrower", "--impact", "--timeout", "1", "--format")
    done = run(tmp_path, *asked, "json")
    assert done.exit_code == 0
    changes = {each["metric"]: each for each in json.loads(done.stdout)["changes"]}
    assert changes["calls"]["error"] == {
        "side": "base",
        "message": "source 'slow': no answer within 1 s",
    }
    assert changes["calls"]["impact"] == []
    assert (changes["won"]["error"], len(changes["won"]["impact"])) == (None, 6)
    said = run(tmp_path, *asked, "markdown").stdout
    [line] = [line for line in said.splitlines() if "Not known" in line]
    lost = "By today's definition: source 'slow': no answer within 1 s"
    assert line == f"> - **Not known:** what *Calls* would be. {lost}"
    assert "*Leads won* for 2026-Q2 would read 60.0% instead of 40.0%" in said
