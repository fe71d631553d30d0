"""Stores that are wrong on purpose, to show that the harness sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import insert

from metrics.observation import Observation, ToDate
from metrics.store.database import writing
from metrics.store.store import Run, Store, Written
from metrics.store.tables import observation_row, observations, run_row, runs
from metrics.store.versions import Changes, changes, checked
from tests.store_engine import engine_of


class _Split(Store):
    """A store that commits the row of a run before its observations."""

    def begin(self, run: Run, computed: Iterable[Observation]) -> Changes:
        given = checked(run, computed)
        with writing(engine_of(self), run.metric) as connection:
            found = changes(connection, run, given)
            connection.execute(insert(runs), run_row(run, found.counts))
        return found

    def add(self, run: Run, *seen: Observation) -> None:
        with writing(engine_of(self), run.metric) as connection:
            for each in seen:
                connection.execute(insert(observations), observation_row(replace(each, run=run.id)))


class RunFirst(_Split):
    """Two transactions: the run, then all of its observations."""

    def write(self, run: Run, computed: Iterable[Observation], beside: Iterable[ToDate] = ()) -> Written:
        found = self.begin(run, computed)
        self.add(run, *found.new, *found.tombstones)
        return found.counts


class OneByOne(_Split):
    """A transaction an observation."""

    def write(self, run: Run, computed: Iterable[Observation], beside: Iterable[ToDate] = ()) -> Written:
        found = self.begin(run, computed)
        for seen in found.new + found.tombstones:
            self.add(run, seen)
        return found.counts


class Repeating(Store):
    """One transaction, in which every observation is written, new or not."""

    def write(self, run: Run, computed: Iterable[Observation], beside: Iterable[ToDate] = ()) -> Written:
        given = checked(run, computed)
        counts = Written(len(given), 0, 0)
        with writing(engine_of(self), run.metric) as connection:
            connection.execute(insert(runs), run_row(run, counts))
            rows = [observation_row(replace(seen, run=run.id)) for seen in given.values()]
            connection.execute(insert(observations), rows)
        return counts


STORES: dict[str, type[Store]] = {
    "sound": Store,
    "run first": RunFirst,
    "one by one": OneByOne,
    "repeating": Repeating,
}
