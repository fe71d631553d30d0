"""What hangs in the middle of writing: others are told, and go on when it is gone."""

from __future__ import annotations

import pytest

from metrics.errors import StoreError
from metrics.store import database as store_engine
from metrics.store.store import Store
from tests.crash import victim
from tests.crash.harness import Trial, forked


def test_who_writes_beside_one_that_hangs_is_told_that_the_store_is_busy(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 1)
    trial.next()
    with forked(victim.run, trial.task("the run is inserted", 1)) as child:
        assert [child.hear(), child.hear()] == ["begun", "the run is inserted"]
        with Store.open(trial.url) as store:
            run = store.last_success("orders_taken")
            assert run is not None
            with pytest.raises(StoreError) as refused:
                store.write(run, [])
            assert str(refused.value).endswith(" is busy: another process has been writing for 1 seconds")
        assert child.kill()
    trial.settle()
    trial.check_after_kill()
    trial.complete()
    assert trial.faults == []
