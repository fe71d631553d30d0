"""Copy a SQLite store to one file while it is in use, and put such a file in a store's place.

A copy is made of one snapshot, tried out, and only then given its name. A file is tried out before it is
restored; the store is then replaced in one step, so that a kill at any instant leaves either the old store
or the new one. A PostgreSQL store has tools of its own, which the errors name.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from metrics.errors import StoreError, UsageError
from metrics.store.database import BUSY_SECONDS
from metrics.store.migrations import VERSION_TABLE, NewerTables, revision, upgrade
from metrics.store.refresh_lock import RefreshLock
from metrics.store.tables import observations, runs

_BESIDE = ("-wal", "-shm", "-journal")
_KEPT = ".before-restore-"
_OPENING_SECONDS = 60
_UNWRITTEN = ("SQLITE_FULL", "SQLITE_IOERR_WRITE")


@dataclass(frozen=True)
class Contents:
    """What a store holds: the version of its tables, its rows, and until when its data is known."""

    revision: str
    runs: int
    observations: int
    watermark: datetime | None


@dataclass(frozen=True)
class Restored:
    """What a store holds now, and the file that holds what it held before (None: there was no store)."""

    contents: Contents
    kept: Path | None


def back_up(url: str | sa.URL, file: Path, *, force: bool = False) -> Contents:
    """Copy the store at a URL to a file while others go on writing, and try the copy out.

    Raises:
        UsageError: the file exists and `force` is not given, it is the store itself, there is no store, or
            the store is in PostgreSQL.
        StoreError: the store is damaged, or the file cannot be written.
    """
    store = _sqlite_file(url, ("pg_dump", "--format=custom", f"--file={file}"), ())
    _check_target(file, store, force=force)
    if not store.is_file():
        raise UsageError(f"there is no store at {store}: refresh first")
    with _writing(f"the backup {file}"):
        number, made = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
        os.close(number)
    part = Path(made)
    try:
        held = _copy(store, f"the store {store}", part, f"the backup {file}", live=True)
        _try_out(part, f"the copy of the store {store}", held)
        with _writing(f"the backup {file}"):
            _settle(part)
            for left in _beside(file):
                left.unlink(missing_ok=True)
            os.replace(part, file)
            _settle(file.parent)
    finally:
        part.unlink(missing_ok=True)
    return held


def restore(url: str | sa.URL, file: Path, lock: Path, now: datetime) -> Restored:
    """Put a backup in the place of the store at a URL; what was there stays beside it, named after `now`.

    Raises:
        UsageError: there is no such file, it is damaged, no store, newer than this program or the store
            itself; or the store is in PostgreSQL.
        StoreLocked: a refresh is running; `lock` is the file of the refresh lock.
        StoreError: the store is in use, or cannot be written.
    """
    store = _sqlite_file(url, ("pg_restore", "--clean", "--if-exists", "--single-transaction"), (str(file),))
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    if store.exists() and file.samefile(store):
        raise UsageError(f"{file} is the store itself: name a backup")
    try:
        held = _try_out(file, f"the backup {file}")
    except StoreError as error:
        # Nothing has failed here: the file that was named is none that can be restored.
        raise UsageError(str(error)) from error
    with _writing(f"the store {store}"):
        store.parent.mkdir(parents=True, exist_ok=True)
    place = store.resolve() if store.is_symlink() else store
    fresh = place.with_name(f"{place.name}.restoring")
    with _writing(f"the store {store}"), RefreshLock(lock, clock=lambda: now), _opening(store):
        try:
            fresh.unlink(missing_ok=True)
            os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            _copy(file, f"the backup {file}", fresh, f"the store {store}", live=False)
            _try_out(fresh, f"the copy of the backup {file}", held)
            kept = _swap(place, fresh, now)
        finally:
            fresh.unlink(missing_ok=True)
    return Restored(held, kept)


# -- where things are -----------------------------------------------------------------------------


def _sqlite_file(url: str | sa.URL, before: tuple[str, ...], after: tuple[str, ...]) -> Path:
    """Return the file of a SQLite store; for PostgreSQL, name the command, which takes the URL in between."""
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "the store's URL cannot be read: write sqlite:///path or postgresql://..."
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        plain = sa.URL.create(
            "postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query
        ).difference_update_query(("password", "sslpassword"))
        address = f"--dbname={plain.render_as_string(hide_password=False)}"
        line = shlex.join((*before, address, *after))
        raise UsageError(f"the store is kept in PostgreSQL, which has its own tool for this: {line}")
    if backend != "sqlite":
        raise StoreError(f"the store cannot be kept in {backend!r}: it is kept in sqlite or postgresql")
    if parsed.database in (None, "", ":memory:"):
        raise UsageError("the store is kept in memory: it has no file")
    return Path(str(parsed.database))


def _check_target(file: Path, store: Path, *, force: bool) -> None:
    if file.is_dir():
        raise UsageError(f"{file} is a folder: name a file in it")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}")
    if file.resolve() in {each.resolve() for each in (store, *_beside(store))}:
        raise UsageError(f"{file} is the store itself: name another file")
    if file.exists() and not force:
        raise UsageError(f"{file} exists: name another file, or write --force to replace it")


def _beside(path: Path) -> tuple[Path, ...]:
    """Return the files in which SQLite keeps what is not yet in a database's own file."""
    return tuple(path.with_name(path.name + suffix) for suffix in _BESIDE)


# -- reading and copying --------------------------------------------------------------------------


