"""One refresh at a time, started from the API or by the scheduler, in whichever process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread

from metrics.errors import StoreLocked
from metrics.store.refresh_lock import refreshing

log = logging.getLogger(__name__)


class RefreshStarter:
    """Start the given refresh where none runs; the refresh itself holds the lock while it runs."""

    def __init__(self, run: Callable[[], object], lock: Path) -> None:
        self._run = run
        self._lock = lock
        self._thread: Thread | None = None
        self._starting = Lock()

    @property
    def running(self) -> bool:
        """Tell whether a refresh runs now, here or in another process."""
        return (self._thread is not None and self._thread.is_alive()) or refreshing(self._lock)

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
        try:
            self._run()
        except StoreLocked as error:
            log.info("no refresh: %s", error)
        except Exception:
            # The scheduler goes on: the store has the failed runs, and the log has the cause.
            log.exception("the refresh failed")
        else:
            return True
        return False
