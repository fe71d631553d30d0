"""Named places in a refresh x killed, raising, hanging, a full disk: what is kept, and what is said."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from shutil import copy2

import pytest

from metrics.errors import StoreError, StoreFull, StoreLocked
from metrics.store.room import FullMark
from metrics.store.store import Store
from tests.crash import victim
from tests.crash.company import CATALOG, now, refresh, show
from tests.crash.conftest import ServedDisk
from tests.crash.harness import Trial, Twin, forked
from tests.crash.held import different, held, torn
from tests.crash.points import POINTS, WRITING, at

METRICS = set(CATALOG.metrics)
# What is passed for every metric is stopped at the second one, so that one is written and one is not. A
# metric is two transactions: its definition and its run.
SECOND = dict.fromkeys((*WRITING, "a definition is remembered", "a metric is written"), 1) | {
    "a transaction begins": 3,
    "a transaction is to be committed": 3,
}
UNLOCKED = ("the lock is to be taken",)


# -- hung, and killed there ---------------------------------------------------------------------------


@pytest.mark.parametrize("point", POINTS)
def test_what_hangs_holds_the_lock_until_it_is_killed_and_tears_nothing(trial: Trial, point: str) -> None:
    trial.next()
    with forked(victim.run, trial.task(point, SECOND.get(point, 0))) as child:
        assert [child.hear(), child.hear()] == ["begun", point]
        with Store.open(trial.url) as store:
            # Readers go on, and see whole runs only.
            assert torn(held(store), trial.twin.after(1), trial.twin.after(2)) == []
            if point not in UNLOCKED:
                with pytest.raises(StoreLocked) as refused:
                    refresh(store, trial.root, 2)
                assert re.fullmatch(
                    rf"another refresh is running \((process {child.process.pid}, since "
                    rf"{re.escape(now(2).isoformat())}|its process is not known)\)",
                    str(refused.value),
                )
        assert child.kill()
    trial.settle()
    trial.check_after_kill()
    trial.complete()
    assert trial.faults == []


def test_a_store_that_commits_the_run_first_is_caught(trial: Trial) -> None:
    trial.kind = "run first"
    trial.next()
    with forked(victim.run, trial.task("the observations are to be inserted")) as child:
        assert [child.hear(), child.hear()] == ["begun", "the observations are to be inserted"]
        assert child.kill()
    trial.settle()
    trial.check_after_kill()
    assert len([fault for fault in trial.faults if "rows and says that it wrote" in fault]) == 1


# -- raising -------------------------------------------------------------------------------------------

# Where an error is one metric's own: the metric that then fails. Elsewhere it ends the refresh.
FAILING = {
    "a source is to be opened": "revenue",
    "a source has been read": "revenue",
    "a definition is remembered": "orders_taken",
    "a metric is written": "orders_taken",
    **dict.fromkeys(WRITING, "orders_taken"),
}
PLANTED = "an error in this program: RuntimeError: planted"


def planted() -> None:
    raise RuntimeError("planted")


@pytest.mark.parametrize("point", POINTS)
def test_what_raises_keeps_the_last_good_values(trial: Trial, point: str) -> None:
    trial.next()
    before, after = trial.twin.after(1), trial.twin.after(2)
    with Store.open(trial.url) as store:
        with at(point, store, planted, SECOND.get(point, 0)):
            if point in FAILING:
                errors = {line.metric: str(line.error) for line in refresh(store, trial.root, 2).failed}
            else:
                with pytest.raises(RuntimeError, match=r"^planted$"):
                    refresh(store, trial.root, 2)
                errors = {}
        assert errors == _expected(point)
        seen = held(store)
        assert torn(seen, before, after) == []
        for metric, error in errors.items():
            last, good = store.last_run(metric), store.last_success(metric)
            assert last is not None
            assert (last.outcome, last.error) == ("failed", error)
            assert good is not None
            written = point == "a metric is written"
            assert good.finished_at == now(2 if written else 1)
            assert seen.metric(metric) == (after if written else before).metric(metric)
        for metric in METRICS - set(errors) if errors else ():
            assert seen.metric(metric) == after.metric(metric)
        assert refresh(store, trial.root, 2).failed == ()
        assert different(held(store), after) == []


def _expected(point: str) -> dict[str, str]:
    if point not in FAILING:
        return {}
    own = {FAILING[point]: f"metric {FAILING[point]!r}: {PLANTED}"}
    if not point.startswith("a source"):
        # It was computed, so that what is made of it is sound.
        return own
    return own | {
        "order_value": f"metric 'order_value': its input 'revenue' failed: metric 'revenue': {PLANTED}"
    }


# -- a full disk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("trial", ["sqlite"], indirect=True)
@pytest.mark.parametrize("point", WRITING)
def test_a_file_that_cannot_grow_keeps_the_last_good_values(trial: Trial, point: str) -> None:
    trial.next()
    with forked(victim.run_full, trial.task(point, SECOND[point])) as child:
        assert child.hear() == "begun"
        assert child.hear() == [f"the store {trial.url.removeprefix('sqlite:///')}: disk I/O error"]
        assert child.ended() == 0
    trial.check_after_kill()
    trial.complete()
    assert trial.faults == []


@pytest.mark.parametrize("trial", ["sqlite"], indirect=True)
def test_a_full_disk_is_said_and_loses_nothing(trial: Trial, small_disk: Path) -> None:
    store_file = small_disk / "store.db"
    copy2(trial.url.removeprefix("sqlite:///"), store_file)
    url = f"sqlite:///{store_file}"
    show(trial.root, trial.states, 2)
    with Store.open(url) as store:
        filler = small_disk / "filler"
        # A process that has read before has what SQLite needs to read on a full disk.
        held(store)
        _fill(filler)
        with pytest.raises(StoreError) as refused:
            refresh(store, trial.root, 2)
        assert isinstance(refused.value, StoreFull)
        assert str(refused.value) in {
            f"the store {store_file}: database or disk is full", f"the store {store_file}: the disk is full",
        }  # fmt: skip
        assert FullMark(trial.root / ".scorecard").stands
        seen = held(store)
        assert torn(seen, trial.twin.after(1), trial.twin.after(2)) == []
        assert seen.versions == trial.twin.after(1).versions
        filler.unlink()
        # The same process goes on as soon as there is room.
        assert refresh(store, trial.root, 2).failed == ()
        assert not FullMark(trial.root / ".scorecard").stands
        assert different(held(store), trial.twin.after(2)) == []


@pytest.mark.postgres
@pytest.mark.parametrize("point", WRITING)
def test_a_full_disk_of_a_server_is_said_and_loses_nothing(
    tmp_path: Path, states: Path, twin: Twin, served_disk: ServedDisk, point: str
) -> None:
    show(tmp_path, states, 2)
    filler = served_disk.folder / "filler"
    with Store.open(served_disk.database.url) as store:
        with at(point, store, lambda: _fill(filler), SECOND[point]):
            try:
                errors = {line.metric: str(line.error) for line in refresh(store, tmp_path, 2).failed}
            except StoreError as error:
                # There was no room for the failure either.
                errors = {"": str(error)}
        assert errors
        for metric, error in errors.items():
            assert re.fullmatch(
                r"the store postgresql\+psycopg://.*: the server's disk is full \(could not .*\)", error
            )
            assert not metric or store.last_run(metric).error == error  # type: ignore[union-attr]
        seen = held(store)
        assert torn(seen, twin.after(1), twin.after(2)) == []
        for metric in errors.keys() & METRICS:
            assert seen.metric(metric) == twin.after(1).metric(metric)
        filler.unlink()
        assert refresh(store, tmp_path, 2).failed == ()
        assert different(held(store), twin.after(2)) == []


def _fill(file: Path) -> None:
    """Write to a file until the disk is full."""
    with file.open("wb") as opened, suppress(OSError):
        while True:
            os.write(opened.fileno(), b"\0" * 4096)
