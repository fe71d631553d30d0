"""What a change does to values is what two refreshes say, and who leaves is what the source's rows say."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from metrics.catalog.catalog import Catalog
from metrics.catalog.dataset import SourceDefinition
from metrics.expressions.parser import parse
from metrics.grain import Grain
from metrics.operations.impact import Comparison, Impact, Pair
from metrics.operations.members import Change, Counted
from metrics.operations.refresh import Refresher
from metrics.store.store import Store
from tests.metrics.kinds.conftest import golden_duckdb, golden_postgres  # noqa: F401
from tests.metrics.kinds.golden import NOW, PROJECT

ENGINES = ["golden_duckdb", pytest.param("golden_postgres", marks=pytest.mark.postgres)]
# Metrics that are counted, divided, followed, drawn, compared and made of others.
FOLLOWED = ("conversion", "conversion_implied", "proportion", "proportion_to_date", "retention_to_date", "win_back",
            "win_back_excluded")  # fmt: skip
NAMES = (*FOLLOWED, "aggregate", "derived", "difference", "duration", "ratio", "retention")


@pytest.fixture(scope="module", params=ENGINES)
def base(request: pytest.FixtureRequest) -> Catalog:
    return request.getfixturevalue(request.param)


def narrowed(base: Catalog) -> Catalog:
    """Return a catalog in which every dataset of events leaves one channel out."""
    where = parse("channel <> 'organic'")
    kept = {
        name: replace(each, where=where)
        for name, each in base.datasets.items()
        if {"channel"} & set(each.dimensions) and each.where is None
    }
    return replace(base, datasets={**base.datasets, **kept})


@pytest.fixture(scope="module")
def impacts(base: Catalog) -> dict[str, Impact]:
    with Comparison(base, narrowed(base), PROJECT, NOW) as both:
        return {each.pair.name: each for each in both.impacts(Pair(name, name) for name in NAMES)}


def refreshed(catalog: Catalog, folder: Path) -> dict[tuple[object, ...], dict[str, object]]:
    """Return what a store holds after a refresh of its own, in a folder of links to the project's rows."""
    catalog = replace(catalog, roots=(str(PROJECT),))
    with Store.open(f"sqlite:///{folder / 'store.db'}") as store:
        summary = Refresher(catalog, folder, store, lambda: NOW).refresh(NAMES)
        assert [str(line.error) for line in summary.failed] == []
        return {
            (name, seen.period, seen.dimensions): {"state": seen.state, **seen.figures()}
            for name in NAMES
            for grain in catalog.metrics[name].grains
            for cut in catalog.metrics[name].cut_sets
            for seen in store.latest(name, grain=grain, by=tuple(sorted(cut)))
        }


def test_both_sides_are_what_two_refreshes_store(
    base: Catalog, impacts: dict[str, Impact], tmp_path: Path
) -> None:
    assert {name: str(each.error) for name, each in impacts.items() if each.error} == {}
    for side, catalog in (("before", base), ("after", narrowed(base))):
        folder = tmp_path / side
        folder.mkdir()
        (folder / "data").symlink_to(PROJECT / "data")
        found = {
            (name, line.period, line.dimensions): {"state": seen.state, **seen.figures()}
            for name, each in impacts.items()
            for line in each.lines
            if (seen := getattr(line, side)) is not None
        }
        stored = refreshed(catalog, folder)
        assert found.keys() == stored.keys()
        assert found == stored
    assert sum(len(each.moved) for each in impacts.values()) > 100


def test_who_is_counted_adds_up_to_the_figures_on_both_sides(impacts: dict[str, Impact]) -> None:
    compared = set()
    for name, each in impacts.items():
        if each.turnover is None or each.turnover.outcome is None:
            continue
        for line in each.totals(each.turnover.grain):
            change = each.turnover.changes.get(line.period.start or date.min)
            for counted, seen in ((change.before, line.before), (change.after, line.after)) if change else ():
                if seen is not None and seen.denominator is not None:
                    assert (counted.all, counted.counted) == (seen.denominator, seen.numerator), (name, line)
            if change is not None:
                compared.add(name)
                before, after, leaving, entering = (
                    change.before,
                    change.after,
                    change.leaving,
                    change.entering,
                )
                assert after.all == before.all - leaving.all + entering.all
                stayed = before.counted - leaving.counted - change.lost
                assert after.counted == stayed + entering.counted + change.gained
    assert compared == set(FOLLOWED)


def test_who_leaves_is_counted_by_the_source(impacts: dict[str, Impact]) -> None:
    found = impacts["conversion"].turnover
    assert found is not None
    assert (found.grain, found.noun, found.outcome) == (Grain.QUARTER, "lead", "converted")
    # Of a, b, c, e and f, c came by itself and did not convert.
    assert found.changes[date(2024, 1, 1)] == Change(Counted(5, 2), Counted(4, 2), leaving=Counted(1, 0))


def test_what_fails_on_one_side_is_said_and_stops_no_other(golden_duckdb: Catalog) -> None:  # noqa: F811
    moved = replace(golden_duckdb.datasets["events"], source="elsewhere")
    known = {
        **golden_duckdb.sources,
        "elsewhere": SourceDefinition("elsewhere", "postgresql://other/secrets"),
    }
    head = replace(golden_duckdb, sources=known, datasets={**golden_duckdb.datasets, "events": moved})
    with Comparison(golden_duckdb, head, PROJECT, NOW) as both:
        lost, kept = both.impacts([Pair("conversion", "conversion"), Pair("win_back", "win_back")])
    assert (lost.failed, str(lost.error)) == (
        "head",
        "source 'elsewhere': no such source is known to what the definitions are compared with",
    )
    assert kept.error is None
    assert [line for line in kept.lines if line.moved] == []


def test_two_definitions_of_one_name_may_read_different_files(
    golden_duckdb: Catalog,  # noqa: F811
    tmp_path: Path,
) -> None:
    shutil.copytree(PROJECT / "data", tmp_path / "data")
    lines = (PROJECT / "data" / "events.csv").read_text().splitlines(keepends=True)
    (tmp_path / "data" / "fewer.csv").write_text("".join(lines[:5]))
    other = replace(golden_duckdb.datasets["events"], files=("data/fewer.csv",))
    head = replace(golden_duckdb, datasets={**golden_duckdb.datasets, "events": other})
    with Comparison(golden_duckdb, head, tmp_path, NOW) as both:
        [found] = both.impacts([Pair("conversion", "conversion")])
    assert found.turnover is not None
    assert found.turnover.changes[date(2024, 1, 1)] == Change(
        Counted(5, 2), Counted(2, 1), leaving=Counted(3, 1)
    )


def test_what_is_new_and_what_is_gone_have_one_side(golden_duckdb: Catalog) -> None:  # noqa: F811
    with Comparison(golden_duckdb, golden_duckdb, PROJECT, NOW) as both:
        new, gone = both.impacts([Pair(None, "conversion"), Pair("win_back", None)])
    assert {line.before for line in new.lines} == {None}
    assert {line.after for line in gone.lines} == {None}
    assert len(new.moved) == len(new.lines) > 0
    assert (new.turnover, gone.turnover) == (None, None)
