from threading import Event

import pytest

from api.refresh.starter import RefreshStarter
from metrics.errors import SourceUnavailable, StoreLocked
from metrics.store.refresh_lock import RefreshLock


@pytest.fixture
def lock(tmp_path):
    return tmp_path / ".scorecard" / "refresh.lock"


def test_a_refresh_of_another_process_counts_as_running(lock):
    starter = RefreshStarter(lambda: None, lock)
    with RefreshLock(lock):
        assert starter.running
        assert not starter.start()
    assert not starter.running


def test_a_refresh_may_hold_the_lock_itself(lock):
    done = Event()

    def work():
        with RefreshLock(lock):
            done.set()

    starter = RefreshStarter(work, lock)
    assert starter.start()
    starter.wait()
    assert done.is_set()
    assert starter.start()
    starter.wait()


def test_a_lock_of_another_is_another_refresh(lock):
    tries = []

    def work():
        tries.append(1)
        raise StoreLocked("process 7")

    assert not RefreshStarter(work, lock).run()
    assert len(tries) == 1


def test_a_failure_is_logged_and_ends_nothing(lock, caplog):
    def work():
        raise SourceUnavailable("crm", "no route")

    starter = RefreshStarter(work, lock)
    assert not starter.run()
    assert "the refresh failed" in caplog.text
    assert "source 'crm': no route" in caplog.text
    assert not starter.running
