"""Unchanged data write nothing; one late row writes what it touches and nothing else, for every kind.

The company is that of the golden files, which has a metric of every kind and variant.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from metrics.catalog.catalog import Catalog
from metrics.catalog.lineage import upstream
from metrics.kind import kinds
from metrics.loading.loader import load
from metrics.observation import Observation
from metrics.operations.refresh import Refresher, Summary
from metrics.store.bulk import read
from metrics.store.store import Store
from metrics.store.tables import observations
from tests.metrics.kinds.golden import GOLDEN, NOW
from tests.store_engine import engine_of

Results = dict[tuple[Any, ...], Observation]

# Dataset -> what the late row is: a row that is there, some of its columns changed.
LATE: dict[str, tuple[int, dict[str, str]]] = {
    "answers": (3, {"answer_id": "90", "customer_id": "late"}),
    "baskets": (1, {"basket_id": "90", "amount": "35.00", "margin": "14.00"}),
    "calls": (1, {"call_id": "k90", "customer_id": "late"}),
    "events": (1, {"event_id": "90", "lead_id": "late"}),
    "holds": (0, {"hold_id": "h90", "since": "2024-01-05 11:00:00", "until": "2024-01-05 12:00:00"}),
    "plans": (1, {"plan_id": "90", "customer_id": "late"}),
    "spend": (0, {"day": "2024-01-11", "amount": "7.00"}),
    "tickets": (1, {"ticket_id": "t90", "customer_id": "late"}),
}


def add_late_row(root: Path, dataset: str) -> None:
    file = root / "data" / f"{dataset}.csv"
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    number, changes = LATE[dataset]
    with file.open("a", newline="", encoding="utf-8") as opened:
        csv.DictWriter(opened, list(rows[0]), lineterminator="\n").writerow({**rows[number], **changes})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = shutil.copytree(GOLDEN / "project", tmp_path / "p")
    # The same rows under another name, whose first periods stay open: half as much again to compute.
    for path in (*root.rglob("late_*.yml"), *root.rglob("*_late.yml")):
        path.unlink()
    return root


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
            yield opened
        return
    with request.getfixturevalue("postgres").fresh() as database, Store.open(database.url) as opened:
        yield opened


def catalog_of(root: Path) -> Catalog:
    catalog = load(root).catalog
    assert catalog is not None
    return catalog


def refresh(root: Path, catalog: Catalog, store: Store, metrics: set[str] | None = None) -> Summary:
    summary = Refresher(catalog, root, store, lambda: NOW).refresh(metrics)
    assert [str(line.error) for line in summary.failed] == []
    return summary


def results(store: Store, catalog: Catalog) -> dict[str, Results]:
    """Return what each metric says, by period and segment."""
    return {metric: {_key(seen): _plain(seen) for seen in store.latest(metric)} for metric in catalog.metrics}


def _key(seen: Observation) -> tuple[Any, ...]:
    return seen.grain, seen.period.start, seen.dimensions


def _plain(seen: Observation) -> Observation:
    return replace(seen, computed_at=datetime.min.replace(tzinfo=UTC), run=None, watermark=None)


def last_number(store: Store) -> int:
    with engine_of(store).connect() as connection:
        return connection.execute(select(func.max(observations.c.id))).scalar_one()


def written_since(store: Store, number: int) -> dict[str, set[tuple[Any, ...]]]:
    """Return the keys of the rows that were written behind a row, by metric."""
    with engine_of(store).connect() as connection:
        rows = select(*(each for each in observations.c if each.name not in ("id", "cut")))
        found: dict[str, set[tuple[Any, ...]]] = {}
        for seen in read(connection, rows.where(observations.c.id > number)):
            assert _key(seen) not in found.setdefault(seen.metric, set()), "a value is written twice"
            found[seen.metric].add(_key(seen))
        return found


def computed_anew(root: Path, catalog: Catalog, metrics: set[str]) -> dict[str, Results]:
    """Return what some metrics say in a store that sees the data for the first time."""
    with Store.open("sqlite://") as fresh:
        refresh(root, catalog, fresh, metrics)
        return {metric: found for metric, found in results(fresh, catalog).items() if metric in metrics}


def apart(catalog: Catalog, datasets: list[str]) -> list[dict[str, set[str]]]:
    """Return the datasets with the metrics that read each, in as few rounds as keep those of a round apart."""
    rounds: list[dict[str, set[str]]] = []
    for dataset in datasets:
        reading = {metric for metric in catalog.metrics if dataset in upstream(catalog, metric).datasets}
        room = (each for each in rounds if reading.isdisjoint(set().union(*each.values())))
        found = next(room, None)
        if found is None:
            rounds.append(found := {})
        found[dataset] = reading
    return rounds


def test_only_what_a_late_row_touches_is_written(root: Path, store: Store) -> None:
    catalog = catalog_of(root)
    first = refresh(root, catalog, store)
    assert {catalog.metrics[line.metric].kind for line in first.lines} == set(kinds())
    assert first.written > 300

    # Unchanged data write nothing.
    number = last_number(store)
    second = refresh(root, catalog, store)
    assert (second.written, last_number(store)) == (0, number)
    assert all(line.written is not None and line.written.unchanged > 0 for line in second.lines)

    # One store after the other row is enough to show that the second engine does the same.
    datasets = list(LATE) if engine_of(store).dialect.name == "sqlite" else ["events", "plans"]
    kinds_touched: set[str] = set()
    for late in apart(catalog, datasets):
        before, number = results(store, catalog), last_number(store)
        for dataset in late:
            add_late_row(root, dataset)
        refresh(root, catalog, store)
        reading = set().union(*late.values())
        anew, written = before | computed_anew(root, catalog, reading), written_since(store, number)
        changed = {
            metric: {
                key for key in {*before[metric], *anew[metric]} if _differs(before[metric], anew[metric], key)
            }
            for metric in catalog.metrics
        }
        assert written == {metric: keys for metric, keys in changed.items() if keys}, set(late)
        kinds_touched |= {catalog.metrics[metric].kind for metric in written}
        for dataset, metrics in late.items():
            touched = metrics & written.keys()
            assert touched, f"the late row of {dataset} touches nothing"
            untouched = {metric: len(before[metric]) - len(written[metric]) for metric in touched}
            assert any(untouched.values()), "some values of some metric stay as they were"
    if len(datasets) == len(LATE):
        assert kinds_touched == set(kinds())


def _differs(before: Results, after: Results, key: tuple[Any, ...]) -> bool:
    one, two = before.get(key), after.get(key)
    if one is None or two is None:
        # A segment that vanished is told by a row without a value, if it had one.
        return True
    return not one.same_result(two)
