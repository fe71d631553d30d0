from __future__ import annotations

import hashlib
import math
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import DDL, create_engine, delete, event, insert, inspect, make_url, select, update
from sqlalchemy.exc import StatementError

from metrics.errors import NoStore, StoreError, StoreLocked
from metrics.grain import WHOLE, Calendar, Grain, Period
from metrics.observation import Dimensions, Observation, Offset, State, ToDate
from metrics.store import database as store_engine
from metrics.store.database import writing
from metrics.store.migrations import VERSION_TABLE
from metrics.store.records import Progress, ScoringUse
from metrics.store.store import DatasetHealth, Definition, Refresh, Run, SourceHealth, Store, Written
from metrics.store.tables import metadata, observations, refreshes, runs, scorings, to_date
from tests.postgres_server import PostgresServer
from tests.store_engine import engine_of, postgres_url

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
JANUARY = Calendar().parse("2026-01")
FEBRUARY = Calendar().parse("2026-02")
QUARTER = Calendar().parse("2026-Q1")
WEB: Dimensions = (("channel", "web"),)
FAIR: Dimensions = (("channel", "fair"),)
BOTH: Dimensions = (("channel", "web"), ("segment", "small"))
CUTS = ((), ("channel",), ("segment", "channel"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / '.scorecard' / 'store.db'}"
        return
    with postgres_url(request.getfixturevalue("postgres")) as schema:
        yield schema


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('shared')}/store.db") as opened:
        yield opened


_numbers = count(1)


def run(
    number: int | None = None,
    *,
    metric: str = "leads",
    hashed: str = "h1",
    grains: tuple[Grain, ...] = (Grain.MONTH,),
    cuts: tuple[tuple[str, ...], ...] = CUTS,
    error: str | None = None,
) -> Run:
    """Return the run of a metric in the nth minute after noon, by default of a minute not yet used."""
    number = next(_numbers) if number is None else number
    at = NOON + timedelta(minutes=number)
    return Run(
        id=uuid.uuid4().hex,
        metric=metric,
        definition_hash=hashed,
        code_version=1,
        started_at=at,
        finished_at=at + timedelta(seconds=20),
        watermark=at - timedelta(hours=1),
        outcome="failed" if error else "ok",
        error=error,
        grains=grains,
        cuts=cuts,
        seconds=20.0,
    )


def seen(
    of: Run,
    value: float | None,
    period: Period = JANUARY,
    dimensions: Dimensions = (),
    state: State = State.FINAL,
) -> Observation:
    return Observation(
        metric=of.metric,
        definition_hash=of.definition_hash,
        code_version=of.code_version,
        grain=period.grain,
        period=period,
        dimensions=dimensions,
        state=state,
        value=value,
        numerator=None if value is None else value * 2,
        denominator=None if value is None else 2.0,
        lower=None,
        upper=None,
        sample_size=None if value is None else 40,
        maturity=None if value is None else 1.0,
        watermark=of.watermark,
        computed_at=of.started_at,
    )


def told(stored: Iterable[Observation]) -> list[tuple[object, ...]]:
    return [(old.period, old.dimensions, old.state, old.value) for old in stored]


# Opening


def test_a_new_store_has_the_tables_that_the_program_declares(store: Store) -> None:
    options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
    with engine_of(store).connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == "0009"


def test_a_store_is_found_again_as_it_was_left(url: str) -> None:
    first = run()
    with Store.open(url) as store:
        store.write(first, [seen(first, 3.0)])
    with Store.open(make_url(url)) as store:
        assert store.last_run("leads") == replace(first, cuts=((), ("channel",), ("channel", "segment")))
        assert [old.value for old in store.latest("leads")] == [3.0]


def test_what_a_run_published_beside_its_values_is_found_again(store: Store) -> None:
    fit = {"fit": {"bg_nbd": {"r": 0.2426, "customers": 2357}}, "excluded": {"opted_out": 0}, "none": None}
    of = replace(run(), diagnostics=fit)
    store.write(of, [seen(of, 3.0)])
    found = store.last_success("leads")
    assert found is not None
    assert found.diagnostics == fit
    bare = run()
    store.write(bare, [seen(bare, 3.0)])
    found = store.last_success("leads")
    assert found is not None
    assert found.diagnostics == {}


def test_a_number_beside_the_values_must_be_finite(store: Store) -> None:
    of = replace(run(), diagnostics={"fit": math.nan})
    with pytest.raises(StatementError, match="Out of range float values are not JSON compliant"):
        store.write(of, [seen(of, 3.0)])
    assert store.last_run("leads") is None


