"""The store's engine: files, transactions, error messages and the version of the tables.

A store is made where there is nothing: no file, or a schema without a table. What else stands in its place is
refused and left alone, and a file that goes away under an open engine is missed at once.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from filelock import FileLock, Timeout
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from metrics.errors import ExtraMissing, NoStore, StoreAway, StoreError, StoreFull, StoreLocked
from metrics.store.migrations import NewerTables, revision, upgrade
from metrics.store.room import require_room
from metrics.store.tables import observations, runs

BUSY_SECONDS = 10
_OPENING_SECONDS = 60
_WRITING = "store_writing"
# A server that is gone without a word is noticed.
_PATIENCE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def open_engine(url: str | URL, *, make: bool = True) -> tuple[Engine, bool]:
    """Return an engine whose tables are up to date, and whether they are new; raise StoreError in plain words.

    Where there is nothing, a store is made, or NoStore raised where `make` is false.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        engine = _postgres_engine(parsed)
        new = _upgrade(engine, make=make)
    elif _in_memory(parsed):
        engine = _sqlite_engine(parsed)
        new = _upgrade(engine, make=True)
    else:
        path = Path(str(parsed.database))
        with _opening(path):
            new = not path.exists()
            if new:
                _make_file(path, make=make)
            elif path.is_file() and not path.stat().st_size:
                raise NoStore(f"the store {path} is an empty file: {_instead(path)}")
            engine = _sqlite_engine(parsed)
            _watch(engine, path)
            _upgrade(engine, make=False)
            engine.dispose()
            _let_readers_go_on(path)
    return engine, new


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
        require_room(Path(str(engine.url.database)).parent, name_of(engine.url))


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


def name_of(url: URL) -> str:
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
    found = store_error(name_of(context.engine.url), context.original_exception)
    if isinstance(found, StoreAway):
        # SQLite says of a full disk that it cannot be written, or that it is full, by which file it meets it.
        require_writable(context.engine)
    raise found


def store_error(name: str, error: BaseException) -> StoreError:
    """Return a driver's error in plain words."""
    words = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if words == "file is not a database":
        return StoreAway(f"{name} is not a SQLite database")
    if words.startswith(("database is locked", "canceling statement due to lock timeout")):
        return StoreAway(f"{name} is busy: another process has been writing for {BUSY_SECONDS} seconds")
    full = getattr(error, "sqlstate", None) == "53100"
    if full or words == "database or disk is full":
        return StoreFull(f"{name}: the server's disk is full ({words})" if full else f"{name}: {words}")
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


def _instead(path: Path) -> str:
    """Return what to do where something else stands in a store's place."""
    restore = f"restore a backup (scorecard restore FILE), or move {path.name} away to begin with a new store"
    return f"nothing is made in its place; {restore}"


def _make_file(path: Path, *, make: bool) -> None:
    """Make a store, for its owner alone, under another name, and give it its own when it is whole."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        # It would be read into the new store, and holds the last that the old one was told.
        words = f"is gone, but its log {log.name} is there: put the file back, restore a backup"
        raise NoStore(f"the store {path} {words}, or move the log away to begin with a new store")
    if not make:
        raise NoStore(_gone(path))
    place = path.resolve() if path.is_symlink() else path
    fresh = place.with_name(f"{place.name}.making")
    left = [fresh.with_name(f"{fresh.name}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]
    try:
        for each in left:
            each.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        engine = _sqlite_engine(URL.create("sqlite", database=str(fresh)))
        _upgrade(engine, make=True)
        engine.dispose()
        os.replace(fresh, place)
    except OSError as error:
        raise StoreError(f"the store {path} cannot be created: {error.strerror}") from error


def _let_readers_go_on(path: Path) -> None:
    """Write ahead, so that nobody who reads waits for a writer."""
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise store_error(f"the store {path}", error) from error


def _gone(path: Path) -> str:
    return f"the store {path} is gone: put the file back or restore a backup (scorecard restore FILE), and start again"


def _watch(engine: Engine, path: Path) -> None:
    """Miss the file when it goes away: a connection would go on writing into one that has no name."""

    def connecting(*_: object) -> None:
        if not path.exists():
            # The driver would make an empty one.
            raise NoStore(_gone(path))

    def connected(_: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(path)

    def taken(_: sqlite3.Connection, record: ConnectionPoolEntry, __: object) -> None:
        found = _identity(path)
        if found is None:
            raise NoStore(_gone(path))
        if found != record.info["file"]:
            # Another file has its name: what is connected to the old one is connected anew.
            raise DisconnectionError

    event.listen(engine, "do_connect", connecting)
    event.listen(engine, "connect", connected)
    event.listen(engine, "checkout", taken)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _upgrade(engine: Engine, *, make: bool) -> bool:
    """Bring the tables up to date; return whether there were none."""
    new = False
    name = name_of(engine.url)
    try:
        with engine.connect() as connection:
            current = upgrade(connection, only_look=True)
        if not current:
            with writing(engine, "tables", patience=_OPENING_SECONDS) as connection:
                new = revision(connection) is None
                if new:
                    _refuse_others(connection, name, make=make)
                upgrade(connection)
        with engine.connect() as connection:
            lost = sorted({runs.name, observations.name}.difference(inspect(connection).get_table_names()))
        if lost:
            raise NoStore(f"{name} has lost its table {lost[0]!r}: restore a backup")
    except NewerTables as error:
        engine.dispose()
        tables = f"its tables are at {error.revision!r}"
        words = f"was made by a newer version of this program ({tables}): install that version"
        raise StoreError(f"{name} {words}") from error
    except BaseException:
        engine.dispose()
        raise
    return new


def _refuse_others(connection: Connection, name: str, *, make: bool) -> None:
    """Raise NoStore where a database that is no store may not become one."""
    found = sorted(inspect(connection).get_table_names())
    file = connection.engine.url.database if connection.dialect.name == "sqlite" else None
    if found:
        shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        cure = _instead(Path(file)) if file else "give it a database or a schema of its own"
        raise NoStore(f"{name} has tables of something else, and none of a store ({shown}): {cure}")
    if not make:
        cure = _instead(Path(file)) if file else "restore a backup, and start again"
        raise NoStore(f"{name} has no tables: {cure}")
