"""Each kind's SQL, by engine, and its results, on all engines, stand in tests/golden.

A variant of a kind has golden files too, under a name that begins with its kind's. A kind whose file is missing
fails. `SCORECARD_WRITE_GOLDEN=1` writes the files anew, but for results that need a new code version first: a
kind's code version rises when its results change, and only then. SQL has no version.
"""

from __future__ import annotations

import os

import pytest

from metrics.catalog.catalog import Catalog
from metrics.kind import kinds
from metrics.registry import discover
from tests.metrics.kinds.golden import (
    ENGINES,
    GOLDEN,
    NAMES,
    RESULTS,
    GoldenResult,
    HistoryMissing,
    committed,
    computed,
    raised_for_nothing,
    same,
    unraised,
)

WRITING = bool(os.environ.get("SCORECARD_WRITE_GOLDEN"))
MARKS = {"postgres": [pytest.mark.postgres]}


@pytest.fixture(params=[pytest.param(name, marks=MARKS.get(name, [])) for name in ENGINES])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def catalog(request: pytest.FixtureRequest, engine: str) -> Catalog:
    found: Catalog = request.getfixturevalue(f"golden_{engine}")
    return found


@pytest.fixture(scope="module")
def past() -> dict[str, list[GoldenResult]]:
    """Return every result that was ever committed; CI always has the history of its checkout."""
    try:
        return committed(RESULTS)
    except HistoryMissing as missing:
        if os.environ.get("CI") and (GOLDEN.parent.parent / ".git").exists():
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def stored(name: str) -> GoldenResult:
    return GoldenResult.parse((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_sql_and_results_are_those_that_stand(
    request: pytest.FixtureRequest, catalog: Catalog, engine: str, name: str
) -> None:
    sql, results = computed(catalog, name)
    if WRITING:
        (GOLDEN / engine / f"{name}.sql").write_text(sql, encoding="utf-8")
        if engine == ENGINES[0]:
            _write(request, name, results)
    wanted = stored(name)
    assert results.code_version == wanted.code_version
    advice = f"{name} changed on {engine}: raise the kind's code version and write the golden files anew"
    assert same(results.estimates, wanted.estimates), advice
    assert same(wanted.estimates, results.estimates), advice
    known = (GOLDEN / engine / f"{name}.sql").read_text(encoding="utf-8")
    assert sql == known, (
        f"the SQL of {name} for {engine} changed: write the golden files anew and review them"
    )


def _write(request: pytest.FixtureRequest, name: str, results: GoldenResult) -> None:
    """Write results, if they may be; of those that stand the last digits are kept."""
    path = RESULTS / f"{name}.json"
    if path.exists():
        wanted = stored(name)
        if wanted.code_version == results.code_version and same(results.estimates, wanted.estimates):
            return
    refused = unraised(results, request.getfixturevalue("past").get(name, ()))
    assert refused is None, f"{path.name} is not written: {refused}"
    path.write_text(results.text(), encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_results_stand_under_their_code_version(name: str, past: dict[str, list[GoldenResult]]) -> None:
    refused = unraised(stored(name), past.get(name, ()))
    assert refused is None, f"{name}: {refused}"


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_code_version_rises_with_the_results_alone(
    golden_duckdb: Catalog, kind: str, past: dict[str, list[GoldenResult]]
) -> None:
    names = [name for name, metric in golden_duckdb.metrics.items() if metric.kind == kind]
    before = {name: past.get(name, []) for name in names}
    refused = raised_for_nothing({name: stored(name) for name in names}, before)
    assert refused is None, f"{kind}: {refused}"


def test_every_source_is_held_to_the_golden_files() -> None:
    assert sorted(discover("metrics.sources", "source")) == ENGINES


def test_every_golden_file_is_of_a_golden_metric() -> None:
    names = {
        str(path.relative_to(GOLDEN))
        for folder in (*ENGINES, "results")
        for path in (GOLDEN / folder).iterdir()
    }
    wanted = {f"{folder}/{name}.sql" for folder in ENGINES for name in NAMES}
    assert names == wanted | {f"results/{name}.json" for name in NAMES}