def test_the_file_is_its_owners_and_lets_readers_go_on(tmp_path: Path) -> None:
    path = tmp_path / "a folder #1" / "100%" / "store.db"
    with Store.open(f"sqlite:///{path}") as store, engine_of(store).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_the_mode_of_a_file_that_was_there_is_left(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(f"sqlite:///{path}").close()
    path.chmod(0o640)
    Store.open(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_store_in_memory_is_one_for_all_its_users() -> None:
    with Store.open("sqlite://") as store:
        first = run()
        store.write(first, [seen(first, 3.0)])
        assert [old.value for old in store.latest("leads")] == [3.0]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "below"
    with pytest.raises(StoreError) as refused:
        Store.open(f"sqlite:///{folder}/store.db")
    assert str(refused.value) == f"the store's folder {folder} cannot be created: Not a directory"


def test_a_file_that_is_no_database_is_said_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    words = "metric,value\n" * 100
    path.write_text(words)
    with pytest.raises(StoreError) as refused:
        Store.open(f"sqlite:///{path}")
    assert str(refused.value) == f"the store {path} is not a SQLite database"
    assert path.read_text() == words


def test_an_empty_file_is_no_new_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    with pytest.raises(NoStore) as refused:
        Store.open(f"sqlite:///{path}")
    assert str(refused.value) == (
        f"the store {path} is an empty file: nothing is made in its place; restore a backup "
        "(scorecard restore FILE), or move store.db away to begin with a new store"
    )
    assert path.stat().st_size == 0


def test_a_file_without_a_table_is_no_new_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    with pytest.raises(NoStore) as refused:
        Store.open(f"sqlite:///{path}")
    assert str(refused.value) == (
        f"the store {path} has no tables: nothing is made in its place; restore a backup "
        "(scorecard restore FILE), or move store.db away to begin with a new store"
    )


def test_tables_of_something_else_are_left_alone(url: str) -> None:
    if url.startswith("sqlite"):
        Path(str(make_url(url).database)).parent.mkdir()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for name in ("accounts", "deals", "leads", "orders"):
            connection.execute(DDL(f"CREATE TABLE {name} (id int)"))
    with pytest.raises(NoStore) as refused:
        Store.open(url)
    words = "has tables of something else, and none of a store (accounts, deals, leads and 1 more): "
    assert words in str(refused.value)
    cure = (
        "nothing is made in its place; restore a backup (scorecard restore FILE), or move store.db away to "
        "begin with a new store"
        if url.startswith("sqlite")
        else "give it a database or a schema of its own"
    )
    assert str(refused.value).endswith(cure)
    assert inspect(engine).get_table_names() == ["accounts", "deals", "leads", "orders"]
    engine.dispose()


def test_a_store_that_lost_a_table_is_refused(store: Store, url: str) -> None:
    with engine_of(store).begin() as connection:
        connection.execute(DDL("DROP TABLE observations"))
    with pytest.raises(NoStore, match=r"has lost its table 'observations': restore a backup$"):
        Store.open(url)


def test_where_a_store_is_expected_none_is_made(url: str) -> None:
    with pytest.raises(NoStore) as refused:
        Store.open(url, make=False)
    if url.startswith("sqlite"):
        path = make_url(url).database
        assert str(refused.value) == (
            f"the store {path} is gone: put the file back or restore a backup (scorecard restore FILE), "
            "and start again"
        )
        assert not Path(str(path)).exists()
    else:
        assert str(refused.value).endswith(" has no tables: restore a backup, and start again")
    with Store.open(url) as made, Store.open(url, make=False) as found:
        assert (made.made is None, found.made) == (False, None)


def test_a_log_without_its_store_is_not_read_into_a_new_one(tmp_path: Path) -> None:
    path, first = tmp_path / "store.db", run()
    with Store.open(f"sqlite:///{path}") as store:
        store.write(first, [seen(first, 3.0)])
        path.unlink()
        with pytest.raises(NoStore) as refused:
            Store.open(f"sqlite:///{path}")
    assert str(refused.value) == (
        f"the store {path} is gone, but its log store.db-wal is there: put the file back, restore a backup, or "
        "move the log away to begin with a new store"
    )


def test_a_store_that_goes_away_while_it_is_open_takes_nothing_more(tmp_path: Path) -> None:
    path, first = tmp_path / "store.db", run()
    gone = (
        f"the store {path} is gone: put the file back or restore a backup (scorecard restore FILE), "
        "and start again"
    )
    with Store.open(f"sqlite:///{path}") as store:
        store.write(first, [seen(first, 3.0)])
        path.rename(tmp_path / "aside.db")
        for ask in (store.last_refresh, lambda: store.write(first, []), lambda: store.latest("leads")):
            with pytest.raises(NoStore) as refused:
                ask()
            assert str(refused.value) == gone
        assert not path.exists()
        # The file comes back, as itself or as another.
        (tmp_path / "aside.db").rename(path)
        assert [old.value for old in store.latest("leads")] == [3.0]
    shutil.copy(path, tmp_path / "copy.db")
    with Store.open(f"sqlite:///{path}") as store:
        assert store.last_run("leads") is not None
        os.replace(tmp_path / "copy.db", path)
        second = run()
        store.write(second, [seen(second, 4.0)])
    with Store.open(f"sqlite:///{path}") as store:
        assert [old.value for old in store.latest("leads")] == [4.0]


def test_a_store_that_was_killed_while_it_was_made_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    (tmp_path / "store.db.making").write_bytes(b"half of it")
    with Store.open(f"sqlite:///{path}") as store:
        assert store.made == f"the store {path}"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["store.db", "store.db.lock"]


def test_a_folder_in_the_files_place_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        Store.open(f"sqlite:///{tmp_path}")
    assert str(refused.value) == f"the store {tmp_path}: unable to open database file"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("store.db", "the store's URL cannot be read: write sqlite:///path or postgresql://..."),
        ("mysql://a:secret@b/c", "the store cannot be kept in 'mysql': it is kept in sqlite or postgresql"),
    ],
)
def test_a_url_that_does_not_fit_is_said(url: str, message: str) -> None:
    with pytest.raises(StoreError) as refused:
        Store.open(url)
    assert str(refused.value) == message


def test_a_server_that_does_not_answer_is_said_without_the_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as refused:
        Store.open("postgresql://ann:secret@127.0.0.1:1/scorecard")
    named = "the store postgresql+psycopg://ann:***@127.0.0.1:1/scorecard: connection failed"
    assert str(refused.value).startswith(named)
    assert "secret" not in str(refused.value)


def test_a_store_of_a_newer_version_is_refused(store: Store, url: str) -> None:
    with engine_of(store).begin() as connection:
        connection.execute(DDL(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError) as refused:
        Store.open(url)
    newer = "was made by a newer version of this program (its tables are at '9999'): install that version"
    assert str(refused.value).startswith("the store ")
    assert str(refused.value).endswith(newer)


def test_a_store_that_another_process_is_opening_too_long_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_engine, "_OPENING_SECONDS", 0)
    path = tmp_path / "store.db"
    with FileLock(f"{path}.lock"), pytest.raises(StoreError) as refused:
        # In another thread, as a lock that its own thread holds would be a mistake of another kind.
        raise together(1, lambda: Store.open(f"sqlite:///{path}"))[0]  # type: ignore[misc]
    words = f"the store {path} cannot be opened: another process has been opening it for 0 seconds"
    assert str(refused.value) == words
    assert not path.exists()
    Store.open(f"sqlite:///{path}").close()


