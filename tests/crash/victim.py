"""What runs in the processes that are killed. They are forked from one that has imported all this."""

from __future__ import annotations

import importlib.util
import os
import resource
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import wraps
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from metrics.errors import StoreError
from metrics.grain import Grain, Period
from metrics.observation import Observation, State
from metrics.registry import discover
from metrics.store import backup, migrations
from metrics.store.store import Run, Store
from tests.crash.company import now, refresh
from tests.crash.planted import STORES
from tests.crash.points import at
from tests.store_engine import engine_of

# What a refresh imports when it first needs it: without this, most kills would fall into imports.
for _name in ("sqlalchemy.dialects.sqlite", "psycopg", "duckdb_sqlalchemy", "pyarrow", "pandas"):
    if importlib.util.find_spec(_name) is not None:
        importlib.import_module(_name)
discover("metrics.sources", "source")

_JANUARY = Period(Grain.MONTH, date(2026, 1, 1), date(2026, 2, 1))
_READING = ("SELECT", "PRAGMA", "SHOW", "select", "show")
IDLE, WRITING, COMMITTING = 0, 1, 2


@dataclass(frozen=True)
class Task:
    """One refresh: of which round, into which store, and where it is to hang."""

    root: Path
    url: str
    number: int
    store: str = "sound"
    hang_at: str | None = None
    pass_: int = 0


def run(task: Task, says: Connection, phase: Any = None) -> None:
    """Open the store and refresh; say `begun`, then `done`, or the point at which it hangs."""
    says.send("begun")
    with STORES[task.store].open(task.url) as store, ExitStack() as stack:
        if phase is not None:
            _show_phase(store, phase)
        if task.hang_at is not None:
            point = task.hang_at

            def hang() -> None:
                says.send(point)
                threading.Event().wait()

            stack.enter_context(at(point, store, hang, task.pass_))
        summary = refresh(store, task.root, task.number)
    says.send([str(line.error) for line in summary.failed] or "done")


def run_full(task: Task, says: Connection) -> None:
    """Refresh as `run` does, but let the store's files grow no more from the task's point on."""
    says.send("begun")
    with Store.open(task.url) as store:
        assert task.hang_at is not None
        path = Path(task.url.removeprefix("sqlite:///"))
        sizes = [each.stat().st_size for each in path.parent.glob(f"{path.name}*")]
        with at(task.hang_at, store, lambda: limit_files(max(sizes)), task.pass_):
            try:
                summary = refresh(store, task.root, task.number)
            except StoreError as error:
                says.send([str(error)])
            else:
                says.send([str(line.error) for line in summary.failed])


def _show_phase(store: Store, phase: Any) -> None:
    """Keep in shared memory whether a transaction is open, for whoever kills this process to count."""

    def begin(connection: Any) -> None:
        phase.value = WRITING if connection.get_execution_options().get("store_writing") else IDLE

    def commit(connection: Any) -> None:
        phase.value = COMMITTING

    def checkin(*_: Any) -> None:
        phase.value = IDLE

    event.listen(engine_of(store), "begin", begin)
    event.listen(engine_of(store), "commit", commit)
    event.listen(engine_of(store), "checkin", checkin)


@dataclass(frozen=True)
class Upgrade:
    """The opening of a store by the migrations in a folder, and which writing statement it hangs before."""

    url: str
    migrations: Path
    hang_at: int | None = None


def upgrade(task: Upgrade, says: Connection) -> None:
    """Open a store, which upgrades its tables; say `begun`, then `done`, or the statement it hangs at."""
    migrations.__file__ = str(task.migrations / "__init__.py")
    passed = count()

    def hear(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().startswith(_READING) and next(passed) == task.hang_at:
            says.send(statement)
            threading.Event().wait()

    says.send("begun")
    event.listen(Engine, "before_cursor_execute", hear)
    event.listen(Engine, "commit", lambda conn: hear(conn, None, "COMMIT"))
    Store.open(task.url).close()
    says.send("done")


def write_on(url: str, says: Connection) -> None:
    """Write one run after another, as fast as it goes, and say how many are written."""
    with Store.open(url) as store:
        for number in count(1):
            run, seen = batch(number)
            store.write(run, seen)
            says.send(number)


def batch(number: int, size: int = 300) -> tuple[Run, list[Observation]]:
    """Return the nth run and its observations: all new, each third time fewer, so that some vanish."""
    at = now(number)
    run = Run(
        id=f"run {number}", metric="busy", definition_hash="h", code_version=1, started_at=at, finished_at=at,
        watermark=at, outcome="ok", error=None, grains=(Grain.MONTH,), cuts=(("channel",),), seconds=0.0,
    )  # fmt: skip
    return run, [
        Observation(
            metric="busy", definition_hash="h", code_version=1, grain=Grain.MONTH, period=_JANUARY,
            dimensions=(("channel", str(place)),), state=State.FINAL, value=float(number), watermark=at,
            computed_at=at,
        )
        for place in range(size if number % 3 else size * 2 // 3)
    ]  # fmt: skip


@dataclass(frozen=True)
class Copying:
    """A backup of a store to a file, or the restore of one from a file."""

    what: str
    store: Path
    file: Path
    lock: Path


def copy(task: Copying, says: Connection, step: int, names: tuple[str, ...]) -> None:
    """Back up or restore, and die at a step."""
    steps = counting(setattr, names, lambda: os.kill(os.getpid(), signal.SIGKILL))
    says.send("begun")
    steps.left = step
    if task.what == "back up":
        backup.back_up(f"sqlite:///{task.store}", task.file, force=True)
    else:
        backup.restore(f"sqlite:///{task.store}", task.file, task.lock, now(1))


@dataclass
class Steps:
    """How many steps are left until something happens, and how many were passed."""

    left: int = -1
    passed: int = 0


def counting(
    put: Callable[[Any, str, Any], None], names: tuple[str, ...], happens: Callable[[], None]
) -> Steps:
    """Count the calls of functions of `os`; let something happen at the one that is asked for."""
    steps = Steps()

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(real)
        def call(*arguments: Any, **more: Any) -> Any:
            steps.left -= 1
            steps.passed += 1
            if steps.left == 0:
                happens()
            return real(*arguments, **more)

        return call

    for name in names:
        put(os, name, wrapped(getattr(os, name)))
    return steps


def limit_files(size: int) -> None:
    """Let no file of this process grow beyond a size: a disk that is full, for those who may not mount one."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
