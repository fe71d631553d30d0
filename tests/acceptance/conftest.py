"""Runs the projects of tests/cases over the real data beside the checkout."""

from __future__ import annotations

import csv
import functools
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from metrics.catalog.catalog import Catalog
from metrics.grain import Grain
from metrics.loading.loader import load
from metrics.observation import Dimensions, Observation, State
from metrics.operations.query import MetricQuery, answer
from metrics.operations.refresh import Refresher
from metrics.store.store import Store

CASES = Path(__file__).parent.parent / "cases"
DATA = Path(__file__).parents[3] / "shared" / "data"
DEPARTMENTS = ("departments", "milestones")


@dataclass
class Case:
    """One project, refreshed as of an instant."""

    root: Path
    catalog: Catalog
    store: Store
    now: datetime

    def values(self, metric: str, grain: Grain, *by: str) -> dict[tuple[str, Dimensions], Observation]:
        """Return the observations by first day (or `all`) and segment; what is stored is not asked of the sources."""
        return {
            (str(seen.period.start or "all"), seen.dimensions): seen for seen in self._seen(metric, grain, by)
        }

    def _seen(self, metric: str, grain: Grain, by: tuple[str, ...]) -> Iterable[Observation]:
        found = self.catalog.metric(metric)
        cut, stored = set(found.whole_cut(by)), map(set, found.cut_sets)
        if grain not in found.grains or cut not in stored:
            return answer(
                MetricQuery(metric, grain, by), self.catalog, self.root, self.store, self.now
            ).observations
        return [
            seen
            for seen in self.store.latest(metric, grain=grain, by=tuple(sorted(cut)))
            if seen.state is not State.NO_DATA or not seen.dimensions
        ]


@pytest.fixture(scope="session")
def run_case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, datetime], Case]]:
    """Return a function that loads and refreshes a project of tests/cases, as of an instant, once."""
    if not DATA.is_dir():
        pytest.skip("the real data (../shared/data) is not beside this checkout")
    stores: list[Store] = []

    @functools.cache
    def run(name: str, now: datetime) -> Case:
        root = CASES / name
        loaded = load(root, DEPARTMENTS)
        assert loaded.findings == ()
        assert loaded.catalog is not None
        folder = tmp_path_factory.mktemp(name)
        store = Store.open(f"sqlite:///{folder}/store.db")
        stores.append(store)
        # The lock and anything else that a refresh leaves belong in the temporary copy.
        copy = folder / "project"
        shutil.copytree(root, copy)
        catalog = _anchored(loaded.catalog, root)
        summary = Refresher(catalog, copy, store, lambda: now).refresh()
        assert [str(line.error) for line in summary.failed] == []
        return Case(copy, catalog, store, now)

    yield run
    for store in stores:
        store.close()


def _anchored(catalog: Catalog, root: Path) -> Catalog:
    """Return the catalog with file paths made absolute, so that the project may run elsewhere."""
    from dataclasses import replace

    datasets = {
        name: replace(each, files=tuple(str((root / path).resolve()) for path in each.files))
        for name, each in catalog.datasets.items()
    }
    return replace(catalog, datasets=datasets, roots=(str(DATA),))


@pytest.fixture(scope="session")
def expected() -> Callable[[str], list[dict[str, str]]]:
    """Return a function that reads a table of reference values."""

    def read(name: str) -> list[dict[str, str]]:
        with (DATA / "expected" / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    return read


@pytest.fixture(scope="session")
def sql() -> Callable[[str], list[tuple[object, ...]]]:
    """Return a function that runs SQL of the test's own, apart from the program's."""

    def run(query: str) -> list[tuple[object, ...]]:
        with duckdb.connect() as connection:
            return connection.execute(query.replace("{data}", str(DATA))).fetchall()

    return run


AS_OF = datetime(2018, 11, 15, tzinfo=UTC)