def test_processes_that_open_a_new_store_at_once_all_come_through(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.db"
    code = f"from metrics.store.store import Store; Store.open('sqlite:///{path}').close()"
    opening = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[1] for process in opening] == [b""] * 4
    assert [process.returncode for process in opening] == [0] * 4


def test_threads_that_open_a_new_store_at_once_all_come_through(url: str) -> None:
    def one() -> Refresh | None:
        with Store.open(url) as store:
            return store.last_refresh()

    assert together(8, one) == [None] * 8


def together(number: int, do: object) -> list[object]:
    """Call a function in several threads at once and return what each returned or raised."""
    barrier, results = threading.Barrier(number), []

    def one() -> None:
        barrier.wait()
        try:
            results.append(do())  # type: ignore[operator]
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# What comes out as it went in


def test_an_observation_comes_back_as_it_was(store: Store) -> None:
    first = run(grains=(Grain.MONTH, Grain.ALL))
    zone = timezone(timedelta(hours=-5))
    odd: Dimensions = (("channel", 'a "b" \\ é \x00 \ud800 (none)'),)
    one = replace(
        seen(first, 0.1 + 0.2, dimensions=odd, state=State.PROVISIONAL),
        lower=-1e-300,
        upper=1.7976931348623157e308,
        sample_size=2**53 + 1,
        maturity=0.123456789012345678,
        computed_at=datetime(2026, 4, 1, 7, 0, 0, 123456, tzinfo=zone),
        run="another",
    )
    empty = replace(seen(first, None, WHOLE, state=State.NO_DATA), watermark=None)
    assert store.write(first, [one, empty]) == Written(2, 0, 0)
    stored = store.latest("leads")
    assert stored == (replace(empty, run=first.id), replace(one, run=first.id))
    assert stored[1].computed_at.tzinfo is UTC
    assert stored[1].computed_at.microsecond == 123456


def test_numbers_of_other_libraries_come_back_as_plain_ones(store: Store) -> None:
    first = run()
    one = replace(
        seen(first, None),
        value=np.float64(0.5),
        numerator=Decimal("12.25"),
        denominator=24,
        sample_size=np.int64(24),
    )
    store.write(first, [one])
    (stored,) = store.latest("leads")
    assert (stored.value, stored.numerator, stored.denominator, stored.sample_size) == (0.5, 12.25, 24.0, 24)
    numbers = (stored.value, stored.numerator, stored.denominator, stored.sample_size)
    assert [type(number) for number in numbers] == [float, float, float, int]


def test_a_naive_instant_is_refused(store: Store) -> None:
    first = run()
    naive = datetime(2026, 4, 1)  # noqa: DTZ001
    words = "has no time zone: the store holds instants"
    with pytest.raises(StatementError, match=words):
        store.write(first, [replace(seen(first, 1.0), computed_at=naive)])
    with pytest.raises(StatementError, match=words):
        store.latest("leads", as_known=naive, definition_hash="h1")
    assert store.last_run("leads") is None


# What is written


def test_only_what_differs_is_written_again(store: Store) -> None:
    first, second, third = run(), run(), run()
    store.write(first, [seen(first, 3.0), seen(first, 1.0, FEBRUARY)])
    near = 3.0 * (1 + 1e-12)
    assert store.write(second, [seen(second, near), seen(second, 1.0, FEBRUARY)]) == Written(0, 2, 0)
    assert {old.run for old in store.latest("leads")} == {first.id}
    assert store.write(third, [seen(third, 3.1), seen(third, 1.0, FEBRUARY)]) == Written(1, 1, 0)
    assert [(old.value, old.run) for old in store.latest("leads")] == [(3.1, third.id), (1.0, first.id)]
    assert [old.value for old in store.history("leads", Grain.MONTH, JANUARY)] == [3.0, 3.1]
    assert store.last_run("leads").id == third.id  # type: ignore[union-attr]


def test_a_drift_in_small_steps_is_written_once_it_adds_up(store: Store) -> None:
    # Each step alone is the same; the comparison is with what was written, not with what was last seen.
    first = run()
    store.write(first, [seen(first, 1.0)])
    written = 0
    for step in range(1, 6):
        later = run()
        written += store.write(later, [seen(later, 1.0 + step * 4e-10)]).written
    assert written == 1


def test_another_hash_code_version_or_state_is_written(store: Store) -> None:
    first = run()
    store.write(first, [seen(first, 3.0)])
    changed = run(hashed="h2")
    assert store.write(changed, [seen(changed, 3.0)]).written == 1
    upgraded = replace(run(hashed="h2"), code_version=2)
    assert store.write(upgraded, [seen(upgraded, 3.0)]).written == 1
    final = replace(run(hashed="h2"), code_version=2)
    assert store.write(final, [seen(final, 3.0, state=State.SMALL_SAMPLE)]).written == 1


def test_a_vanished_segment_gets_one_tombstone(store: Store) -> None:
    first, second, third, fourth = run(), run(), run(), run()
    store.write(first, [seen(first, 3.0), seen(first, 1.0, dimensions=WEB)])
    assert store.write(second, [seen(second, 3.0)]) == Written(0, 1, 1)
    total, stone = store.latest("leads")
    assert total.value == 3.0
    assert stone == replace(
        seen(second, None, dimensions=WEB, state=State.NO_DATA), run=second.id, computed_at=second.started_at
    )
    assert store.write(third, [seen(third, 3.0)]) == Written(0, 1, 0)
    back = [seen(fourth, 3.0), seen(fourth, 1.0, dimensions=WEB)]
    assert store.write(fourth, back) == Written(1, 1, 0)
    versions = store.history("leads", Grain.MONTH, JANUARY, WEB)
    assert [old.value for old in versions] == [1.0, None, 1.0]


def test_a_run_that_finds_nothing_ends_everything_it_covers(store: Store) -> None:
    first, second = run(), run()
    store.write(first, [seen(first, 3.0), seen(first, 1.0, dimensions=WEB)])
    assert store.write(second, []) == Written(0, 0, 2)
    assert {old.state for old in store.latest("leads")} == {State.NO_DATA}
    assert {old.computed_at for old in store.latest("leads")} == {second.finished_at}


