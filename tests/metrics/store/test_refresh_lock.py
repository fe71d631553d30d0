from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from metrics.errors import StoreError, StoreLocked
from metrics.store.refresh_lock import RefreshLock, refreshing

HOLDER = """
import sys
from metrics.store.refresh_lock import RefreshLock
with RefreshLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""
SOMEBODY = "another refresh is running (its process is not known)"


def started() -> datetime:
    return datetime(2026, 3, 1, 13, 30, 5, 999, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "refresh.lock"


def hold(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(path)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def end(holder: subprocess.Popen[str]) -> None:
    holder.communicate()


def test_one_at_a_time_within_a_process_and_free_again(path: Path) -> None:
    with RefreshLock(path, clock=started):
        with pytest.raises(StoreLocked) as refused, RefreshLock(path):
            pytest.fail("two held the lock")
        held = f"another refresh is running (process {os.getpid()}, since 2026-03-01T12:30:05+00:00)"
        assert str(refused.value) == held
        assert refused.value.transient
    with RefreshLock(path):
        pass


def test_the_same_lock_does_not_let_its_holder_in_twice(path: Path) -> None:
    lock = RefreshLock(path, clock=started)
    with lock:
        with pytest.raises(StoreLocked), lock:
            pytest.fail("two held the lock")
        with pytest.raises(StoreLocked), RefreshLock(path):
            pytest.fail("the first no longer held the lock")


def test_a_refused_one_leaves_the_holders_name(path: Path) -> None:
    with RefreshLock(path, clock=started):
        for _ in range(2):
            with pytest.raises(StoreLocked, match=f"process {os.getpid()}, since 2026"), RefreshLock(path):
                pass


def test_an_error_inside_frees_the_lock_and_is_passed_on(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), RefreshLock(path):
        raise ZeroDivisionError
    with RefreshLock(path):
        pass


def test_another_process_is_named_and_its_end_frees_the_lock(path: Path) -> None:
    holder = hold(path)
    with pytest.raises(StoreLocked) as refused, RefreshLock(path):
        pytest.fail("two held the lock")
    named = rf"another refresh is running \(process {holder.pid}, since [-\dT:]+\+00:00\)"
    assert re.fullmatch(named, str(refused.value))
    end(holder)
    with RefreshLock(path):
        pass


def test_whoever_looks_keeps_nobody_out(path: Path) -> None:
    stop = threading.Event()
    seen: set[bool] = set()

    def look() -> None:
        while not stop.is_set():
            seen.add(refreshing(path))

    lookers = [threading.Thread(target=look) for _ in range(6)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(200):
            with RefreshLock(path):
                assert refreshing(path)
    finally:
        stop.set()
        for looker in lookers:
            looker.join()
    assert seen == {True, False}
    assert not refreshing(path)


def test_a_look_sees_another_process_as_long_as_it_lives(path: Path) -> None:
    assert not refreshing(path)
    holder = hold(path)
    assert refreshing(path)
    holder.send_signal(signal.SIGKILL)
    end(holder)
    assert not refreshing(path)
    with RefreshLock(path):
        assert refreshing(path)


def test_a_killed_holder_frees_the_lock(path: Path) -> None:
    holder = hold(path)
    holder.send_signal(signal.SIGKILL)
    end(holder)
    left = json.loads(path.with_name("refresh.lock.holder").read_text())
    assert left["pid"] == holder.pid
    with RefreshLock(path, clock=started):
        now = json.loads(path.with_name("refresh.lock.holder").read_text())
        assert now == {"pid": os.getpid(), "started_at": "2026-03-01T12:30:05+00:00"}
    assert not path.with_name("refresh.lock.holder").exists()


@pytest.mark.parametrize(
    "left",
    [
        None,
        "",
        "{",
        "[]",
        "7",
        '{"pid": 1}',
        '{"pid": "x", "started_at": "2026-03-01T12:00:00+00:00"}',
        '{"pid": null, "started_at": "2026-03-01T12:00:00+00:00"}',
        '{"pid": 0, "started_at": "2026-03-01T12:00:00+00:00"}',
        '{"pid": -1, "started_at": "2026-03-01T12:00:00+00:00"}',
        '{"pid": 99999999999999999999, "started_at": "2026-03-01T12:00:00+00:00"}',
        '{"pid": 1, "started_at": 5}',
        b"\xff\xfe",
    ],
)
def test_what_is_left_beside_the_lock_does_no_harm(path: Path, left: str | bytes | None) -> None:
    holder = path.with_name("refresh.lock.holder")
    with RefreshLock(path):
        holder.unlink()
        if left is not None:
            holder.write_bytes(left if isinstance(left, bytes) else left.encode())
        with pytest.raises(StoreLocked) as refused, RefreshLock(path):
            pytest.fail("two held the lock")
        assert str(refused.value) == SOMEBODY


def test_a_dead_process_is_not_named(path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with RefreshLock(path):
        name = {"pid": dead.pid, "started_at": datetime(2026, 3, 1, tzinfo=UTC).isoformat()}
        path.with_name("refresh.lock.holder").write_text(json.dumps(name))
        with pytest.raises(StoreLocked) as refused, RefreshLock(path):
            pytest.fail("two held the lock")
        assert str(refused.value) == SOMEBODY


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "refresh.lock"
    with pytest.raises(StoreError) as refused, RefreshLock(path):
        pass
    assert not isinstance(refused.value, StoreLocked)
    assert str(refused.value) == f"the lock {path} cannot be taken: File exists"


def test_a_name_that_cannot_be_written_frees_the_lock(path: Path) -> None:
    holder = path.with_name("refresh.lock.holder")
    holder.mkdir(parents=True)
    with pytest.raises(StoreError) as refused, RefreshLock(path):
        pass
    assert str(refused.value) == f"the lock {path} cannot be signed: Is a directory"
    holder.rmdir()
    with RefreshLock(path):
        pass
