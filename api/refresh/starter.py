"""One refresh at a time, started from the API or by the scheduler, in whichever process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread

from metrics.errors import StoreLocked
from metrics.store.refresh_lock import RefreshLock

log = logging.getLogger(__name__)

_TRIES = 3
_PAUSE = 1.0


class RefreshStarter:
    """Start the given refresh where none runs; the refresh itself holds the lock while it runs."""

    def __init__(self, run: Callable[[], object], lock: Path, *, pause: float = _PAUSE) -> None:
        self._run = run
        self._lock = lock
        self._pause = pause
        self._thread: Thread | None = None
        self._starting = Lock()

    @property
    def running(self) -> bool:
        """Tell whether a refresh runs now, here or in another process."""
        if self._thread is not None and self._thread.is_alive():
            return True
        try:
            with RefreshLock(self._lock):
                return False
        except StoreLocked:
            return True

    def start(self) -> bool:
        """Start a refresh in the background; False when one is running already."""
        with self._starting:
            if self.running:
                return False
            self._thread = Thread(target=self.run, name="refresh", daemon=True)
            self._thread.start()
        return True

    def wait(self) -> None:
        """Wait for the refresh that was started here."""
        if self._thread is not None:
            self._thread.join()

    def run(self) -> bool:
        """Run a refresh to its end; False where it failed or another held the lock. Never raises."""
        for attempt in range(_TRIES):
            try:
                self._run()
            except StoreLocked as error:
                # The lock may be held for a moment by a look at it, so that one refusal says little.
                if attempt == _TRIES - 1:
                    log.info("no refresh: %s", error)
                    return False
                time.sleep(self._pause)
            except Exception:
                # The scheduler goes on: the store has the failed runs, and the log has the cause.
                log.exception("the refresh failed")
                return False
            else:
                return True
        return False
