"""kill -9 while a store is written as fast as it goes, so that most kills fall into a transaction."""

from __future__ import annotations

import random
import time

from sqlalchemy import select

from metrics.observation import State
from metrics.store.store import Store
from metrics.store.tables import runs
from tests.crash import victim
from tests.crash.conftest import Places
from tests.crash.harness import Child, forked
from tests.crash.held import held
from tests.store_engine import engine_of


def test_what_was_said_to_be_written_is_there_and_whole(places: Places) -> None:
    chance = random.Random(20260401)
    for _ in range(8):
        place = places.empty()
        with forked(victim.write_on, place.url) as child:
            assert child.hear() == 1
            time.sleep(chance.uniform(0, 0.15))
            assert child.kill()
            claimed = _last_said(child)
        place.settle()
        with Store.open(place.url) as store:
            assert held(store).wrong == ()
            with engine_of(store).connect() as connection:
                names = connection.execute(select(runs.c.id).order_by(runs.c.number)).scalars().all()
            # A run may be whole before it is said.
            assert len(names) in (claimed, claimed + 1)
            assert names == [f"run {number}" for number in range(1, len(names) + 1)]
            _, last = victim.batch(len(names))
            given = [seen.value for seen in store.latest("busy") if seen.state is not State.NO_DATA]
            assert given == [seen.value for seen in last]


def _last_said(child: Child) -> int:
    """Return the last number that a dead child said; its last word may have been cut off."""
    said = 1
    try:
        while child.ear.poll():
            said = child.ear.recv()
    except (EOFError, OSError):
        pass
    return said
