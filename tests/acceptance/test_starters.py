"""The starters pass `check --data`, and say what SQL by hand says, over landed tables on both engines."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from api.starter import compose
from metrics.loading.loader import load
from metrics.observation import FLOATS, Observation, State
from metrics.store.store import Store
from tests.acceptance.conftest import DATA
from tests.acceptance.landed import LAYOUT, Landed, into_duckdb, into_postgres, seeds
from tests.acceptance.landed_sql import JOINED_UP, STATEMENTS
from tests.acceptance.landed_world import NOW, World
from tests.api.cli.shop import run
from tests.postgres_server import PostgresServer

SYSTEMS = compose.systems("fivetran")
Values = Mapping[tuple[str, str], Mapping[str, Observation]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landed, Path]:
    """Return the made-up year, and a database file that holds it."""
    landed = World().build()
    path = tmp_path_factory.mktemp("world") / "landed.duckdb"
    into_duckdb(path, landed)
    return landed, path


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landed, Path]:
    """Return the published tiny tables, and a database file that holds them."""
    folder = DATA / "fivetran_seeds"
    if not folder.is_dir():
        pytest.skip("the real data (../shared/data) is not beside this checkout")
    landed = seeds(folder)
    path = tmp_path_factory.mktemp("seeds") / "landed.duckdb"
    into_duckdb(path, landed)
    return landed, path


def _project(folder: Path, *systems: str) -> Path:
    done = run(None, "init", str(folder), "--from", ",".join(systems or SYSTEMS))
    assert done.exit_code == 0, done.stderr
    with (folder / "definitions" / "sources.yml").open("a", encoding="utf-8") as sources:
        # The database stands beside, in a folder of its own.
        sources.write("roots: ../..\n")
    return folder


def _computed(project: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Values:
    """Refresh a project over a warehouse, and return each metric's values by grain and first day."""
    monkeypatch.setenv("WAREHOUSE_URL", url)
    checked = run(project, "check", "--data", "--json", now=NOW)
    found = [line for line in json.loads(checked.stdout) if line["level"] != "advice"]
    assert (checked.exit_code, found) == (0, [])
    refreshed = run(project, "refresh", now=NOW)
    assert refreshed.exit_code == 0, refreshed.output
    loaded = load(project, ("departments", "milestones"))
    assert loaded.catalog is not None
    store = Store.open(f"sqlite:///{project}/.scorecard/store.db")
    try:
        values = {}
        for name, metric in loaded.catalog.metrics.items():
            for grain in metric.grains:
                seen = store.latest(name, grain=grain, by=metric.whole_cut(()))
                values[name, str(grain)] = {str(each.period.start): each for each in seen}
        return values
    finally:
        store.close()


