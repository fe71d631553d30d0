import pytest
from dulwich.repo import Repo

from api.project.repository import Repository
from api.project.revision import WORKING_TREE, edition_at, revisions, working_tree
from metrics.errors import DefinitionsInvalid, UsageError
from tests.scorecard.diff.company import FILES, commit, edited, write

MONEY = "metrics/sales/revenue.yml"


@pytest.fixture
def repository(tmp_path):
    """Return a repository in which `main` and `topic` left `v1`, and `alone` stands by itself."""
    with Repo.init(str(tmp_path)) as repo:
        first = commit(repo, FILES, "v1")
        commit(repo, edited((MONEY, "goal: 400", "goal: 410")), "main", first)
        commit(repo, edited((MONEY, "measure: sum(amount)", "measure: sum(")), "topic", first)
        commit(repo, FILES, "alone")
    write(tmp_path, FILES)
    with Repository.around(tmp_path) as around:
        yield around


def test_the_same_definitions_from_a_commit_and_from_the_folder(tmp_path, repository):
    committed, folder = edition_at(repository, "v1"), working_tree(tmp_path)
    assert (committed.catalog, committed.board, committed.hashes) == (
        folder.catalog,
        folder.board,
        folder.hashes,
    )
    assert (committed.written, folder.written, folder.commit) == ("v1", WORKING_TREE, None)
    assert committed.commit == repository.revision("v1").commit
    file = f"definitions/{MONEY}"
    assert committed.text_of(file) == folder.text_of(file) == FILES[MONEY].encode()
    assert committed.text_of("definitions/gone.yml") is None


def test_definitions_that_are_invalid_say_what_is_wrong(repository):
    with pytest.raises(DefinitionsInvalid) as raised:
        edition_at(repository, "topic")
    assert [str(found) for found in raised.value.findings] == [
        f"definitions/{MONEY}:6:13 bad-expression the bracket is never closed: write the ')'"
    ]


def test_how_two_sides_are_written(repository):
    first = repository.revision("v1").commit.hash
    assert revisions(repository, "main", None) == ("main", None)
    assert revisions(repository, "main", "topic") == ("main", "topic")
    assert revisions(repository, "main..topic", None) == ("main", "topic")
    assert revisions(repository, "main...topic", None) == (first, "topic")
    assert revisions(repository, "main..", None) == ("main", "HEAD")


def test_two_sides_that_cannot_be(repository):
    with pytest.raises(UsageError, match=r"'main\.\.topic' names both sides already: leave 'v1' out"):
        revisions(repository, "main..topic", "v1")
    with pytest.raises(UsageError, match=r"'main' and 'alone' share no commit: compare them with '\.\.'"):
        revisions(repository, "main...alone", None)
