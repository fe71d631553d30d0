"""The definitions of a revision: of the working tree, or of a commit without a checkout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from api.project.repository import Repository
from metrics.errors import UsageError
from metrics.loading.folder import read_folder
from scorecard.definitions import build
from scorecard.edition import Edition, edition

WORKING_TREE = "the working tree"


def working_tree(root: Path, roots: tuple[str, ...] = ()) -> Edition:
    """Return the definitions of a project folder as they stand; raise DefinitionsInvalid.

    `roots` are folders beside the project's in which files are read, besides those that it names itself.
    """
    return edition(build(read_folder(root, roots)), WORKING_TREE)


def edition_at(repository: Repository, written: str, roots: tuple[str, ...] = ()) -> Edition:
    """Return the definitions of a commit, by any of its names; `roots` as of a working tree.

    Raises:
        UsageError: no commit has this name.
        DefinitionsInvalid: the definitions of that commit hold errors.
    """
    revision = repository.revision(written)
    folder = replace(repository.folder(revision.commit.hash), roots=roots)
    return edition(build(folder), written, revision.commit)


def revisions(repository: Repository, base: str, head: str | None) -> tuple[str, str | None]:
    """Return what two sides are called; the later is None for the working tree.

    `base` may be both: `main..topic`, or `main...topic` for what `topic` changed since it left `main`.

    Raises:
        UsageError: no commit has such a name, or the two share none.
    """
    left, dots, right = base.partition("...")
    if not dots:
        left, dots, right = base.partition("..")
    if not dots:
        return base, head
    if head is not None:
        raise UsageError(f"{base!r} names both sides already: leave {head!r} out")
    left, right = left or "HEAD", right or "HEAD"
    return (repository.merge_base(left, right) if dots == "..." else left), right