def test_what_a_run_does_not_cover_stays(store: Store) -> None:
    grains = (Grain.MONTH, Grain.QUARTER)
    first = run(grains=grains)
    everything = [
        seen(first, 1.0),
        seen(first, 2.0, QUARTER),
        seen(first, 3.0, dimensions=WEB),
        seen(first, 4.0, dimensions=BOTH),
    ]
    store.write(first, everything)
    other = run(metric="deals", grains=grains)
    assert store.write(other, []) == Written(0, 0, 0)
    total = run(cuts=((),))
    assert store.write(total, []) == Written(0, 0, 1)
    crossed = run(cuts=(("channel", "segment"),))
    assert store.write(crossed, []) == Written(0, 0, 1)
    live = [old.value for old in store.latest("leads") if old.state is not State.NO_DATA]
    assert live == [3.0, 2.0]


def test_an_explicit_no_data_is_written_once(store: Store) -> None:
    first, second = run(), run()
    assert store.write(first, [seen(first, None, state=State.NO_DATA)]) == Written(1, 0, 0)
    assert store.write(second, [seen(second, None, state=State.NO_DATA)]) == Written(0, 1, 0)
    third = run()
    assert store.write(third, []) == Written(0, 0, 0)


def test_a_definition_taken_back_does_not_bring_an_ended_segment_back(store: Store) -> None:
    first, changed, back, again = run(), run(hashed="h2"), run(), run()
    store.write(first, [seen(first, 1.0), seen(first, 2.0, dimensions=WEB)])
    assert store.write(changed, [seen(changed, 1.0)]) == Written(1, 0, 1)
    assert store.write(back, [seen(back, 1.0)]) == Written(1, 0, 1)
    assert told(store.latest("leads")) == [
        (JANUARY, (), State.FINAL, 1.0),
        (JANUARY, WEB, State.NO_DATA, None),
    ]
    assert store.write(again, [seen(again, 1.0)]) == Written(0, 1, 0)


def test_a_tombstone_is_not_repeated_under_another_definition(store: Store) -> None:
    first, ended, changed = run(), run(), run(hashed="h2")
    store.write(first, [seen(first, 2.0, dimensions=WEB)])
    store.write(ended, [])
    assert store.write(changed, []) == Written(0, 0, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metric": "deals"}, "is of another metric, definition or code version than its run"),
        ({"definition_hash": "h9"}, "is of another metric, definition or code version than its run"),
        ({"code_version": 9}, "is of another metric, definition or code version than its run"),
        ({"grain": Grain.WEEK}, "is not of a grain and cut of its run"),
        ({"period": QUARTER, "grain": Grain.QUARTER}, "is not of a grain and cut of its run"),
        ({"dimensions": (("region", "x"),)}, "is not of a grain and cut of its run"),
        ({"dimensions": BOTH[::-1]}, "has dimensions that are unsorted or named twice"),
        ({"value": math.nan}, "is not a finite number"),
        ({"upper": math.inf}, "is not a finite number"),
        ({}, "comes twice"),
    ],
)
def test_an_observation_that_the_run_cannot_have_given_stops_it_all(
    store: Store, change: dict[str, object], message: str
) -> None:
    first = run()
    wrong = replace(seen(first, 1.0), **change)  # type: ignore[arg-type]
    with pytest.raises(StoreError) as refused:
        store.write(first, [seen(first, 1.0), wrong])
    where = f"{wrong.grain} {wrong.period.start} {dict(wrong.dimensions)}"
    assert str(refused.value) == f"metric 'leads': the observation of {where} {message}"
    assert store.last_run("leads") is None
    assert store.latest("leads", definition_hash="h1") == ()


def test_an_outcome_that_does_not_fit_is_refused(store: Store) -> None:
    failed = replace(run(error="away"), id="r1")
    with pytest.raises(StoreError) as refused:
        store.write(failed, [])
    assert str(refused.value) == "run 'r1' of metric 'leads' did not succeed: it has no observations"
    with pytest.raises(StoreError) as refused:
        store.fail(replace(run(), id="r2"))
    assert str(refused.value) == "run 'r2' of metric 'leads' did not fail"
    assert store.last_run("leads") is None


def test_an_error_half_way_writes_nothing(store: Store) -> None:
    first = run()
    store.write(first, [seen(first, 1.0)])
    twice = replace(run(), id=first.id)
    with pytest.raises(StoreError, match=r"^the store .*(runs are only added to$|unique)"):
        store.write(twice, [seen(twice, 2.0)])

    def breaks(of: Run) -> Iterator[Observation]:
        yield seen(of, 2.0)
        raise ZeroDivisionError

    broken = run()
    with pytest.raises(ZeroDivisionError):
        store.write(broken, breaks(broken))
    assert told(store.history("leads", Grain.MONTH, JANUARY)) == [(JANUARY, (), State.FINAL, 1.0)]
    assert store.last_run("leads").id == first.id  # type: ignore[union-attr]


# Only ever added to


def test_nothing_updates_or_deletes_observations_or_runs(store: Store) -> None:
    statements: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine_of(store), "before_cursor_execute", note)
    every_method(store)
    assert any(said.startswith("INSERT INTO observations") for said in statements)
    assert any(said.startswith("UPDATE sources") for said in statements)
    changing = re.compile(
        r"\s*(UPDATE|DELETE|REPLACE|INSERT OR|TRUNCATE|DROP|ALTER)\b(?! sources)", re.IGNORECASE
    )
    assert [said for said in statements if changing.match(said)] == []


def every_method(store: Store) -> None:
    for hashed, value in (("h1", 1.0), ("h2", 2.0), ("h1", 1.0)):
        of = run(hashed=hashed)
        store.write(of, [seen(of, value)])
    store.write(run(), [])
    store.fail(run(error="away"))
    for up in (True, False):
        store.record_source(SourceHealth("crm", up, NOON, NOON, NOON, None))
    for _ in range(2):
        store.definitions.remember(Definition("h1", "leads", 1, "{}", None, NOON))
    store.record_refresh(NOON, NOON, 1, 0)
    store.latest("leads", as_known=NOON)
    store.history("leads", Grain.MONTH, JANUARY)


