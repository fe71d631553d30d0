"""The git commit that a folder stands at: three small files, asked for at every look at the definitions.

History is read by `api.project.repository`.
"""

from __future__ import annotations

import re
from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_MOST_STEPS = 5


def head_commit(folder: Path) -> str | None:
    """Return the commit that HEAD of the repository around a folder names, or None outside of one."""
    try:
        git = _git_of(folder)
        return None if git is None else _head(git)
    except OSError:
        return None


def _git_of(folder: Path) -> Path | None:
    for place in (folder.resolve(), *folder.resolve().parents):
        found = place / ".git"
        if found.exists():
            return _git_folder(found)
    return None


def _git_folder(found: Path) -> Path:
    if found.is_dir():
        return found
    # A worktree or submodule has a file that says where its folder is.
    target = found.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    return (found.parent / target).resolve()


def _head(git: Path) -> str | None:
    text = (git / "HEAD").read_text(encoding="utf-8").strip()
    shared = _shared(git)
    for _ in range(_MOST_STEPS):
        if _HASH.match(text):
            return text
        if not text.startswith("ref:"):
            return None
        text = _reference(shared, git, text.removeprefix("ref:").strip())
    return None


def _shared(git: Path) -> Path:
    common = git / "commondir"
    return (git / common.read_text(encoding="utf-8").strip()).resolve() if common.exists() else git


def _reference(shared: Path, git: Path, name: str) -> str:
    for folder in (git, shared):
        loose = folder / name
        if loose.is_file():
            return loose.read_text(encoding="utf-8").strip()
    packed = shared / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.exists() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), "")
