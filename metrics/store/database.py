"""The store's engine: files, transactions, error messages and the version of the tables."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from metrics.errors import ExtraMissing, StoreAway, StoreError, StoreFull, StoreLocked
from metrics.store.migrations import NewerTables, upgrade
from metrics.store.room import require_room

BUSY_SECONDS = 10
_OPENING_SECONDS = 60
_WRITING = "store_writing"
# A server that is gone without a word is noticed.
_PATIENCE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def open_engine(url: str | URL) -> Engine:
    """Return an engine whose tables are up to date; raise StoreError in plain words."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        engine = _postgres_engine(parsed)
        _upgrade(engine)
    elif _in_memory(parsed):
        engine = _sqlite_engine(parsed)
        _upgrade(engine)
    else:
        path = Path(str(parsed.database))
        engine = _sqlite_engine(parsed)
        with _opening(path):
            _make_file(path)
            _upgrade(engine)
    return engine


@contextmanager
def writing(engine: Engine, what: str, *, patience: int | None = None) -> Iterator[Connection]:
    """Open a transaction that no other writer of `what` can overlap, so that what it reads stays true.

    On PostgreSQL `patience` is how many seconds it waits for them, BUSY_SECONDS by default.
    """
    with engine.execution_options(**{_WRITING: True}).begin() as connection:
        if engine.dialect.name == "postgresql":
            if patience is not None:
                connection.execute(select(func.set_config("lock_timeout", f"{patience}s", True)))
            # SQLite has one writer at a time; here only writers of the same thing wait for each other.
            connection.execute(select(func.pg_advisory_xact_lock(crc32(f"scorecard {what}".encode()))))
        yield connection


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Keep other machines from refreshing a store that they share; raise StoreLocked where one does.

    A file has its lock beside it. A server keeps this one with the connection, so that it ends with its holder.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        schema = connection.execute(select(func.current_schema())).scalar_one()
        key = crc32(f"scorecard refresh of {schema}".encode())
        if not connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one():
            raise StoreLocked("on another machine, with the same store")
        try:
            yield
        finally:
            with suppress(StoreError):
                connection.execute(select(func.pg_advisory_unlock(key)))


def require_writable(engine: Engine) -> None:
    """Raise StoreFull where the disk of the file has no room left; a server is asked by writing."""
    if engine.dialect.name == "sqlite" and not _in_memory(engine.url):
        require_room(Path(str(engine.url.database)).parent, _name(engine.url))


def _parsed(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "the store's URL cannot be read: write sqlite:///path or postgresql://..."
        ) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        known = "it is kept in sqlite or postgresql"
        raise StoreError(f"the store cannot be kept in {parsed.get_backend_name()!r}: {known}")
    return parsed


def _in_memory(url: URL) -> bool:
    return url.database in (None, "", ":memory:")


def _name(url: URL) -> str:
    """Return how messages call the store, without its password."""
    if url.get_backend_name() == "sqlite":
        return f"the store {url.database or ':memory:'}"
    return f"the store {url.render_as_string(hide_password=True)}"


def _postgres_engine(url: URL) -> Engine:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={name: value for name, value in _PATIENCE.items() if name not in url.query},
        )
    except ModuleNotFoundError as error:
        raise ExtraMissing("psycopg", "postgres") from error
    event.listen(engine, "connect", _on_postgres_connect)
    event.listen(engine, "handle_error", _translate)
    return engine


def _on_postgres_connect(connection: Any, _: ConnectionPoolEntry) -> None:
    # A server may write dates in a way that the driver does not read.
    with connection.cursor() as cursor:
        cursor.execute("SET DateStyle TO 'ISO'")
        cursor.execute("SET TimeZone TO 'UTC'")
        # Whoever hangs in the middle of a write would keep all others waiting for ever.
        cursor.execute(f"SET lock_timeout TO '{BUSY_SECONDS}s'")
    connection.commit()


def _sqlite_engine(url: URL) -> Engine:
    # All users of a store in memory share its one connection, as each other would find it empty.
    pool = {"poolclass": StaticPool} if _in_memory(url) else {}
    arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, **pool)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "handle_error", _translate)
    return engine


def _on_connect(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver would begin transactions by its own lights: late, and never before a SELECT.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _translate(context: ExceptionContext) -> None:
    """Raise a StoreError in place of a driver's error."""
    if not isinstance(context.sqlalchemy_exception, DBAPIError) or context.engine is None:
        return
    raise _store_error(_name(context.engine.url), context.original_exception)


def _store_error(name: str, error: BaseException) -> StoreError:
    words = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if words == "file is not a database":
        return StoreAway(f"{name} is not a SQLite database")
    if words.startswith(("database is locked", "canceling statement due to lock timeout")):
        return StoreAway(f"{name} is busy: another process has been writing for {BUSY_SECONDS} seconds")
    if getattr(error, "sqlstate", None) == "53100":
        return StoreFull(f"{name}: the server's disk is full ({words})")
    if words == "database or disk is full":
        return StoreFull(f"{name}: {words}")
    # The names of errors are the same in every driver: who uses it is not the cause of these.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    away = kinds & {"OperationalError", "InterfaceError"} or type(error).__name__ == "DatabaseError"
    return (StoreAway if away else StoreError)(f"{name}: {words}")


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    """Let one process at a time make or upgrade the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the store's folder {path.parent} cannot be created: {error.strerror}") from error
    lock = FileLock(f"{path}.lock", timeout=_OPENING_SECONDS, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        words = f"another process has been opening it for {_OPENING_SECONDS} seconds"
        raise StoreError(f"the store {path} cannot be opened: {words}") from error
    except OSError as error:
        raise StoreError(f"the store's folder {path.parent} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def _make_file(path: Path) -> None:
    """Make the file for its owner alone, where there is none, and let readers go on beside a writer."""
    try:
        # A file that exists is not opened here: to close it would drop the locks of this process on it.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreError(f"the store {path} cannot be created: {error.strerror}") from error
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise _store_error(f"the store {path}", error) from error


def _upgrade(engine: Engine) -> None:
    try:
        with engine.connect() as connection:
            current = upgrade(connection, only_look=True)
        if not current:
            with writing(engine, "tables", patience=_OPENING_SECONDS) as connection:
                upgrade(connection)
    except NewerTables as error:
        engine.dispose()
        tables = f"its tables are at {error.revision!r}"
        words = f"was made by a newer version of this program ({tables}): install that version"
        raise StoreError(f"{_name(engine.url)} {words}") from error
    except BaseException:
        engine.dispose()
        raise
