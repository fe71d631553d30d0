import subprocess
from datetime import datetime, timedelta, timezone

import pytest

from api.project.repository import Repository, commit_report
from metrics.errors import UsageError
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
    commit_report.__globals__["_reported"].cache_clear()
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


@pytest.mark.parametrize("written", ["HEAD~2", "main~2", "annotated", "light", "HEAD^^"])
def test_a_revision_by_any_of_its_names(tmp_path, repository, written):
    repository("branch", "-M", "main")
    repository("tag", "light", "HEAD~2")
    repository("tag", "-a", "annotated", "-m", "A tag", "HEAD~2")
    hash_ = repository("rev-parse", "HEAD~2")
    with Repository.around(tmp_path) as around:
        for each in (written, hash_, hash_[:9]):
            assert around.revision(each).commit == CommitReport(hash_, "Ann Löwe", ANN)


def test_a_name_without_a_commit_is_refused(tmp_path, repository):
    with Repository.around(tmp_path) as around:
        for written in ("nothing", "HEAD~99", "-x", "HEAD:one.yml", ""):
            with pytest.raises(UsageError) as raised:
                around.revision(written)
            assert str(raised.value) == (
                f"git knows no commit by {written!r}: name a branch, a tag, or a commit's hash"
            )


def test_a_folder_outside_of_a_repository(tmp_path):
    with pytest.raises(UsageError, match="lies in no git repository"):
        Repository.around(tmp_path)


def test_the_files_of_a_commit_are_those_of_the_project_as_they_stood(tmp_path, repository):
    project = tmp_path / "deep" / "project"
    (project / "definitions" / "metrics" / "sales").mkdir(parents=True)
    company = project / "definitions" / "company.yml"
    company.write_text("company: Tea\n")
    (project / "definitions" / "metrics" / "sales" / "sold.yml").write_text("metric: sold\n")
    (project / "definitions" / ".hidden.yml").write_text("x: 1\n")
    (project / "definitions" / "link.yml").symlink_to("../../one.yml")
    (project / "beside.csv").write_text("a\n1\n")
    repository("add", "-A")
    repository("commit", "-q", "-m", "A project")
    company.write_text("company: Coffee\n")
    repository("commit", "-qam", "Another name")
    (tmp_path / "one.yml").write_text("window: 99 days\n")
    repository("commit", "-qam", "Elsewhere")
    company.write_text("company: not committed\n")
    with Repository.around(project) as around:
        before, after = around.revision("HEAD~2").commit.hash, around.revision("HEAD~1").commit.hash
        assert around.files(before) == {
            "company.yml": b"company: Tea\n",
            "metrics/sales/sold.yml": b"metric: sold\n",
        }
        assert around.files(after)["company.yml"] == b"company: Coffee\n"
        assert around.read(before, "beside.csv") == b"a\n1\n"
        assert around.read(before, "definitions/link.yml") is None
        assert around.read(before, "gone.csv") is None
        assert sorted(around.folder(before).documents) == ["company", "metrics/sales/sold"]
        last = around.revision("HEAD").commit.hash
        assert around.parents(last) == (after,)
        assert around.message(last) == "Elsewhere"
        # The last commit changed nothing of the definitions.
        assert around.folder_name(last) == around.folder_name(after) != around.folder_name(before)


def test_a_worktree_reads_the_objects_of_its_repository(tmp_path, repository):
    repository("worktree", "add", "-q", str(tmp_path / "side"), "-b", "side")
    with Repository.around(tmp_path / "side") as around:
        assert around.revision("side").commit.hash == repository("rev-parse", "HEAD")