@pytest.mark.parametrize("table", [observations, runs, to_date])
def test_the_database_itself_refuses_changes(store: Store, table: object) -> None:
    first = run()
    open_one = ToDate(
        base=JANUARY, offset=Offset.NONE, period=JANUARY, days=9, state=State.PROVISIONAL, value=1.0
    )
    store.write(first, [seen(first, 1.0)], [open_one])
    for change in (update(table).values(metric="x"), delete(table)):  # type: ignore[arg-type]
        with (
            pytest.raises(StoreError, match=f"{table} are only added to$"),
            engine_of(store).begin() as connection,
        ):
            connection.execute(change)
    assert [old.value for old in store.latest("leads")] == [1.0]


@pytest.mark.parametrize("pragma", ["OFF", "ON"])
@pytest.mark.parametrize(("table", "key"), [("observations", "id"), ("runs", "number"), ("runs", "id")])
def test_nothing_is_written_over_whatever_a_connection_is_set_to(
    tmp_path: Path, table: str, key: str, pragma: str
) -> None:
    file = tmp_path / "store.db"
    with Store.open(f"sqlite:///{file}") as store:
        first = run()
        store.write(first, [seen(first, 1.0)])
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA recursive_triggers = {pragma}")
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    # Another key of the row is new, so that each is refused for itself.
    same = ", ".join("NULL" if name in {"number", "id"} - {key} else name for name in names)
    same = same.replace("NULL", "'other'") if key == "number" else same
    for verb in ("INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT"):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} are only added to"):
            connection.execute(f"{verb} INTO {table} SELECT {same} FROM {table}")
    assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
    connection.close()


def test_an_observation_without_its_run_is_refused(store: Store) -> None:
    first = run()
    store.write(first, [seen(first, 1.0)])
    with engine_of(store).connect() as connection:
        row = dict(connection.execute(select(observations)).mappings().one())
    row.update(run="nobody's")
    del row["id"]
    with (
        pytest.raises(StoreError, match=r"(FOREIGN KEY|foreign key)"),
        engine_of(store).begin() as connection,
    ):
        connection.execute(insert(observations), row)


# What is read


def test_latest_is_filtered_and_sorted(store: Store) -> None:
    grains = (Grain.MONTH, Grain.QUARTER, Grain.ALL)
    first = run(grains=grains)
    given = [
        seen(first, 1.0, QUARTER),
        seen(first, 2.0, FEBRUARY),
        seen(first, 3.0, JANUARY, WEB),
        seen(first, 4.0, JANUARY, FAIR),
        seen(first, 5.0, JANUARY),
        seen(first, 6.0, WHOLE),
        seen(first, 7.0, FEBRUARY, BOTH),
    ]
    store.write(first, given)

    def values(**asked: object) -> list[float | None]:
        return [old.value for old in store.latest("leads", **asked)]  # type: ignore[arg-type]

    assert values() == [6.0, 5.0, 4.0, 3.0, 2.0, 7.0, 1.0]
    assert values(grain=Grain.MONTH) == [5.0, 4.0, 3.0, 2.0, 7.0]
    assert values(by=()) == [6.0, 5.0, 2.0, 1.0]
    assert values(by=("channel",)) == [4.0, 3.0]
    assert values(by=("segment", "channel")) == [7.0]
    assert values(dimensions=()) == [6.0, 5.0, 2.0, 1.0]
    assert values(dimensions=WEB) == [3.0]
    assert values(dimensions=BOTH[::-1]) == [7.0]
    assert values(dimensions=WEB, by=()) == []
    assert values(start=date(2026, 1, 2)) == [2.0, 7.0]
    assert values(start=date(2026, 1, 1), end=date(2026, 2, 1)) == [5.0, 4.0, 3.0, 1.0]
    assert values(end=date(2026, 1, 1)) == []
    assert store.latest("deals") == ()


def test_the_last_good_values_stay_while_a_new_definition_fails(store: Store) -> None:
    first = run()
    store.write(first, [seen(first, 1.0)])
    store.fail(run(hashed="h2", error="source 'crm': no answer"))
    assert [old.value for old in store.latest("leads")] == [1.0]
    assert store.latest("leads", definition_hash="h2") == ()
    changed = run(hashed="h2")
    store.write(changed, [seen(changed, 2.0, FEBRUARY)])
    assert told(store.latest("leads")) == [
        (JANUARY, (), State.NO_DATA, None),
        (FEBRUARY, (), State.FINAL, 2.0),
    ]
    assert told(store.latest("leads", definition_hash="h1")) == [(JANUARY, (), State.FINAL, 1.0)]


def test_what_failed_last_is_told_with_how_long_it_took(store: Store) -> None:
    store.fail(run(error="source 'crm': no answer"))
    store.fail(run(metric="deals", error="source 'crm': no answer"))
    store.write(run(metric="orders"), [])
    assert store.failed_last() == {"leads": 20.0, "deals": 20.0}
    store.write(run(), [])
    assert store.failed_last() == {"deals": 20.0}


def test_as_known_is_exclusive_and_follows_the_definition_of_then(store: Store) -> None:
    first, second, changed = run(1), run(2), run(3, hashed="h2")
    for of, value in ((first, 1.0), (second, 2.0), (changed, 3.0)):
        store.write(of, [seen(of, value)])

    def known(at: datetime, **asked: object) -> list[float | None]:
        return [old.value for old in store.latest("leads", as_known=at, **asked)]  # type: ignore[arg-type]

    instant = timedelta(microseconds=1)
    assert known(first.finished_at) == []
    assert known(first.finished_at + instant) == [1.0]
    assert known(second.started_at) == [1.0]
    assert known(second.started_at + instant) == [2.0]
    assert known(changed.started_at + instant) == [2.0]
    assert known(changed.finished_at + instant) == [3.0]
    assert known(changed.finished_at + instant, definition_hash="h1") == [2.0]
    east = timezone(timedelta(hours=9))
    assert known((second.started_at + instant).astimezone(east)) == [2.0]


