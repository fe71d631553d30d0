"""Backup and restore x killed, raising, a full disk: a file is the old or the new one, never a part."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metrics.errors import StoreError
from metrics.store.backup import back_up, restore
from metrics.store.store import Store
from tests.crash import victim
from tests.crash.harness import forked
from tests.crash.held import held
from tests.crash.victim import Copying, counting

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STEPS = ("open", "close", "fsync", "link", "replace", "chown", "unlink")
"""What both do to files by themselves; between these, SQLite writes."""
NEEDING_ROOM = ("open", "fsync", "link", "replace")
NO_ROOM = "No space left on device"


def made(path: Path, runs: int) -> Path:
    """Make a store with so many runs."""
    with Store.open(f"sqlite:///{path}") as store:
        for number in range(1, runs + 1):
            store.write(*victim.batch(number, 40))
    return path


def runs_in(path: Path) -> int:
    """Return how many runs a store has; it has them whole."""
    with Store.open(f"sqlite:///{path}") as store:
        assert held(store).wrong == ()
        last = store.last_success("busy")
    assert last is not None
    return int(last.id.removeprefix("run "))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return backups of a store of one run and of a store of two."""
    folder = tmp_path_factory.mktemp("backups")
    found = {}
    for runs in (1, 2):
        found[runs] = folder / f"{runs}.bak"
        back_up(f"sqlite:///{made(folder / f'{runs}.db', runs)}", found[runs])
    return found


def kill_at_each_step(task: Copying, begin: Path, seen: Path) -> list[int]:
    """Do it again and again, killed at each step in turn; return the runs in a file after each."""
    states: list[int] = []
    code = -signal.SIGKILL
    while code:
        shutil.copy(begin, seen)
        with forked(victim.copy, task, len(states) + 1, STEPS) as child:
            assert child.hear() == "begun"
            code = child.ended()
        states.append(runs_in(seen))
        assert code in (0, -signal.SIGKILL)
    return states


def test_a_backup_that_is_killed_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, files: dict[int, Path]
) -> None:
    store, target = made(tmp_path / "store.db", 2), tmp_path / "kept.bak"
    states = kill_at_each_step(Copying("back up", store, target, tmp_path / "lock"), files[1], target)
    assert (states[0], states[-1], sorted(states)) == (1, 2, states)
    assert len(states) > 5


def test_a_restore_that_is_killed_leaves_the_old_store_or_the_new_one(
    tmp_path: Path, files: dict[int, Path]
) -> None:
    store = tmp_path / "store.db"
    states = kill_at_each_step(Copying("restore", store, files[2], tmp_path / "lock"), files[1], store)
    assert (states[0], states[-1], sorted(states)) == (1, 2, states)
    assert len(states) > 10
    assert not (tmp_path / "store.db.restoring").exists()
    # What was there before is kept whenever it was replaced.
    kept = [each for each in tmp_path.iterdir() if each.name.startswith("store.db.before-restore-")]
    assert {runs_in(each) for each in kept if each.suffix != ".lock"} == {1}


@pytest.mark.parametrize("what", ["back up", "restore"])
def test_a_step_that_finds_no_room_leaves_everything_as_it_was(
    tmp_path: Path, files: dict[int, Path], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store, target = made(tmp_path / "store.db", 1), tmp_path / "kept.bak"
    shutil.copy(files[2], target)
    steps = counting(monkeypatch.setattr, NEEDING_ROOM, full)
    changing = target if what == "back up" else store
    errors, states = [], []
    for step in range(1, 60):
        steps.left = step
        try:
            if what == "back up":
                back_up(f"sqlite:///{store}", target, force=True)
            else:
                restore(f"sqlite:///{store}", target, tmp_path / "lock" / "refresh.lock", NOW)
        except StoreError as error:
            errors.append(str(error))
        steps.left = -1
        states.append(runs_in(changing))
        parts = [each.name for each in tmp_path.iterdir() if each.name.endswith((".part", ".restoring"))]
        assert parts == []
        if len(errors) < step:
            break
    assert {error[-len(NO_ROOM) :] for error in errors} == {NO_ROOM}
    assert len(errors) > 3
    # Only where the folder could not be flushed any more is the new one there in spite of the error.
    old, new = (2, 1) if what == "back up" else (1, 2)
    behind = states.count(new)
    assert behind in (1, 2, 3)
    assert states == [old] * (len(states) - behind) + [new] * behind


def test_a_full_disk_is_named(tmp_path: Path, files: dict[int, Path], small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"\0" * ((1 << 20) - (1 << 16)))
    store = made(tmp_path / "store.db", 2)
    with pytest.raises(StoreError) as refused:
        back_up(f"sqlite:///{store}", small_disk / "kept.bak")
    words = "cannot be written: database or disk is full"
    assert str(refused.value) == f"the backup {small_disk / 'kept.bak'} {words}"
    with pytest.raises(StoreError) as refused:
        restore(f"sqlite:///{small_disk / 'store.db'}", files[2], tmp_path / "lock", NOW)
    assert str(refused.value) == f"the store {small_disk / 'store.db'} {words}"
    assert {each.name for each in small_disk.iterdir()} <= {"filler", "store.db.lock"}
    assert runs_in(store) == 2
