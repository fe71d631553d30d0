"""Files that a source reads: looked at with patience, because a mount may hang, and a pipe never ends."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from metrics.errors import SourceRejected, SourceTimeout

Found = TypeVar("Found")

_KINDS = (
    (stat.S_ISFIFO, "a pipe"), (stat.S_ISDIR, "a folder"), (stat.S_ISSOCK, "a socket"), (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)  # fmt: skip


def within(seconds: float, source: str, what: str, look: Callable[[], Found]) -> Found:
    """Return what a look at the file system finds; raise SourceTimeout where it has not come back in time.

    Nobody can call a system call back that hangs: its thread is left behind, and ends with the process.
    """
    found: list[Found] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(look())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="file system", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise SourceTimeout(source, f"{what}: the file system has not answered within {seconds:g} s")
    return found[0]


def require_regular(source: str, root: Path, paths: Iterable[Path]) -> None:
    """Raise SourceRejected where a path leads to no regular file, or to one that cannot be read."""
    for path in paths:
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        try:
            mode = os.stat(path).st_mode
            if not stat.S_ISREG(mode):
                kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
                raise SourceRejected(source, f"{shown} is {kind}: only regular files are read")
            with open(path, "rb") as opened:
                opened.read(1)
        except OSError as error:
            raise SourceRejected(source, f"{shown} cannot be read: {error.strerror}") from error
