"""Files that a source reads: looked at with patience, because a mount may hang, and a pipe never ends."""

from __future__ import annotations

import glob
import os
import stat
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from metrics.errors import SourceMissing, SourceRejected, SourceTimeout
from metrics.file_roots import FileRoots

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


def require_regular(source: str, roots: FileRoots, found: Mapping[Path, Path]) -> None:
    """Raise SourceRejected where a path leads to no regular file, leads out of the roots, or cannot be read.

    `found` has each path with the one that it was found by, before links were followed.
    """
    for path, written in found.items():
        shown = written.relative_to(roots.home) if written.is_relative_to(roots.home) else written
        if (misled := roots.misled(path, str(shown))) is not None:
            raise SourceRejected(source, misled)
        try:
            mode = os.stat(path).st_mode
            if not stat.S_ISREG(mode):
                kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
                raise SourceRejected(source, f"{shown} is {kind}: only regular files are read")
            with open(path, "rb") as opened:
                opened.read(1)
        except OSError as error:
            raise SourceRejected(source, f"{shown} cannot be read: {error.strerror}") from error


@dataclass(frozen=True)
class Looks:
    """What a source sees of its files: under its roots alone, and no longer than its timeout."""

    source: str
    roots: FileRoots
    seconds: float

    def expand(self, patterns: Sequence[str]) -> Mapping[Path, Path]:
        """Return the files that patterns match, links followed, each with the path by which it was found."""
        allowed = [each for each in patterns if self.roots.refusal(each) is None]
        return within(
            self.seconds, self.source, ", ".join(patterns), lambda: _expand(self.roots.home, allowed)
        )

    def require_within(self, patterns: Sequence[str]) -> None:
        """Raise SourceRejected where a path leads elsewhere as it is written."""
        for pattern in patterns:
            if (refusal := self.roots.refusal(pattern)) is not None:
                raise SourceRejected(self.source, refusal)

    def require_regular(self, found: Mapping[Path, Path]) -> None:
        """Raise SourceRejected where a file is none that may be read, by now."""
        shown = ", ".join(path.name for path in [*found.values()][:3])
        within(self.seconds, self.source, shown, lambda: require_regular(self.source, self.roots, found))

    def inside(self, found: Iterable[Path]) -> list[Path]:
        """Return the files that lie under the roots."""
        return within(
            self.seconds, self.source, "files", lambda: [path for path in found if self.roots.holds(path)]
        )

    def database(self, path: str) -> Path:
        """Return where a database's file is, links followed; raise SourceMissing or SourceRejected."""
        self.require_within([path])
        target = self.roots.home / path
        if not within(self.seconds, self.source, path, target.exists):
            raise SourceMissing(self.source, f"no file {path}")
        self.require_regular({target: target})
        return within(self.seconds, self.source, path, target.resolve)


def _expand(home: Path, patterns: Sequence[str]) -> Mapping[Path, Path]:
    paths = [
        home / path
        for pattern in patterns
        for path in sorted(glob.glob(pattern, root_dir=home, recursive=True))
    ]
    return dict(sorted({path.resolve(): path for path in paths}.items()))