def _copy(source: Path, name: str, target: Path, target_name: str, *, live: bool) -> Contents:
    """Copy one snapshot of a store over a file; return what the snapshot holds."""
    with _opened(source, name, live=live) as connection:
        held = _contents(connection, name)
        snapshot = connection.connection.driver_connection
        assert isinstance(snapshot, sqlite3.Connection)
        # The copy reads within the transaction that the rows were counted in.
        with closing(sqlite3.connect(target)) as copy:
            try:
                snapshot.backup(copy)
            except sqlite3.Error as error:
                if error.sqlite_errorname not in _UNWRITTEN:
                    raise
                raise StoreError(f"{target_name} cannot be written: {error}") from error
    return held


def _try_out(path: Path, name: str, expected: Contents | None = None) -> Contents:
    """Read a file as the store that it is to be; raise StoreError where it is none or another."""
    with _opened(path, name, live=False) as connection:
        held = _contents(connection, name)
        wrong = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        if wrong != "ok":
            raise StoreError(f"{name} is damaged: {str(wrong).splitlines()[-1]}")
    if expected is not None and held != expected:
        raise StoreError(f"{name} holds {held}, not {expected}")
    return held


def _contents(connection: sa.Connection, name: str) -> Contents:
    tables = set(sa.inspect(connection).get_table_names())
    found = revision(connection) if VERSION_TABLE in tables else None
    if found is None or not {runs.name, observations.name} <= tables:
        raise StoreError(f"{name} is not a store of this program")
    try:
        upgrade(connection, only_look=True)
    except NewerTables as error:
        made = f"was made by a newer version of this program (its tables are at {error.revision!r})"
        raise StoreError(f"{name} {made}: install that version") from error
    of_runs, of_observations = (
        connection.execute(sa.select(sa.func.count()).select_from(each)).scalar_one()
        for each in (runs, observations)
    )
    until = sa.select(sa.func.max(runs.c.watermark)).where(runs.c.outcome == "ok")
    return Contents(found, of_runs, of_observations, connection.execute(until).scalar_one())


@contextmanager
def _opened(path: Path, name: str, *, live: bool) -> Iterator[sa.Connection]:
    """Open a database and read one snapshot of it; raise StoreError in plain words."""
    # What nobody writes to is read without making files beside it, on a read-only disk too.
    still = not live and not any(each.exists() for each in _beside(path))
    mode = "mode=ro&immutable=1" if still else "mode=rw" if live else "mode=ro"
    address = f"{path.absolute().as_uri()}?{mode}"
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None),
        poolclass=NullPool,
    )
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection
    except (DBAPIError, sqlite3.Error) as error:
        raise _unreadable(name, error.orig if isinstance(error, DBAPIError) else error) from error
    finally:
        engine.dispose()


def _unreadable(name: str, error: BaseException | None) -> StoreError:
    words = str(error)
    if words == "file is not a database":
        return StoreError(f"{name} is not a SQLite database")
    return StoreError(f"{name} is damaged: {words}" if "malformed" in words else f"{name}: {words}")


# -- writing --------------------------------------------------------------------------------------


def _swap(store: Path, fresh: Path, now: datetime) -> Path | None:
    """Put a file in a store's place in one step; return what the store is called from then on."""
    if not store.exists():
        _settle(fresh)
        os.replace(fresh, store)
        _settle(store.parent)
        return None
    _take_after(fresh, store)
    _settle(fresh)
    for each in store.parent.iterdir():
        # A restore that was killed may have left the store with two names.
        if each.name.startswith(f"{store.name}{_KEPT}") and each.samefile(store):
            each.unlink()
    kept = _kept_name(store, now)
    with _alone(store) as sound:
        if not sound:
            # What a damaged store has beside it would be read into the new one.
            for each, aside in zip(_beside(store), _beside(kept), strict=True):
                with suppress(FileNotFoundError):
                    os.replace(each, aside)
        _keep(store, kept)
        os.replace(fresh, store)
        _settle(store.parent)
    return kept


@contextmanager
def _alone(store: Path) -> Iterator[bool]:
    """Hold a store that nobody else has open, all of it in its own file; give False where it is damaged."""
    with closing(sqlite3.connect(store, timeout=1, isolation_level=None)) as connection:
        sound = True
        try:
            # Only the last who has a store open may end its write-ahead log.
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if str(error).startswith("database is locked"):
                words = "is open in another process, such as the server: stop it and restore again"
                raise StoreError(f"the store {store} {words}") from error
            sound = False
        yield sound


def _kept_name(store: Path, now: datetime) -> Path:
    first = f"{store.name}{_KEPT}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    names = (store.with_name(first if number == 1 else f"{first}-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def _keep(store: Path, kept: Path) -> None:
    """Give a file a second name, so that it is never without one; copy it where disks know one name only."""
    try:
        os.link(store, kept)
    except OSError:
        shutil.copy2(store, kept)


def _take_after(fresh: Path, store: Path) -> None:
    """Give a file the mode of the store and, as far as allowed, its owner."""
    like = store.stat()
    fresh.chmod(like.st_mode & 0o777)
    with suppress(PermissionError, AttributeError):
        os.chown(fresh, like.st_uid, like.st_gid)


def _settle(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    try:
        number = os.open(path, os.O_RDONLY)
    except PermissionError:
        # Not every system lets a folder be opened.
        if path.is_dir():
            return
        raise
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _opening(store: Path) -> Iterator[None]:
    """Keep others from opening the store anew; `metrics.store.database` waits for the same lock."""
    lock = FileLock(f"{store}.lock", timeout=_OPENING_SECONDS, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        words = f"another process has been opening it for {_OPENING_SECONDS} seconds"
        raise StoreError(f"the store {store} cannot be restored: {words}") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _writing(name: str) -> Iterator[None]:
    """Raise StoreError where the disk refuses."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{name} cannot be written: {error.strerror or error}") from error
