"""A backup is whole and of one moment; a restore, however it ends, leaves the old store or the new one."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metrics.errors import ScorecardError, StoreError, StoreLocked, UsageError
from metrics.observation import Observation
from metrics.store.backup import Contents, back_up, restore
from metrics.store.refresh_lock import RefreshLock
from metrics.store.store import Store
from tests.metrics.store.test_store import FEBRUARY, JANUARY, run, seen

NOW = datetime(2026, 11, 22, 7, 13, 40, tzinfo=UTC)
KEPT = "store.db.before-restore-20261122T071340Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".scorecard"


@pytest.fixture
def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.db'}"


def write(url: str, *values: float, metric: str = "leads") -> None:
    with Store.open(url) as store:
        for value in values:
            of = run(metric=metric)
            store.write(of, [seen(of, value), seen(of, value + 1, FEBRUARY)])


def latest(url: str | Path) -> tuple[Observation, ...]:
    with Store.open(url if isinstance(url, str) else f"sqlite:///{url}") as store:
        return store.latest("leads")


def values(url: str | Path) -> list[float | None]:
    return [each.value for each in latest(url)]


def rows(path: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        return (connection.execute("SELECT count(*) FROM runs").fetchone()[0],
                connection.execute("SELECT count(*) FROM observations").fetchone()[0])  # fmt: skip


def refused(error: type[ScorecardError], work, *arguments, **more) -> str:
    with pytest.raises(error) as said:
        work(*arguments, **more)
    assert type(said.value) is error
    return str(said.value)


# -- backup -----------------------------------------------------------------------------------------


def test_a_backup_holds_what_the_store_says(url: str, tmp_path: Path) -> None:
    write(url, 3.0, 4.0)
    file = tmp_path / "a.bak"
    held = back_up(url, file)
    with Store.open(url) as store:
        assert held == Contents("0009", 2, 4, store.watermark())
    assert rows(file) == (2, 4)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == [".scorecard", "a.bak"]
    assert latest(file) == latest(url)


def test_a_backup_reads_what_only_the_log_holds(url: str, folder: Path, tmp_path: Path) -> None:
    with Store.open(url) as store:
        of = run()
        store.write(of, [seen(of, 7.0)])
        assert (folder / "store.db-wal").stat().st_size > 0
        assert back_up(url, tmp_path / "a.bak").observations == 1
    assert rows(tmp_path / "a.bak") == (1, 1)


def test_backups_during_writes_are_each_of_one_moment(url: str, tmp_path: Path) -> None:
    write(url, 0.0)
    done, failed = threading.Event(), []

    def writer() -> None:
        try:
            with Store.open(url) as store:
                number = 1.0
                while not done.is_set():
                    of = run()
                    store.write(of, [seen(of, number), seen(of, number + 1, FEBRUARY)])
                    number += 1
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=writer)
    thread.start()
    found = []
    try:
        for number in range(12):
            found.append(back_up(url, tmp_path / f"{number}.bak"))
    finally:
        done.set()
        thread.join()
    assert failed == []
    for number, held in enumerate(found):
        # A run is written in one transaction with its two observations: no copy may part them.
        assert (held.runs, held.observations) == rows(tmp_path / f"{number}.bak")
        assert held.observations == 2 * held.runs
        first, second = values(tmp_path / f"{number}.bak")
        assert (first, second) == (held.runs - 1.0, held.runs)
    assert found[-1].runs > found[0].runs


def test_a_file_is_only_replaced_by_force(url: str, tmp_path: Path) -> None:
    write(url, 3.0)
    file = tmp_path / "a.bak"
    file.write_text("precious")
    said = refused(UsageError, back_up, url, file)
    assert said == f"{file} exists: name another file, or write --force to replace it"
    assert file.read_text() == "precious"
    (tmp_path / "a.bak-wal").write_text("of another")
    back_up(url, file, force=True)
    assert rows(file) == (1, 2)
    assert not (tmp_path / "a.bak-wal").exists()


def test_a_backup_that_fails_leaves_nothing(url: str, folder: Path, tmp_path: Path) -> None:
    write(url, *map(float, range(60)))
    _flip(folder / "store.db")
    said = refused(StoreError, back_up, url, tmp_path / "a.bak")
    assert said.startswith((f"the store {folder / 'store.db'} is damaged: ",
                            f"the copy of the store {folder / 'store.db'} is damaged: "))  # fmt: skip
    assert sorted(each.name for each in tmp_path.iterdir()) == [".scorecard"]


def test_a_place_that_is_none_is_refused(url: str, folder: Path, tmp_path: Path) -> None:
    assert refused(UsageError, back_up, url, tmp_path / "a.bak") == (
        f"there is no store at {folder / 'store.db'}: refresh first"
    )
    assert not folder.exists()
    write(url, 3.0)
    store = folder / "store.db"
    assert refused(UsageError, back_up, url, tmp_path) == f"{tmp_path} is a folder: name a file in it"
    assert (
        refused(UsageError, back_up, url, tmp_path / "no" / "a.bak")
        == f"there is no folder {tmp_path / 'no'}"
    )
    for own in (store, folder / "store.db-wal", folder / ".." / ".scorecard" / "store.db"):
        said = refused(UsageError, back_up, url, own, force=True)
        assert said == f"{own} is the store itself: name another file"
    assert values(url) == [3.0, 4.0]
    assert (
        refused(UsageError, back_up, "sqlite://", tmp_path / "a")
        == "the store is kept in memory: it has no file"
    )
    assert refused(StoreError, back_up, "mysql://h/d", tmp_path / "a") == (
        "the store cannot be kept in 'mysql': it is kept in sqlite or postgresql"
    )


def test_postgresql_has_its_own_tools_and_keeps_its_password() -> None:
    url = "postgresql://ann:s3cret@host:5433/cards?sslmode=require&password=s3cret"
    plain = "--dbname=postgresql://ann@host:5433/cards?sslmode=require"
    says = "the store is kept in PostgreSQL, which has its own tool for this: "
    assert refused(UsageError, back_up, url, Path("my file")) == (
        f"{says}pg_dump --format=custom '--file=my file' '{plain}'"
    )
    assert refused(UsageError, restore, url, Path("a"), Path("lock"), NOW) == (
        f"{says}pg_restore --clean --if-exists --single-transaction '{plain}' a"
    )


# -- restore ----------------------------------------------------------------------------------------


def test_a_restored_store_says_the_same_and_the_old_one_is_kept(
    url: str, folder: Path, tmp_path: Path
) -> None:
    write(url, 3.0)
    before = latest(url)
    back_up(url, tmp_path / "a.bak")
    write(url, 5.0, 6.0)
    (folder / "store.db").chmod(0o640)
    done = restore(url, tmp_path / "a.bak", folder / "refresh.lock", NOW)
    assert done.kept == folder / KEPT
    assert done.contents.runs == 1
    assert not (folder / "store.db-wal").exists()
    assert stat.S_IMODE((folder / "store.db").stat().st_mode) == 0o640
    assert latest(url) == before
    assert rows(done.kept) == (3, 6)
    write(url, 8.0)
    assert values(url) == [8.0, 9.0]
    assert rows(tmp_path / "a.bak") == (1, 2)
    again = restore(url, done.kept, folder / "refresh.lock", NOW)
    assert again.kept == folder / f"{KEPT}-2"
    assert values(url) == [6.0, 7.0]
    names = {each.name for each in folder.iterdir()} - {"store.db-wal", "store.db-shm"}
    assert names == {"store.db", KEPT, f"{KEPT}-2", "store.db.lock", "refresh.lock"}


def test_a_store_is_restored_where_there_was_none(url: str, folder: Path, tmp_path: Path) -> None:
    write(url, 3.0)
    back_up(url, tmp_path / "a.bak")
    new = tmp_path / "new" / "deep" / "store.db"
    done = restore(f"sqlite:///{new}", tmp_path / "a.bak", tmp_path / "new" / "refresh.lock", NOW)
    assert done.kept is None
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert latest(new) == latest(url)


def test_a_damaged_store_is_replaced_with_all_that_lay_beside_it(
    url: str, folder: Path, tmp_path: Path
) -> None:
    write(url, 3.0)
    back_up(url, tmp_path / "a.bak")
    store = folder / "store.db"
    store.write_bytes(b"no database at all" * 400)
    (folder / "store.db-wal").write_bytes(b"nor a log")
    done = restore(url, tmp_path / "a.bak", folder / "refresh.lock", NOW)
    assert done.kept == folder / KEPT
    assert done.kept.read_bytes().startswith(b"no database")
    assert (folder / f"{KEPT}-wal").read_bytes() == b"nor a log"
    assert values(url) == [3.0, 4.0]


def test_a_backup_with_a_log_beside_it_is_read_with_it(url: str, folder: Path, tmp_path: Path) -> None:
    write(url, 1.0)
    other = tmp_path / "other.db"
    with Store.open(f"sqlite:///{other}") as store:
        of = run()
        store.write(of, [seen(of, 9.0, JANUARY)])
        assert restore(url, other, folder / "refresh.lock", NOW).contents.observations == 1
    assert values(url) == [9.0]


def test_a_file_that_is_no_backup_is_refused_and_nothing_touched(
    url: str, folder: Path, tmp_path: Path
) -> None:
    write(url, *map(float, range(60)))
    before = latest(url)
    good = tmp_path / "good.bak"
    back_up(url, good)
    text, empty, foreign, newer, cut, flipped = (tmp_path / f"{number}.bak" for number in range(6))
    text.write_text("some words, no database" * 100)
    empty.touch()
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE observations (id)")
    newer.write_bytes(good.read_bytes())
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("UPDATE scorecard_version SET version_num = '9999'")
        connection.commit()
    cut.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    flipped.write_bytes(good.read_bytes())
    _flip(flipped)

    def said(file: Path) -> str:
        return refused(UsageError, restore, url, file, folder / "refresh.lock", NOW)

    assert said(text) == f"the backup {text} is not a SQLite database"
    assert said(empty) == f"the backup {empty} is not a store of this program"
    assert said(foreign) == f"the backup {foreign} is not a store of this program"
    assert said(newer) == (
        f"the backup {newer} was made by a newer version of this program (its tables are at '9999'): "
        "install that version"
    )
    assert said(cut) == f"the backup {cut} is damaged: database disk image is malformed"
    assert said(flipped).startswith(f"the backup {flipped} is damaged: ")
    assert said(tmp_path / "none") == f"there is no file {tmp_path / 'none'}"
    assert said(folder / "store.db") == f"{folder / 'store.db'} is the store itself: name a backup"
    assert latest(url) == before
    assert not any("restor" in each.name for each in folder.iterdir())


def test_a_restore_waits_for_nobody(url: str, folder: Path, tmp_path: Path) -> None:
    write(url, 3.0)
    back_up(url, tmp_path / "a.bak")
    write(url, 5.0)
    lock = folder / "refresh.lock"
    with RefreshLock(lock, clock=lambda: NOW):
        said = refused(StoreLocked, restore, url, tmp_path / "a.bak", lock, NOW)
    assert said == f"another refresh is running (process {os.getpid()}, since 2026-11-22T07:13:40+00:00)"
    with Store.open(url) as server:
        assert server.latest("leads")
        said = refused(StoreError, restore, url, tmp_path / "a.bak", lock, NOW)
    assert said == (
        f"the store {folder / 'store.db'} is open in another process, such as the server: stop it and restore again"
    )
    assert values(url) == [5.0, 6.0]
    assert not (folder / KEPT).exists()
    restore(url, tmp_path / "a.bak", lock, NOW)
    assert values(url) == [3.0, 4.0]


def _flip(path: Path) -> None:
    """Damage the middle of a database."""
    content = bytearray(path.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 64] = b"\xa5" * 64
    path.write_bytes(content)