def test_history_tells_periods_and_segments_apart(store: Store) -> None:
    grains = (Grain.MONTH, Grain.QUARTER, Grain.ALL)
    for value in (1.0, 2.0):
        of = run(grains=grains)
        periods = (JANUARY, FEBRUARY, QUARTER, WHOLE)
        given = [seen(of, value + 10 * place, period) for place, period in enumerate(periods)]
        store.write(of, [*given, seen(of, value + 100, JANUARY, BOTH)])
    assert [old.value for old in store.history("leads", Grain.QUARTER, QUARTER)] == [21.0, 22.0]
    assert [old.value for old in store.history("leads", Grain.ALL, WHOLE)] == [31.0, 32.0]
    assert [old.value for old in store.history("leads", Grain.MONTH, JANUARY, BOTH[::-1])] == [101.0, 102.0]
    assert store.history("leads", Grain.MONTH, JANUARY, WEB) == ()


# The rows around them


def test_runs_are_told_by_their_outcome(store: Store) -> None:
    assert store.last_run("leads") is None
    assert store.last_success("leads") is None
    assert store.watermark() is None
    later = replace(run(), cuts=((),), watermark=NOON + timedelta(days=2))
    older = replace(run(), cuts=((),), watermark=NOON + timedelta(days=1))
    failed = replace(run(error="source 'crm': no answer"), cuts=((),), watermark=NOON + timedelta(days=9))
    store.write(later, [])
    store.write(older, [])
    store.fail(failed)
    store.write(replace(run(metric="deals"), watermark=None), [])
    assert store.last_run("leads") == failed
    assert store.last_success("leads") == older
    assert store.watermark() == NOON + timedelta(days=2)
    # All at once, as one by one.
    deals = store.last_run("deals")
    assert store.last_runs() == {"leads": failed, "deals": deals}
    assert store.last_runs(good=True) == {"leads": older, "deals": deals}


def test_what_is_to_date_of_many_metrics_is_read_as_that_of_each(store: Store) -> None:
    assert store.to_dates({}) == {}
    for metric, hashed, value in (("leads", "h1", 1.0), ("leads", "h2", 2.0), ("deals", "h1", 3.0)):
        of = run(metric=metric, hashed=hashed)
        given = ToDate(
            base=JANUARY, offset=Offset.NONE, period=JANUARY, days=9, state=State.PROVISIONAL, value=value
        )
        store.write(of, [], [given, replace(given, offset=Offset.PERIOD)])
        store.write(replace(of, id=f"{of.id} again"), [], [replace(given, value=value + 10)])
    found = store.to_dates({"leads": "h2", "deals": "h1", "orders": "h1"})
    assert found == {"leads": store.to_date("leads"), "deals": store.to_date("deals"), "orders": {}}
    said = {name: [one.value for one in each.values()] for name, each in found.items()}
    assert said == {"leads": [2.0, 12.0], "deals": [3.0, 13.0], "orders": []}
    assert [one.value for one in store.to_dates({"leads": "h1"})["leads"].values()] == [1.0, 11.0]


def test_a_source_that_is_down_keeps_what_it_last_gave(store: Store) -> None:
    up = SourceHealth("crm", True, NOON, NOON, NOON - timedelta(hours=1), None)
    files = SourceHealth("files", True, NOON, NOON, None, None)
    store.record_source(up)
    store.record_source(files)
    assert store.source_health() == {"crm": up, "files": files}
    later = NOON + timedelta(hours=1)
    store.record_source(SourceHealth("crm", False, later, None, None, "no answer"))
    down = replace(up, up=False, checked_at=later, error="no answer")
    assert store.source_health() == {"crm": down, "files": files}
    again = SourceHealth("crm", True, later, later, None, None)
    store.record_source(again)
    assert store.source_health()["crm"] == again


def test_each_dataset_keeps_its_own_watermark(store: Store) -> None:
    assert store.dataset_health() == {}
    later = NOON + timedelta(hours=1)
    leads, deals = (DatasetHealth(name, "crm", NOON, NOON - timedelta(days=1)) for name in ("leads", "deals"))
    store.record_datasets([leads, deals])
    store.record_datasets([])
    newer = replace(leads, read_at=later, watermark=NOON)
    store.record_datasets([newer])
    assert store.dataset_health() == {"deals": deals, "leads": replace(newer, advances=(86400.0,))}


def test_a_dataset_keeps_how_far_its_watermark_moved_the_last_ten_times(store: Store) -> None:
    hours, mark = [1, 2, 0, -5, 3, 4, 5, 6, 7, 8, 9, 10, 11], NOON
    store.record_datasets([DatasetHealth("leads", "crm", NOON, mark)])
    for hour in hours:
        mark += timedelta(hours=hour)
        store.record_datasets([DatasetHealth("leads", "crm", NOON, mark)])
    # What stood still or fell back is no advance; the first of the eleven is forgotten.
    assert store.dataset_health()["leads"] == DatasetHealth(
        "leads", "crm", NOON, mark, tuple(3600.0 * hour for hour in (2, *range(3, 12)))
    )


def test_a_definition_is_kept_as_it_was_first_seen(store: Store) -> None:
    first = Definition("h1", "leads", 1, '{"a":1}', "abc", NOON)
    store.definitions.remember(first)
    store.definitions.remember(replace(first, commit="def", first_seen=NOON + timedelta(days=1)))
    store.definitions.remember(replace(first, metric="marketing_leads"))
    assert store.definitions.find("h1") == first
    assert store.definitions.find("h2") is None


def test_what_a_definition_was_called_is_what_it_was_last_called(store: Store) -> None:
    first = Definition("h1", "leads", 1, "{}", "abc", NOON, "Leads", "How many?", "")
    store.definitions.remember(first)
    store.definitions.remember(
        replace(first, commit="def", label="Good leads", first_seen=NOON + timedelta(days=1))
    )
    assert store.definitions.find("h1", "leads") == replace(first, label="Good leads")
    assert store.definitions.find("h1", "deals") is None


