"""Named places in a refresh, and what can be made to happen at each.

The product has no seam for this: the places are events of the store's engine, and methods that are wrapped
for as long as a test runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from sqlalchemy import event

from metrics.engine import session
from metrics.engine.session import Session
from metrics.store.definitions import Definitions
from metrics.store.refresh_lock import RefreshLock
from metrics.store.store import Store
from tests.store_engine import engine_of

Happens = Callable[[], None]

# Point -> the class or module, the name in it, and whether the place is before or after the call.
_CALLS: dict[str, tuple[Any, str, bool]] = {
    "the lock is to be taken": (RefreshLock, "__enter__", True),
    "the lock is taken": (RefreshLock, "__enter__", False),
    "a source is to be opened": (session, "open_source", True),
    "a source has been read": (Session, "fetch", False),
    "a definition is remembered": (Definitions, "remember", False),
    "a metric is written": (Store, "write", False),
    "the sources are recorded": (Store, "record_source", False),
    "the refresh is to be recorded": (Store, "record_refresh", True),
    "the refresh is recorded": (Store, "record_refresh", False),
    "the lock is to be freed": (RefreshLock, "__exit__", True),
}
# Point -> the event of the engine and the statement that it waits for.
_EVENTS: dict[str, tuple[str, str]] = {
    "a transaction begins": ("begin", ""),
    "the run is to be inserted": ("before_cursor_execute", "INSERT INTO runs"),
    "the run is inserted": ("after_cursor_execute", "INSERT INTO runs"),
    "the observations are to be inserted": ("before_cursor_execute", "INSERT INTO observations"),
    "the observations are inserted": ("after_cursor_execute", "INSERT INTO observations"),
    "a transaction is to be committed": ("commit", ""),
}
POINTS = (*_CALLS, *_EVENTS)
WRITING = (
    "a transaction begins",
    "the run is to be inserted",
    "the run is inserted",
    "the observations are to be inserted",
    "the observations are inserted",
    "a transaction is to be committed",
)
"""The points at which one metric is being written."""


@contextmanager
def at(point: str, store: Store, happens: Happens, pass_: int = 0) -> Iterator[None]:
    """Let something happen once at a point, when it has been passed so many times."""
    left = [pass_]

    def reached() -> None:
        left[0] -= 1
        if left[0] == -1:
            happens()

    with _called(point, reached) if point in _CALLS else _heard(point, store, reached):
        yield


@contextmanager
def _called(point: str, reached: Happens) -> Iterator[None]:
    owner, name, before = _CALLS[point]
    real = getattr(owner, name)

    @wraps(real)
    def call(*arguments: Any, **more: Any) -> Any:
        if before:
            reached()
        result = real(*arguments, **more)
        if not before:
            reached()
        return result

    setattr(owner, name, call)
    try:
        yield
    finally:
        setattr(owner, name, real)


@contextmanager
def _heard(point: str, store: Store, reached: Happens) -> Iterator[None]:
    name, statement = _EVENTS[point]

    def hear(*arguments: Any) -> None:
        # The third argument of the cursor's events is the statement.
        if not statement or arguments[2].startswith(statement):
            reached()

    def hear_cursor(conn: Any, cursor: Any, text: str, parameters: Any, context: Any, many: bool) -> None:
        hear(conn, cursor, text)

    def hear_connection(conn: Any) -> None:
        # Readers begin and commit too; only a writer's transaction is a place of its own.
        if conn.get_execution_options().get("store_writing"):
            hear(conn)

    listener = hear_cursor if statement else hear_connection
    event.listen(engine_of(store), name, listener)
    try:
        yield
    finally:
        event.remove(engine_of(store), name, listener)
