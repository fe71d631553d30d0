import subprocess
from datetime import datetime, timedelta, timezone

import pytest

from api.project.commits import commit_report
from scorecard.cause_model import CommitReport

ANN = datetime(2026, 10, 12, 9, 30, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))


@pytest.fixture
def repository(tmp_path):
    """Return a repository with commits whose messages are alike, so that a pack writes some as deltas."""

    def git(*words, **more):
        names = ["-c", "user.name=Ann Löwe", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", "-C", tmp_path, *names, *words], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q")
    for number in range(6):
        (tmp_path / "one.yml").write_text(f"window: {number} days\n")
        git("add", "-A")
        text = (
            f"Change {number}\n\n"
            + "The same long words of a message, again and again, so that deltas pay.\n" * 30
        )
        git("commit", "-q", "-m", text, "--date", ANN.isoformat())
    return git


def test_the_author_of_a_loose_commit_and_of_a_packed_one(tmp_path, repository):
    commits = repository("log", "--format=%H").splitlines()
    told = [CommitReport(each, "Ann Löwe", ANN) for each in commits]
    assert [commit_report(tmp_path / "definitions", each) for each in commits] == told
    commit_report.__globals__["_read"].cache_clear()
    repository("repack", "-adfq", "--depth=50", "--window=50")
    repository("prune-packed")
    packed = repository("verify-pack", "-v", *map(str, (tmp_path / ".git/objects/pack").glob("*.idx")))
    # Its sixth column is there for deltas alone.
    deltas = [line for line in packed.splitlines() if " commit " in line and len(line.split()) > 5]
    assert deltas, packed
    assert [commit_report(tmp_path, each) for each in commits] == told


def test_a_commit_that_is_not_there_has_no_author(tmp_path):
    assert commit_report(tmp_path, None) is None
    assert commit_report(tmp_path, "1" * 40) == CommitReport("1" * 40)