def test_values_follow_another_definition_since_its_first_run(store: Store) -> None:
    runs = [
        run(1),
        run(2, hashed="h2"),
        run(3, hashed="h2"),
        run(4),
        run(5, hashed="h3", error="away"),
        run(6),
    ]
    commits = ["a", "a", "a", "b", "c", "c"]
    assert store.definitions.recounted() == {}
    told = []
    for of, commit in zip(runs, commits, strict=True):
        store.definitions.remember(Definition(of.definition_hash, "leads", 1, "{}", commit, of.started_at))
        if of.outcome == "ok":
            store.write(of, [])
        else:
            store.fail(of)
        store.record_refresh(of.started_at, of.finished_at, 1, 0, commit=commit)
        found = store.definitions.recounted().get("leads")
        told.append(None if found is None else (found.before, found.after, found.since, found.commit))
    # The second definition was in no commit of its own; the first came back with the commit b.
    second, back = ("h1", "h2", runs[1].started_at, None), ("h2", "h1", runs[3].started_at, "b")
    assert told == [None, second, second, back, back, back]


def test_what_refreshes_were_scored_by_is_kept_once(store: Store) -> None:
    days = [NOON + timedelta(days=number) for number in range(5)]
    records = ['{"goal":1}', '{"goal":2}', '{"goal":2}', None, '{"goal":1}']
    for day, record, commit in zip(days, records, "abbbc", strict=True):
        store.record_refresh(day, day, 1, 0, scored_by=record, commit=commit)
    one, two = (hashlib.sha256(text.encode()).hexdigest() for text in ('{"goal":1}', '{"goal":2}'))
    assert (store.scorings.find(one), store.scorings.find("0" * 64)) == ('{"goal":1}', None)
    assert store.scorings.uses(days[0]) == (
        ScoringUse(one, days[4], None, None), ScoringUse(two, days[2], days[3], None),
    )  # fmt: skip
    assert [use.hash for use in store.scorings.uses(days[3])] == [one]
    for statement in (update(scorings).values(record="{}"), delete(scorings)):
        with (
            pytest.raises(StoreError, match="scorings are only added to"),
            writing(engine_of(store), "scorings") as connection,
        ):
            connection.execute(statement)


def test_every_definition_but_the_first_is_a_change(store: Store) -> None:
    assert store.definitions.changes() == ()
    later, latest = NOON + timedelta(days=1), NOON + timedelta(days=2)
    for hashed, metric, at in (("h1", "leads", later), ("h2", "deals", NOON), ("h3", "leads", latest),
                               ("h0", "leads", NOON), ("h4", "leads", latest)):  # fmt: skip
        store.definitions.remember(Definition(hashed, metric, 1, "{}", None, at))
    changes = [(change.metric, change.hash, change.first_seen) for change in store.definitions.changes()]
    assert changes == [("leads", "h1", later), ("leads", "h3", latest), ("leads", "h4", latest)]


def test_progress_differs_once_anything_was_computed(store: Store) -> None:
    told = [store.progress()]
    assert told == [Progress(None, None, {})]
    leads, deals = run(), run(metric="deals")
    store.write(leads, [seen(leads, 1.0)])
    told.append(store.progress())
    store.write(deals, [])
    told.append(store.progress())
    store.fail(run(error="away"))
    told.append(store.progress())
    store.record_refresh(NOON, NOON, 1, 1)
    told.append(store.progress())
    both = {"leads": 1, "deals": 2}
    first, second = Progress(1, None, {"leads": 1}), Progress(2, None, both)
    assert told[1:] == [first, second, Progress(3, None, both), Progress(3, 1, both)]
    store.latest("leads")
    assert store.progress() == told[-1]


def test_the_last_refresh_is_told(store: Store) -> None:
    assert store.last_refresh() is None
    store.record_refresh(NOON, NOON + timedelta(seconds=5), 7, 1)
    store.record_refresh(NOON, NOON + timedelta(seconds=3), 8, 0)
    assert store.last_refresh() == Refresh(NOON, NOON + timedelta(seconds=3), 8, 0)


# Several at once


def test_writers_at_once_write_a_change_once(url: str) -> None:
    first = run()
    with Store.open(url) as store:
        store.write(first, [seen(first, 1.0)])

    def again() -> Written:
        later = run()
        with Store.open(url) as other:
            return other.write(later, [seen(later, 2.0)])

    counts = together(8, again)
    assert sorted(str(each) for each in counts) == sorted(
        [str(Written(1, 0, 0)), *[str(Written(0, 1, 0))] * 7]
    )
    with Store.open(url) as store:
        assert [old.value for old in store.history("leads", Grain.MONTH, JANUARY)] == [1.0, 2.0]


def test_a_writer_that_comes_between_reading_and_writing_waits(url: str) -> None:
    first, second, third = run(), run(), run()
    counts: list[Written] = []

    def overtake() -> None:
        with Store.open(url) as other:
            counts.append(other.write(third, [seen(third, 2.0)]))

    overtaking = threading.Thread(target=overtake)

    def after(_c: object, _k: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT observations") and overtaking.ident is None:
            overtaking.start()
            # Long enough to come through, if nothing holds it back.
            overtaking.join(timeout=0.5)

    with Store.open(url) as store:
        store.write(first, [seen(first, 1.0)])
        event.listen(engine_of(store), "after_cursor_execute", after)
        counts.append(store.write(second, [seen(second, 2.0)]))
        overtaking.join()
        assert counts == [Written(1, 0, 0), Written(0, 1, 0)] or counts == [
            Written(0, 1, 0),
            Written(1, 0, 0),
        ]
        versions = store.history("leads", Grain.MONTH, JANUARY)
        assert [(old.value, old.run) for old in versions] == [(1.0, first.id), (2.0, second.id)]


def test_readers_see_the_last_whole_run_while_another_is_written(store: Store) -> None:
    first = run()
    store.write(first, [seen(first, 1.0)])
    with writing(engine_of(store), "leads") as connection:
        connection.execute(insert(refreshes), {"started_at": NOON, "finished_at": NOON, "ok": 0, "failed": 0})
        assert [old.value for old in store.latest("leads")] == [1.0]
        assert store.last_refresh() is None
    assert store.last_refresh() is not None


def test_a_store_that_is_busy_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0)
    path = tmp_path / "store.db"
    with Store.open(f"sqlite:///{path}") as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as refused:
            store.fail(run(error="away"))
        other.close()
        assert (
            str(refused.value) == f"the store {path} is busy: another process has been writing for 0 seconds"
        )
        store.fail(run(error="away"))