def _said(path: Path, statement: str) -> dict[str, tuple[Any, Any, Any]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.execute(statement).fetchall()
    return {month: (value, numerator, denominator) for month, value, numerator, denominator in rows if month}


def _agree(seen: Mapping[str, Observation], said: Mapping[str, tuple[Any, Any, Any]]) -> int:
    """Hold values to what SQL says of final months, and parts to it always; return how many values agreed."""
    agreed = 0
    for period, each in seen.items():
        value, numerator, denominator = said.get(period, (None, 0, 0))
        if period not in said:
            assert not each.value
        for part, wanted in ((each.numerator, numerator), (each.denominator, denominator)):
            if wanted is not None and (each.denominator or period in said):
                assert part == pytest.approx(float(wanted), rel=1e-9), (period, each)
        if period in said and each.state is not State.PROVISIONAL:
            assert each.value == (None if value is None else pytest.approx(float(value), rel=1e-9)), period
            agreed += each.value is not None
    return agreed


# -- over a made-up year ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project of all systems, which `computed` refreshes."""
    return _project(tmp_path_factory.mktemp("starters") / "new")


@pytest.fixture(scope="module")
def computed(project: Path, world: tuple[Landed, Path]) -> Iterator[tuple[Values, Path]]:
    with pytest.MonkeyPatch.context() as patch:
        yield _computed(project, f"duckdb:///{world[1]}", patch), world[1]


def test_every_metric_has_sql_by_hand(computed: tuple[Values, Path]) -> None:
    assert {name for name, _ in computed[0]} == {*STATEMENTS, "joined_up"}


@pytest.mark.parametrize("metric", sorted(STATEMENTS))
def test_months_equal_sql_by_hand(computed: tuple[Values, Path], metric: str) -> None:
    values, path = computed
    said = _said(path, STATEMENTS[metric])
    # A year, less the months whose windows are open: a test that compares nothing would pass as well.
    assert _agree(values[metric, "month"], said) >= 5
    assert set(said) <= {*values[metric, "month"], "2026-07-01"} | {
        month for month in said if month < min(values[metric, "month"])
    }


def test_quarters_of_customers_whom_all_know_equal_sql_by_hand(computed: tuple[Values, Path]) -> None:
    values, path = computed
    said = _said(path, JOINED_UP)
    assert _agree(values["joined_up", "quarter"], said) >= 3
    assert sum(numerator for _, numerator, _ in said.values()) > 5


def _same(one: Values, other: Values) -> None:
    assert one.keys() == other.keys()
    for key, seen in one.items():
        assert seen.keys() == other[key].keys(), key
        for period, each in seen.items():
            twin = other[key][period]
            assert (each.state, each.sample_size) == (twin.state, twin.sample_size), (key, period)
            for name in FLOATS:
                mine, theirs = getattr(each, name), getattr(twin, name)
                assert mine == (None if theirs is None else pytest.approx(theirs, rel=1e-9)), (key, period)


@pytest.mark.postgres
def test_postgresql_says_the_same(
    computed: tuple[Values, Path], world: tuple[Landed, Path], postgres: PostgresServer, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with postgres.fresh() as server:
        with server.connect() as connection:
            into_postgres(connection, world[0])
        _same(computed[0], _computed(_project(tmp_path / "new"), server.url, monkeypatch))


def test_instants_that_are_landed_without_a_zone_say_the_same(
    computed: tuple[Values, Path], world: tuple[Landed, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = into_duckdb(tmp_path / "naive.duckdb", world[0], naive=True)
    _same(computed[0], _computed(_project(tmp_path / "new"), url, monkeypatch))


@pytest.mark.usefixtures("computed")
def test_the_scorecard_can_be_shown(
    project: Path, world: tuple[Landed, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", f"duckdb:///{world[1]}")
    report = json.loads(run(project, "show", "--json", now=NOW).stdout)
    # Nobody has set a target yet.
    assert report["score"] is None


# -- over the published tiny tables -------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(
    seeded: tuple[Landed, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Values, Path]]:
    with pytest.MonkeyPatch.context() as patch:
        project = _project(tmp_path_factory.mktemp("tiny") / "new")
        yield _computed(project, f"duckdb:///{seeded[1]}", patch), seeded[1]


@pytest.mark.real_data
@pytest.mark.parametrize("metric", sorted(STATEMENTS))
def test_months_of_the_published_tables_equal_sql_by_hand(tiny: tuple[Values, Path], metric: str) -> None:
    values, path = tiny
    _agree(values[metric, "month"], _said(path, STATEMENTS[metric]))


@pytest.mark.real_data
@pytest.mark.postgres
def test_postgresql_says_the_same_of_the_published_tables(
    tiny: tuple[Values, Path], seeded: tuple[Landed, Path], postgres: PostgresServer, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with postgres.fresh() as server:
        with server.connect() as connection:
            into_postgres(connection, seeded[0])
        _same(tiny[0], _computed(_project(tmp_path / "new"), server.url, monkeypatch))


# -- any choice of systems ----------------------------------------------------------------------------


CHOICES = [chosen for size in range(1, len(SYSTEMS) + 1) for chosen in itertools.combinations(SYSTEMS, size)]


@pytest.mark.parametrize("chosen", CHOICES, ids=",".join)
def test_any_choice_of_systems_passes_check(chosen: tuple[str, ...], tmp_path: Path) -> None:
    project = _project(tmp_path / "new", *chosen)
    checked = run(project, "check", "--json")
    assert checked.exit_code == 0
    assert {line["code"] for line in json.loads(checked.stdout)} == {"target-missing"}
    datasets = {path.stem for path in (project / "definitions" / "datasets").iterdir()}
    strangers = set(SYSTEMS) - set(chosen)
    assert not [name for name in datasets if any(name.startswith(f"{each}_") for each in strangers)]


def test_the_page_lists_the_columns_that_are_landed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "starters.md").read_text(encoding="utf-8")
    listed = {
        table: set(re.findall(r"`(\w+)`", columns))
        for table, columns in re.findall(r"^\| `(\w+\.\w+)` \| (.+) \|$", page, re.MULTILINE)
    }
    # When a row was written is landed everywhere, and read in a few tables; labels are never read.
    unread = {"_fivetran_synced", "type_id"}
    assert {table: columns - unread for table, columns in listed.items()} == {
        table: set(columns) - unread for table, columns in LAYOUT.items()
    }
    assert all(columns <= set(LAYOUT[table]) for table, columns in listed.items())
