"""A movement is split by what moved it, and the parts add up to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from math import fsum, isclose
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.loading.folder import folder_of
from metrics.loading.loader import build
from metrics.observation import PUBLISHED, State
from metrics.operations.restatements import Mover, Parts, Restatement, restatements
from metrics.store.store import Store
from tests.metrics.store.test_store import NOON, run, seen

CATALOG = build(
    folder_of(
        {
            "company.yml": b"company: Tea\ntimezone: UTC\ncurrency: GBP\n",
            "sources.yml": b"sources: {crm: {url: 'duckdb:///:memory:'}}\n",
            "datasets/rows.yml": b"dataset: rows\nsource: crm\ntable: rows\ntime: at\n",
            "metrics/sales/leads.yml": b"metric: leads\nlabel: Leads\nowner: sales\ndirection: up\n"
            b"kind: aggregate\ndataset: rows\nmeasure: count\n",
        }
    )
).catalog
Version = tuple[str, int, State, float | None]
"""The hash, code version, state and value of one version."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as found:
        yield found


def write(store: Store, number: int, version: Version) -> None:
    hashed, code, state, value = version
    of = replace(run(number, hashed=hashed, cuts=((),)), code_version=code)
    store.write(of, [replace(seen(of, value, state=state), computed_at=of.finished_at)])


def told(store: Store, *versions: Version) -> list[Restatement]:
    """Write versions, and return what moved since the first of them."""
    assert CATALOG is not None
    for number, version in enumerate(versions):
        write(store, number, version)
    return list(restatements(store, CATALOG, ["leads"], NOON + timedelta(seconds=30)).moved)


def test_each_mover_has_its_part(store: Store) -> None:
    [moved] = told(
        store,
        ("a", 1, State.PROVISIONAL, 10.0),
        ("a", 1, State.PROVISIONAL, 14.0),  # the world
        ("a", 1, State.FINAL, 15.0),  # and again, for the last time
        ("a", 1, State.FINAL, 15.5),  # later data
        ("b", 1, State.FINAL, 25.5),  # another definition
        ("b", 2, State.FINAL, 24.5),  # another version of the program
        ("b", 2, State.FINAL, 24.0),  # later data
    )
    assert (moved.then.value, moved.now.value, moved.difference) == (10.0, 24.0, 14.0)
    assert moved.parts == Parts(definition=10.0, software=-1.0, later_data=0.0, world=5.0)
    assert moved.movers == (Mover.WORLD, Mover.LATER_DATA, Mover.DEFINITION, Mover.SOFTWARE)
    assert (moved.period_name, moved.was_final) == ("2026-01", False)


def test_a_value_that_was_away_moves_when_it_is_back(store: Store) -> None:
    [moved] = told(
        store,
        ("a", 1, State.FINAL, 10.0),
        ("b", 1, State.SUPPRESSED, None),
        ("b", 1, State.FINAL, 12.0),
    )
    assert moved.parts == Parts(definition=2.0, software=0.0, later_data=0.0, world=0.0)


def test_what_is_no_number_by_now_has_movers_and_no_parts(store: Store) -> None:
    [moved] = told(store, ("a", 1, State.FINAL, 10.0), ("a", 2, State.SUPPRESSED, None))
    assert (moved.difference, moved.parts, moved.movers) == (None, None, (Mover.SOFTWARE,))


def test_what_says_the_same_has_not_moved_and_what_is_new_is_counted(store: Store) -> None:
    assert CATALOG is not None
    assert told(store, ("a", 1, State.FINAL, 10.0), ("b", 1, State.FINAL, 10.0)) == []
    found = restatements(store, CATALOG, ["leads"], NOON - timedelta(days=1))
    assert (found.moved, found.new) == ((), 1)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.integers(1, 2),
            st.sampled_from([State.PROVISIONAL, State.FINAL, State.SUPPRESSED]),
            st.integers(-9, 9).map(lambda number: number / 7),
        ),
        min_size=2,
        max_size=7,
    )
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_parts_always_add_up(tmp_path: Path, drawn: list[tuple[str, int, State, float]]) -> None:
    versions = [
        (hashed, code, state, None if state is State.SUPPRESSED else value)
        for hashed, code, state, value in drawn
    ]
    file = tmp_path / "drawn.db"
    for path in tmp_path.glob("drawn.db*"):
        path.unlink()
    with Store.open(f"sqlite:///{file}") as store:
        for moved in told(store, *versions):
            assert moved.was_final == (versions[0][2] in PUBLISHED)
            if moved.difference is not None:
                assert moved.parts is not None
                parts = (getattr(moved.parts, mover.value) for mover in Mover)
                assert isclose(fsum(parts), moved.difference, abs_tol=1e-12)
