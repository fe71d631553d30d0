import pytest

from api.project.git import head_commit

HASH = "0123456789abcdef0123456789abcdef01234567"


def repository(root, head, refs=(), packed=""):
    git = root / ".git"
    git.mkdir(parents=True)
    (git / "HEAD").write_text(f"{head}\n")
    for name, text in refs:
        path = git / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    if packed:
        (git / "packed-refs").write_text(packed)
    return git


def test_a_branch(tmp_path):
    repository(tmp_path, "ref: refs/heads/main", [("refs/heads/main", HASH)])
    folder = tmp_path / "projects" / "tea"
    folder.mkdir(parents=True)
    assert head_commit(folder) == HASH


def test_a_detached_head(tmp_path):
    repository(tmp_path, HASH)
    assert head_commit(tmp_path) == HASH


def test_packed_references(tmp_path):
    packed = (
        f"# pack-refs with: peeled fully-peeled sorted\n{'f' * 40} refs/heads/old\n{HASH} refs/heads/main\n"
    )
    repository(tmp_path, "ref: refs/heads/main", packed=packed)
    assert head_commit(tmp_path) == HASH


def test_a_worktree(tmp_path):
    git = repository(tmp_path / "main", "ref: refs/heads/main", [("refs/heads/side", HASH)])
    own = git / "worktrees" / "side"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/side\n")
    (own / "commondir").write_text("../..\n")
    work = tmp_path / "side"
    work.mkdir()
    (work / ".git").write_text(f"gitdir: {own}\n")
    assert head_commit(work) == HASH


@pytest.mark.parametrize("head", ["ref: refs/heads/main", "nonsense", "ref: HEAD"])
def test_a_repository_without_a_commit(tmp_path, head):
    repository(tmp_path, head)
    assert head_commit(tmp_path) is None
