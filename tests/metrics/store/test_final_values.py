"""What is read of a metric's past bit by bit is what is read of it at once."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import event

from metrics.grain import Grain, Period
from metrics.observation import PUBLISHED, Observation, State
from metrics.store.final_values import FINAL_FIGURES, FinalValues
from metrics.store.store import Run, Store
from tests.metrics.store.test_store import BOTH, FAIR, WEB, run, seen, store, url  # noqa: F401  (fixtures)
from tests.store_engine import engine_of

PERIODS = [Period(Grain.MONTH, date(2026, month, 1), date(2026, month + 1, 1)) for month in range(1, 5)]
PERIODS.append(Period(Grain.ALL, None, None))
SEGMENTS = ((), WEB, FAIR, BOTH)
STATES = (State.FINAL, State.FINAL, State.SMALL_SAMPLE, State.PROVISIONAL, State.SUPPRESSED)
GRAINS = (Grain.MONTH, Grain.ALL)
Row = tuple[object, ...]


def rows(found: FinalValues) -> dict[tuple[object, object], Row]:
    """Return what stands in the columns, by period and segment."""
    told: dict[tuple[object, object], Row] = {}
    for row in range(len(found.period)):
        key = found.periods[found.period[row]], found.segments[found.segment[row]]
        assert key not in told
        numbers = [None if math.isnan(number) else number for number in found.figures[:, row].tolist()]
        told[key] = (*numbers, found.watermarks[found.watermark[row]])
    return told


def row(one: Observation) -> Row:
    return (*(getattr(one, name) for name in FINAL_FIGURES), one.watermark)


def plain_current(store: Store, hashed: str) -> dict[tuple[object, object], Row]:  # noqa: F811
    latest = store.latest("leads", definition_hash=hashed)
    return {one.key: row(one) for one in latest if one.state in PUBLISHED}


def plain_first(store: Store) -> dict[tuple[object, object], Row]:  # noqa: F811
    found = {}
    for period in PERIODS:
        for segment in SEGMENTS:
            versions = store.history("leads", period.grain, period, segment)
            closed = [one for one in versions if one.state in PUBLISHED]
            if closed:
                found[closed[0].key] = row(closed[0])
    return found


def walk(store: Store, steps: int) -> Iterator[Run]:  # noqa: F811
    """Let runs write, restate, reopen and end values, now and then by another definition."""
    chance, hashed = random.Random(20261129), "h1"
    for _ in range(steps):
        if chance.random() < 0.2:
            hashed = {"h1": "h2", "h2": "h1"}[hashed]
        if chance.random() < 0.2:
            store.fail(run(hashed=hashed, grains=GRAINS, error="no answer"))
        of = run(hashed=hashed, grains=GRAINS)
        given = [
            seen(of, chance.choice([1.0, 2.5, None]), period, segment, chance.choice(STATES))
            for period in PERIODS
            for segment in SEGMENTS
            if chance.random() < 0.6
        ]
        store.write(of, given)
        yield of


def test_what_is_added_bit_by_bit_is_what_is_read_at_once(store: Store) -> None:  # noqa: F811
    current: tuple[str, FinalValues] | None = None
    first: FinalValues | None = None
    for number, of in enumerate(walk(store, 40)):
        hashed = of.definition_hash
        known = current[1] if current and current[0] == hashed else None
        # Some readers miss some runs.
        if number % 3 != 1:
            current = hashed, store.final_values.current("leads", hashed, watermarks=True, known=known)
            assert rows(current[1]) == plain_current(store, hashed)
            assert rows(current[1]) == rows(store.final_values.current("leads", hashed, watermarks=True))
        if number % 4 != 2:
            first = store.final_values.first("leads", watermarks=True, known=first)
            assert (
                rows(first) == plain_first(store) == rows(store.final_values.first("leads", watermarks=True))
            )
    assert first is not None
    assert len(rows(first)) == len(PERIODS) * len(SEGMENTS)


def test_nothing_is_read_twice(store: Store) -> None:  # noqa: F811
    of = run(grains=GRAINS)
    store.write(of, [seen(of, 1.0, period) for period in PERIODS])
    known, first = store.final_values.current("leads", "h1"), store.final_values.first("leads")
    again = run(grains=GRAINS)
    # One is restated and one ends; the others say nothing new.
    store.write(again, [seen(again, 2.0 if period is PERIODS[0] else 1.0, period) for period in PERIODS[:-1]])
    other = run(metric="deals", grains=GRAINS)
    store.write(other, [seen(other, 1.0, period) for period in PERIODS])
    asked: list[object] = []
    event.listen(engine_of(store), "before_cursor_execute", lambda *given: asked.append(given[3]))
    found = store.final_values.current("leads", "h1", known=known)
    assert str(known.upto) in str(asked[-1])
    assert (len(found.period), found.upto) == (len(PERIODS) - 1, known.upto + 2)
    assert rows(found)[PERIODS[0], ()][0] == 2.0
    kept = store.final_values.first("leads", known=first)
    assert rows(kept) == rows(first)
    assert kept.upto == first.upto + 1


def test_an_empty_store_has_no_rows(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as empty:
        known = empty.final_values.current("leads", "h1")
        assert (rows(known), known.upto) == ({}, 0)
        assert rows(empty.final_values.current("leads", "h1", known=known)) == {}


def test_segments_that_are_new_find_their_place(store: Store) -> None:  # noqa: F811
    known = None
    for upto in range(1, len(SEGMENTS) + 1):
        of = run()
        store.write(of, [seen(of, float(upto), period, segment)
                         for period in PERIODS[:upto] for segment in SEGMENTS[:upto]])  # fmt: skip
        known = store.final_values.current("leads", "h1", known=known)
        assert {value[0] for value in rows(known).values()} == {float(upto)}
        assert len(rows(known)) == upto * upto
