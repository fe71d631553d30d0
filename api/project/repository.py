"""The git repository around a project folder: its commits, and the project's files as they stood in each.

Everything is read from git's objects; no working tree is touched and no git program is needed.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from metrics.errors import UsageError
from metrics.loading.folder import MAX_FILES, NAME, Folder, folder_of
from scorecard.cause_model import CommitReport

if TYPE_CHECKING:
    from dulwich.objects import Commit, ObjectID, Tree
    from dulwich.repo import Repo

_MOST_BYTES = 16 * 1024 * 1024
"""No file of a project is larger; the loader refuses what is far smaller."""


@dataclass(frozen=True)
class Revision:
    """A commit, as whoever asked for it wrote it."""

    written: str
    commit: CommitReport


class Repository:
    """A repository, open for reading, and where in it the project folder lies; close it, or use `with`."""

    def __init__(self, repo: Repo, inside: str, home: Path) -> None:
        self._repo = repo
        self._inside = inside
        self._home = home

    @classmethod
    def around(cls, root: Path) -> Self:
        """Open the repository that a project folder lies in.

        Raises:
            UsageError: the folder lies in none, or what is there cannot be read.
        """
        # Imported where history is asked for: the most of what runs never does.
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo

        home = root.resolve()
        try:
            repo = Repo.discover(str(home))
        except (NotGitRepository, OSError, ValueError) as error:
            raise UsageError(f"{root} lies in no git repository: `git init` there, and commit") from error
        top = Path(repo.path).resolve()
        inside = home.relative_to(top).as_posix() if home.is_relative_to(top) else "."
        return cls(repo, "" if inside == "." else inside, home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the repository's files."""
        self._repo.close()

    @property
    def inside(self) -> str:
        """Return where the project lies, from the top of its repository; an empty text for the top itself."""
        return self._inside

    @property
    def top(self) -> Path:
        """Return the folder of the repository's working tree."""
        return Path(self._repo.path).resolve()

    def revision(self, written: str) -> Revision:
        """Return the commit that a branch, a tag, a hash, or one of these with `~2` or `^`, names.

        Raises:
            UsageError: it names none.
        """
        return Revision(written, report_of(self._commit(written)))

    def merge_base(self, one: str, other: str) -> str:
        """Return the hash of the last commit that two revisions share; raise UsageError where there is none."""
        from dulwich.graph import find_merge_base

        found = find_merge_base(self._repo, [self._commit(one).id, self._commit(other).id])
        if not found:
            raise UsageError(f"{one!r} and {other!r} share no commit: compare them with '..'")
        return found[0].decode()

    def files(self, commit: str) -> Mapping[str, bytes]:
        """Return the definitions of the project as they stood in a commit, by path in `definitions`."""
        return {path: self.content(name) for path, name in self.listing(commit).items()}

    def listing(self, commit: str) -> Mapping[str, str]:
        """Return the names of git's objects that hold the files of the definitions in a commit, by path.

        Links are left out: whatever they lead to is no part of what was reviewed.
        """
        found = self._below(self._tree(commit, NAME), "")
        return {path: name.decode() for path, name in islice(found, MAX_FILES)}

    def content(self, name: str) -> bytes:
        """Return what an object of `listing` holds."""
        from dulwich.objects import ObjectID

        return self._repo.object_store[ObjectID(name.encode())].as_raw_string()

    def message(self, commit: str) -> str:
        """Return what the author of a commit wrote about it."""
        return str(self._commit(commit).message, "utf-8", "replace").strip()

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return the commits that a commit follows, the one that it was merged into first."""
        return tuple(parent.decode() for parent in self._commit(commit).parents)

    def folder_name(self, commit: str) -> str | None:
        """Return the name of git's object that holds all definitions in a commit: equal ones have equal names."""
        tree = self._tree(commit, NAME)
        return None if tree is None else str(tree.id, "ascii")

    def read(self, commit: str, path: str) -> bytes | None:
        """Return a file of the project as it stood in a commit, by its path from the project, None where it is not."""
        from dulwich.objects import Blob

        folder, _, name = path.rpartition("/")
        tree = self._tree(commit, folder)
        if tree is None or name.encode() not in tree:
            return None
        mode, found = tree[name.encode()]
        blob = self._repo.object_store[found] if stat.S_ISREG(mode) else None
        if not isinstance(blob, Blob) or blob.raw_length() > _MOST_BYTES:
            return None
        return blob.data

    def folder(self, commit: str) -> Folder:
        """Return the definitions folder as it stood in a commit, ready to be loaded."""
        return folder_of(self.files(commit), lambda path: self.read(commit, path), self._home)

    def _commit(self, written: str) -> Commit:
        from dulwich.objects import Commit, Tag
        from dulwich.objectspec import parse_commit, parse_object

        refused = UsageError(f"git knows no commit by {written!r}: name a branch, a tag, or a commit's hash")
        if not written or "//" in written:
            raise refused
        try:
            found: object = parse_commit(self._repo, written)
        except (KeyError, ValueError):
            try:
                found = parse_object(self._repo, written)
            except (KeyError, ValueError, IndexError, AttributeError, NotImplementedError):
                found = None
        while isinstance(found, Tag):
            found = self._repo[found.object[1]]
        if not isinstance(found, Commit):
            raise refused
        return found

    def _tree(self, commit: str, path: str) -> Tree | None:
        """Return a folder of the project in a commit, None where there is none."""
        from dulwich.objects import Tree

        at = self._repo.object_store[self._commit(commit).tree]
        for part in (*self._inside.split("/"), *path.split("/")):
            if not part:
                continue
            if not isinstance(at, Tree) or part.encode() not in at:
                return None
            at = self._repo.object_store[at[part.encode()][1]]
        return at if isinstance(at, Tree) else None

    def _below(self, tree: Tree | None, prefix: str) -> Iterator[tuple[str, ObjectID]]:
        """Yield the regular files of a folder and those below it that are not hidden, each with its object."""
        from dulwich.objects import Tree

        for entry in sorted(tree.items()) if tree is not None else ():
            name = entry.path.decode("utf-8", "replace")
            if name.startswith(".") or name == "__pycache__":
                continue
            if stat.S_ISREG(entry.mode):
                yield prefix + name, entry.sha
            elif stat.S_ISDIR(entry.mode):
                below = self._repo.object_store[entry.sha]
                assert isinstance(below, Tree)
                yield from self._below(below, f"{prefix}{name}/")


def report_of(commit: Commit) -> CommitReport:
    """Return a commit with its author and the time at which they wrote it, in their own zone."""
    author = commit.author.decode("utf-8", "replace").partition("<")[0].strip()
    zone = timezone(timedelta(seconds=commit.author_timezone))
    return CommitReport(
        commit.id.decode(), author, datetime.fromtimestamp(commit.author_time, UTC).astimezone(zone)
    )


def commit_report(root: Path, commit: str | None) -> CommitReport | None:
    """Return a commit with its author, who is None where the repository around a folder does not hold it."""
    return None if commit is None else _reported(root, commit)


@lru_cache(maxsize=256)
def _reported(root: Path, commit: str) -> CommitReport:
    try:
        with Repository.around(root) as repository:
            return repository.revision(commit).commit
    except (UsageError, OSError):
        # A repository that cannot be read takes the author away and nothing else.
        return CommitReport(commit)