# Against plain Python

KEYS = [
    (period, dimensions)
    for period in (JANUARY, FEBRUARY, QUARTER, WHOLE)
    for dimensions in ((), WEB, FAIR, BOTH)
]
GRAINS = (Grain.MONTH, Grain.QUARTER, Grain.ALL)

said = st.one_of(
    st.tuples(st.just(State.NO_DATA), st.none()),
    st.tuples(
        st.sampled_from([State.FINAL, State.PROVISIONAL]), st.sampled_from([0.0, 1.0, 1.0 + 1e-12, 2.0])
    ),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["h1", "h2", "h3"]),
        st.sets(st.sampled_from(GRAINS), min_size=1),
        st.sets(st.sampled_from(CUTS), min_size=1),
        st.dictionaries(st.sampled_from(KEYS), said, max_size=8),
        st.booleans(),
    ),
    min_size=1,
    max_size=7,
)


class Plain:
    """The store as a list, read from end to end each time."""

    def __init__(self) -> None:
        self.rows: list[Observation] = []
        self.runs: list[Run] = []

    def last(self, rows: list[Observation]) -> dict[object, Observation]:
        return {(row.period, row.dimensions): row for row in rows}

    def write(self, of: Run, computed: list[Observation]) -> Written:
        cuts = [tuple(sorted(cut)) for cut in of.cuts]
        covered = [row for row in self.rows if row.grain in of.grains and row.by in cuts]
        last = self.last(covered)
        own = self.last([row for row in covered if row.definition_hash == of.definition_hash])
        new = [each for each in computed if each.key not in last or not each.same_result(last[each.key])]
        absent = set(last) - {each.key for each in computed}
        gone = [
            key
            for key in absent
            if last[key].state is not State.NO_DATA or (key in own and own[key].state is not State.NO_DATA)
        ]
        self.rows += [replace(each, run=of.id) for each in new]
        for period, dimensions in gone:  # type: ignore[misc]
            stone = seen(of, None, period, dimensions, State.NO_DATA)
            at = of.started_at if computed else of.finished_at
            self.rows.append(replace(stone, run=of.id, computed_at=at))
        self.runs.append(of)
        return Written(len(new), len(computed) - len(new), len(gone))

    def latest(self, hashed: str | None = None, at: datetime | None = None) -> tuple[Observation, ...]:
        if hashed is None:
            ended = [of for of in self.runs if of.outcome == "ok" and (at is None or of.finished_at < at)]
            hashed = ended[-1].definition_hash if ended else None
        known = [row for row in self.rows if at is None or row.computed_at < at]
        mine = self.last([row for row in known if row.definition_hash == hashed])
        return tuple(
            sorted(mine.values(), key=lambda row: (row.grain, row.period.start or date.min, row.dimensions))
        )


@settings(max_examples=60, deadline=None)
@given(steps=steps)
def test_any_sequence_of_runs_reads_as_in_plain_python(shared: Store, steps: list[tuple]) -> None:
    metric = f"metric_{next(_numbers)}"
    plain = Plain()
    past: list[tuple[datetime, tuple[Observation, ...]]] = []
    for number, (hashed, grains, cuts, values, fails) in enumerate(steps):
        of = run(number, metric=metric, hashed=hashed, grains=tuple(grains), cuts=tuple(cuts))
        if fails:
            of = replace(of, outcome="failed", error="away")
            plain.runs.append(of)
            shared.fail(of)
        else:
            covered = {tuple(sorted(cut)) for cut in cuts}
            computed = [
                seen(of, value, period, dimensions, state)
                for (period, dimensions), (state, value) in values.items()
                if period.grain in grains and tuple(name for name, _ in dimensions) in covered
            ]
            assert shared.write(of, computed) == plain.write(of, computed)
            shown = [row for row in shared.latest(metric) if row.grain in grains and row.by in covered]
            live = {row.key: row.value for row in shown if row.state is not State.NO_DATA}
            assert live.keys() == {row.key for row in computed if row.state is not State.NO_DATA}
            assert all(
                live[row.key] == pytest.approx(row.value, rel=1e-9) for row in computed if row.key in live
            )
        past.append((of.finished_at + timedelta(seconds=1), shared.latest(metric)))
    for at, then in past:
        assert shared.latest(metric, as_known=at) == then == plain.latest(at=at)
    for hashed in ("h1", "h2", "h3"):
        assert shared.latest(metric, definition_hash=hashed) == plain.latest(hashed)
    for period, dimensions in KEYS:
        versions = tuple(row for row in plain.rows if row.key == (period, dimensions))
        assert shared.history(metric, period.grain, period, dimensions) == versions


# The documentation


def test_every_table_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "store.md").read_text()
    for table in metadata.tables:
        assert f"`{table}`" in text


@pytest.mark.postgres
def test_machines_that_share_a_server_refresh_one_at_a_time(postgres: PostgresServer) -> None:
    with (
        postgres_url(postgres) as url,
        postgres_url(postgres) as other,
        Store.open(url) as here,
        Store.open(url) as there,
        Store.open(other) as elsewhere,
    ):
        with here.alone():
            with pytest.raises(StoreLocked) as refused, there.alone():
                pytest.fail("two machines refreshed one store")
            said = "another refresh is running (on another machine, with the same store)"
            assert str(refused.value) == said
            with elsewhere.alone():
                pass
        with there.alone():
            pass


def test_a_file_needs_no_lock_besides_its_own(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store, store.alone(), store.alone():
        pass
