"""One refresher at a time, across processes."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from metrics.errors import StoreError, StoreLocked

if sys.platform != "win32":
    import fcntl

_SIGN_TRIES = 100


def _utc_now() -> datetime:
    return datetime.now(UTC)


class RefreshLock:
    """Hold the right to refresh; entering raises StoreLocked at once where another process has it.

    The operating system keeps the lock, so that it ends with its holder, however that ends. Who holds it is
    written beside it for people to read, and decides nothing.
    """

    def __init__(self, path: str | Path, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._path = Path(path)
        self._holder = self._path.with_name(f"{self._path.name}.holder")
        self._lock = FileLock(self._path, mode=0o600)
        self._sign = _Sign(self._path)
        self._clock = clock

    def __enter__(self) -> Self:
        if self._lock.is_locked:
            # The lock below would count up and let the same holder in again.
            raise StoreLocked(self._named())
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout as error:
            raise StoreLocked(self._named()) from error
        except OSError as error:
            raise StoreError(f"the lock {self._path} cannot be taken: {error.strerror}") from error
        try:
            self._write_name()
            self._sign.hang_out()
        except OSError as error:
            self._lock.release()
            raise StoreError(f"the lock {self._path} cannot be signed: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # In this order: once the lock is free, the file may be the next holder's.
        try:
            self._sign.take_in()
            self._holder.unlink(missing_ok=True)
        finally:
            self._lock.release()

    def _write_name(self) -> None:
        started = self._clock().astimezone(UTC).isoformat(timespec="seconds")
        fresh = self._holder.with_name(f"{self._holder.name}.new")
        fresh.write_text(json.dumps({"pid": os.getpid(), "started_at": started}), encoding="utf-8")
        os.replace(fresh, self._holder)

    def _named(self) -> str:
        """Say who holds the lock, as far as what was written can be true."""
        try:
            name = json.loads(self._holder.read_text(encoding="utf-8"))
            pid, started = int(name["pid"]), datetime.fromisoformat(name["started_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return "its process is not known"
        # What a crashed holder left is read until the next one has signed.
        return f"process {pid}, since {started.isoformat()}" if _runs(pid) else "its process is not known"


def refreshing(path: str | Path) -> bool:
    """Tell whether somebody holds the lock; whoever looks keeps nobody from taking it."""
    return _Sign(Path(path)).hangs_out()


class _Sign:
    """Says that the lock is held, to those who only look.

    To try the lock itself would take it for a moment, and whoever wanted it then would be refused. So its holder
    locks a second file as well, of which those who look take a share.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}.sign")
        self._open: int | None = None

    def hang_out(self) -> None:
        self._open = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        if sys.platform != "win32":
            # Those who look are gone at once; one that was halted in that moment is not waited for long.
            for _ in range(_SIGN_TRIES):
                with suppress(BlockingIOError):
                    fcntl.flock(self._open, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                time.sleep(0.01)

    def take_in(self) -> None:
        if self._open is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._open)
            self._open = None

    def hangs_out(self) -> bool:
        try:
            found = os.open(self._path, os.O_RDONLY)
        except OSError:
            return False
        try:
            if sys.platform != "win32":
                fcntl.flock(found, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return False
        except BlockingIOError:
            pass
        finally:
            os.close(found)
        return True


def _runs(pid: int) -> bool:
    """Tell whether a process runs, as far as can be told from here."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
