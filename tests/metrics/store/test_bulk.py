"""Many observations at once: the same rows as one by one, in one transaction, and errors in plain words."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import insert, select

from metrics.errors import StoreError
from metrics.grain import Grain, Period
from metrics.observation import Observation, State
from metrics.store import bulk
from metrics.store.store import Store
from metrics.store.tables import observation_row, observations
from tests.metrics.store.test_store import run
from tests.store_engine import engine_of, postgres_url

MANY = bulk.FEW + 20
ODD = ("a,b", "tab\there", "line\nbreak", "back\\slash", "\\N", "ünïcode ☕", '"quoted"', "(none)")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request):
    if request.param == "sqlite":
        with Store.open("sqlite://") as opened:
            yield opened
        return
    with postgres_url(request.getfixturevalue("postgres")) as url, Store.open(url) as opened:
        yield opened


def many(of, number=MANY):
    """Return observations of different days with every kind of cell."""
    numbers = (None, 0.1, 1 / 3, -1e300, 5e-324, np.float64(0.7), Decimal("2.5"), 3)
    first = date(2020, 1, 1)
    return [
        Observation(
            metric=of.metric,
            definition_hash=of.definition_hash,
            code_version=of.code_version,
            computed_at=of.finished_at,
            value=numbers[index % len(numbers)],
            lower=numbers[(index + 1) % len(numbers)],
            sample_size=None if index % 3 else np.int64(index),
            grain=Grain.DAY,
            period=Period(Grain.DAY, first + timedelta(index), first + timedelta(index + 1)),
            dimensions=(("channel", ODD[index % len(ODD)]),),
            state=list(State)[index % len(State)],
            watermark=None if index % 5 == 0 else of.watermark,
        )
        for index in range(number)
    ]


def a_run():
    return run(grains=(Grain.DAY,), cuts=(("channel",),))


def rows(store, metric="leads"):
    columns = [column for column in observations.c if column.name not in ("id", "metric", "run")]
    wanted = select(*columns).where(observations.c.metric == metric).order_by(observations.c.id)
    with engine_of(store).connect() as connection:
        return [tuple(row) for row in connection.execute(wanted)]


def test_the_same_rows_as_one_by_one_and_the_same_observations(store):
    of = a_run()
    store.write(of, many(of))
    other = replace(of, id="other", metric="other")
    store.write(other, [])
    with engine_of(store).begin() as connection:
        for each in many(other):
            connection.execute(insert(observations), observation_row(replace(each, run=other.id)))
    assert rows(store) == rows(store, "other")
    given = [replace(each, run=of.id) for each in many(of)]
    assert sorted(store.latest(of.metric), key=lambda one: one.period.start) == given


def test_what_is_unchanged_is_not_written_and_what_is_gone_ends(store):
    first, second, third = (a_run() for _ in range(3))
    shown = sum(one.state is not State.NO_DATA for one in many(first))
    store.write(first, many(first))
    again = store.write(second, many(second))
    assert (again.written, again.unchanged, again.tombstones) == (0, MANY, 0)
    gone = store.write(third, [])
    assert (gone.written, gone.unchanged, gone.tombstones) == (0, 0, shown)
    assert {one.state for one in store.latest(third.metric)} == {State.NO_DATA}
    assert [one.period for one in store.latest(third.metric)] == sorted(
        (one.period for one in many(first)), key=lambda period: period.start
    )


def test_many_are_sent_in_few_statements(store, monkeypatch):
    monkeypatch.setattr(bulk, "_CHUNK", 400)
    of = a_run()
    store.write(of, many(of))
    assert len(rows(store)) == MANY


def test_an_error_halfway_leaves_nothing(store, monkeypatch):
    of, real = a_run(), bulk._rows

    def spoiled(*given):
        for index, row in enumerate(real(*given)):
            yield row if index < bulk.FEW else (*row[:-1], None)

    monkeypatch.setattr(bulk, "_rows", spoiled)
    with pytest.raises(
        StoreError, match=r"the store .*(null value in column|NOT NULL constraint failed).*run"
    ):
        store.write(of, many(of))
    monkeypatch.undo()
    assert rows(store) == []
    assert store.last_run(of.metric) is None
    assert store.write(of, many(of)).written == MANY


def test_a_cell_that_the_server_refuses_is_told_as_the_stores(postgres, monkeypatch):
    real = bulk._rows
    monkeypatch.setattr(bulk, "_rows", lambda *given: (("\x00", *row[1:]) for row in real(*given)))
    with postgres_url(postgres) as url, Store.open(url) as store:
        of = a_run()
        with pytest.raises(StoreError, match="the store postgresql"):
            store.write(of, many(of))
        assert rows(store) == []
