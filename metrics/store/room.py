"""Whether the disk of the store has room: asked before a refresh, and remembered after one that found none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from metrics.errors import StoreFull

LEAST_BYTES = 1 << 20
NAME = "store.full"


class FullMark:
    """The mark that the last refresh found the disk full, for every process that is asked afterwards.

    It is an empty file: there is room for it on most full disks too.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME

    @property
    def stands(self) -> bool:
        """Tell whether the last refresh could not write all that it found."""
        return self._file.exists()

    @contextmanager
    def kept(self) -> Iterator[list[BaseException]]:
        """Set the mark where the disk is found full, by what is raised or put into the list; else take it away."""
        met: list[BaseException] = []
        try:
            yield met
        except StoreFull:
            self._set()
            raise
        if any(isinstance(error, StoreFull) for error in met):
            self._set()
        else:
            self._file.unlink(missing_ok=True)

    def _set(self) -> None:
        with suppress(OSError):
            self._file.touch(mode=0o600)


def require_room(folder: Path, name: str) -> None:
    """Raise StoreFull where the disk of a folder has less than a mebibyte left."""
    if shutil.disk_usage(folder).free < LEAST_BYTES:
        raise StoreFull(f"{name}: the disk is full")
