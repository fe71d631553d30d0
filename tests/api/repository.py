"""A git repository around a project folder, for tests: no name, key or hook of whoever runs them is used."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(folder: Path, *words: str) -> str:
    """Run git in a folder, and return what it says."""
    settings = (
        "user.name=Ann",
        "user.email=ann@example.com",
        "commit.gpgsign=false",
        "init.defaultBranch=main",
    )
    given = [word for each in settings for word in ("-c", each)]
    done = subprocess.run(
        ["git", "-C", str(folder), *given, *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def committed(folder: Path, message: str) -> str:
    """Commit all that lies in a folder, a repository from now on, and return the commit."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")
