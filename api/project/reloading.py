"""The running project: definitions are read again when their files change, and kept while they are wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from api.project.git import head_commit
from api.project.project import DEFINITIONS, Project
from metrics.errors import DefinitionsInvalid, ScorecardError

log = logging.getLogger(__name__)

INTERVAL = 2.0
Signature = tuple[object, ...]


class Live:
    """Hold the project that requests see; safe to use from several threads.

    `clock` counts seconds; the files are looked at once in `interval` seconds at most.
    """

    def __init__(
        self, project: Project, *, interval: float = INTERVAL, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._project = project
        self._interval = interval
        self._clock = clock
        self._lock = Lock()
        self._looked_at = clock()
        self._signature = signature(project.root)
        self._rejected: tuple[str, ...] = ()

    @property
    def project(self) -> Project:
        """Return the last valid project, after a look at the files where one is due."""
        if self._clock() - self._looked_at >= self._interval and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._project

    @property
    def rejected(self) -> tuple[str, ...]:
        """Return what is wrong with the newest definitions, if they could not be used."""
        return self._rejected

    def _look(self) -> None:
        found = signature(self._project.root)
        self._looked_at = self._clock()
        if found == self._signature:
            return
        self._signature = found
        try:
            self._project = self._project.reloaded()
        except DefinitionsInvalid as error:
            self._rejected = tuple(str(finding) for finding in error.findings)
        except (ScorecardError, OSError) as error:
            self._rejected = (str(error),)
        else:
            self._rejected = ()
            log.info("the definitions were read again")
            return
        log.warning("the changed definitions cannot be used: %s", "; ".join(self._rejected))


def signature(root: Path) -> Signature:
    """Return what changes when a definition file or the commit changes."""
    files = sorted(path for path in (root / DEFINITIONS).rglob("*") if path.is_file())
    return (head_commit(root), *((str(path), *_stamp(path)) for path in files))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        # The file went away between listing and looking: that is a change too.
        return -1, -1
    return stat.st_mtime_ns, stat.st_size
