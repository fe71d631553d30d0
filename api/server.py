"""`serve`: gunicorn with its workers, and one process beside them that refreshes by the cron line."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from api.app import create_app
from api.auth import Keys
from api.clock import clock_of, present
from api.guard import is_loopback
from api.metric.statements import StatementReader
from api.project.preview import Preview, preview_of
from api.project.project import STATE_FOLDER, Project
from api.project.reloading import Live
from api.refresh.messages import tell
from api.refresh.refresher import refresher_of
from api.refresh.scheduler import SchedulerProcess
from api.refresh.starter import RefreshStarter
from api.serving.worker import LoopWorker
from metrics.errors import UsageError
from metrics.store.store import Store

log = logging.getLogger(__name__)

Refresh = Callable[[Project], object]

_THREADS = 8
_GRACE_SECONDS = 10


def refresh_project(project: Project) -> object:
    """Compute every metric of a project and store what changed; the summary says how each ended."""
    summary = refresher_of(project, clock_of(project.root)).refresh()
    tell(project, clock_of(project.root)())
    return summary


def serve(
    root: Path,
    host: str = "127.0.0.1",
    port: int = 8321,
    workers: int = 2,
    refresh: Refresh | None = refresh_project,
    *,
    roots: tuple[str, ...] = (),
    preview: str | None = None,
    announce: Callable[[str], object] = sys.stdout.write,
) -> None:
    """Serve a project until SIGTERM or SIGINT; `announce` gets the address once the port listens.

    `refresh` computes a project anew: by the company's cron line and by `POST /api/v1/refresh`; None does
    neither. `roots` are folders besides the project's in which files are read. `preview`
    names two revisions whose definitions are shown beside each other. Ends the process.

    Raises:
        DefinitionsInvalid: the definitions hold errors.
        UsageError: the host is not loopback and no API key is valid, or the cron line cannot be read.
    """
    project = Project.open(root, roots=roots)
    if project.store.made:
        log.warning("%s is new", project.store.made)
    try:
        require_key(project.store, host)
        now = clock_of(root)()
        shown = None if preview is None else preview_of(root, preview, project.store, now, roots)
        scheduler = SchedulerProcess(root, refresh, project) if refresh is not None else None
    finally:
        # A connection must not be shared with the processes that are forked from here.
        project.store.close()
    anonymous = is_loopback(host)

    def load() -> Flask:
        return worker_app(root, roots, anonymous=anonymous, refresh=refresh, preview=shown)

    _Server(load, _options(host, port, workers, announce), scheduler).run()


def require_key(store: Store, host: str) -> None:
    """Raise UsageError where anybody on the network could read: another host than loopback, and no key."""
    if is_loopback(host) or Keys(store).any_valid(present()):
        return
    raise UsageError(
        f"{host} can be reached from other machines, and no API key is valid: make one with "
        "`scorecard keys create --name NAME --scope read`, or serve on 127.0.0.1"
    )


def worker_app(
    root: Path,
    roots: tuple[str, ...] = (),
    *,
    anonymous: bool,
    refresh: Refresh | None,
    preview: Preview | None = None,
) -> Flask:
    """Return the application of one worker process, with its own connections."""
    # The store was there when the server began: one that is gone since is not begun anew.
    live = Live(Project.open(root, make=False, roots=roots))
    starter = None
    if refresh is not None:
        run = refresh
        starter = RefreshStarter(lambda: run(live.project), root / STATE_FOLDER / "refresh.lock")
    return create_app(
        live.project,
        now=clock_of(root),
        key_clock=present,
        anonymous=anonymous,
        refresh=starter,
        statements=StatementReader(clock_of(root)),
        live=live,
        preview=preview,
    )


def _leave(_: object, __: object) -> None:
    """End a worker at once, by the code that it ends with: threads of C++ libraries may still stand."""
    code = getattr(sys.exc_info()[1], "code", 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)


def _options(host: str, port: int, workers: int, announce: Callable[[str], object]) -> dict[str, Any]:
    named = f"[{host}]" if ":" in host and not host.startswith("[") else host

    def ready(arbiter: Arbiter) -> None:
        bound = arbiter.LISTENERS[0].getsockname()[1]
        announce(f"serving on http://{named}:{bound}/\n")
        sys.stdout.flush()

    return {
        "worker_exit": _leave,
        "bind": f"{named}:{port}",
        "workers": workers,
        "worker_class": LoopWorker,
        "threads": _THREADS,
        "graceful_timeout": _GRACE_SECONDS,
        "loglevel": "warning",
        "when_ready": ready,
        "control_socket_disable": True,
    }


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn without its command line and configuration files."""

    def __init__(
        self, load: Callable[[], Flask], options: dict[str, Any], scheduler: SchedulerProcess | None
    ) -> None:
        self._load = load
        self._options = options
        self._scheduler = scheduler
        super().__init__()

    def load_config(self) -> None:
        """Set the options; one that this gunicorn does not know is left out."""
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application; called in each worker."""
        return self._load()

    def run(self) -> None:
        """Run until a signal ends the server; the scheduler ends with it."""
        try:
            _SupervisingArbiter(self, self._scheduler).run()
        finally:
            if self._scheduler is not None:
                self._scheduler.stop()


class _SupervisingArbiter(Arbiter):  # type: ignore[misc]
    """Keeps the scheduler alive beside the workers."""

    def __init__(self, app: _Server, scheduler: SchedulerProcess | None) -> None:
        self._scheduler = scheduler
        super().__init__(app)

    def manage_workers(self) -> None:
        """Start what is missing: workers, and the scheduler. Called about once a second."""
        super().manage_workers()
        if self._scheduler is not None:
            self._scheduler.ensure(self.LISTENERS)
