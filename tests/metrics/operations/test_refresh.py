"""A refresh: a dead source or a bad metric stops nothing else, and nothing is lost, doubled or wrong."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import func, select

from metrics.engine import cardinality as bounds
from metrics.errors import BehindWatermark, StoreLocked, UnknownMetric
from metrics.grain import Grain
from metrics.observation import Observation, State
from metrics.operations.refresh import Refresher, Summary
from metrics.store.refresh_lock import RefreshLock
from metrics.store.store import Store
from metrics.store.tables import observations
from tests.metrics.live import (
    ORDERS,
    REVENUE,
    SOURCES,
    TICKETS,
    Live,
    aggregate,
    at,
    derived,
    month,
    said,
    values,
)
from tests.store_engine import engine_of

FIRST_RUN, SECOND_RUN, THIRD_RUN = at("2026-04-01T06:00"), at("2026-05-01T06:00"), at("2026-05-01T07:00")
READS = {
    "shop": {"revenue", "kept_promises", "contact_rate", "revenue_per_complaint"},
    "desk": {"complaints", "contact_rate", "revenue_per_complaint"},
    "sheets": {"csat"},
}
ALL = set().union(*READS.values())


@pytest.fixture
def live(tmp_path: Path) -> Live:
    project = Live(tmp_path / "p")
    project.fill(90)
    return project


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Observation]]:
    """What a company says at the second run where nothing ever went wrong."""
    twin = Live(tmp_path_factory.mktemp("twin") / "p")
    twin.fill(120)
    twin.clock.now = SECOND_RUN
    with Store.open(twin.url) as store:
        twin.refresh(store)
        return {metric: said(store, metric) for metric in ALL}


@pytest.fixture
def store(live: Live) -> Iterator[Store]:
    with Store.open(live.url) as opened:
        yield opened


def errors(summary: Summary) -> dict[str, str]:
    return {line.metric: str(line.error) for line in summary.lines if line.error is not None}


def written(summary: Summary) -> dict[str, int]:
    return {line.metric: line.written.written for line in summary.lines if line.written}


# -- a dead source ------------------------------------------------------------------------------------

TABLES = {"shop": ("orders", "ordered_at"), "desk": ("tickets", "opened_at")}
Broken = AbstractContextManager[object]


def _missing(live: Live, source: str) -> Broken:
    live.file(source).unlink()
    return nullcontext()


def _folder(live: Live, source: str) -> Broken:
    live.file(source).unlink()
    live.file(source).mkdir()
    return nullcontext()


def _no_database(live: Live, source: str) -> Broken:
    live.file(source).write_bytes(b"this is no database" * 1000)
    return nullcontext()


def _no_table(live: Live, source: str) -> Broken:
    live.sql(source, f"alter table {TABLES[source][0]} rename to something_else")
    return nullcontext()


def _slow(live: Live, source: str) -> Broken:
    table = TABLES[source][0]
    slow = "(select count(*) from range(1000000) a, range(1000000) b where hash(a.range + b.range) % 7 = 3)"
    live.sql(source, f"alter table {table} rename to fast",
             f"create view {table} as select * from fast where {slow} >= 0")  # fmt: skip
    # This source alone is waited for no longer: a busy machine may take its time for the others.
    live.define(
        "sources.yml", SOURCES.replace(f'{source}.duckdb", timeout: 30s', f'{source}.duckdb", timeout: 1s')
    )
    return nullcontext()


def _locked(live: Live, source: str) -> Broken:
    return live.writer(source)


def _header_only(live: Live, source: str) -> Broken:
    live.file(source).write_text("something,else\n1,2\n", encoding="utf-8")
    return nullcontext()


def _unparsable(live: Live, source: str) -> Broken:
    with live.file(source).open("a", encoding="utf-8") as file:
        file.write("999,soon,5,web\r\n")
    return nullcontext()


BREAKAGES: list[tuple[str, Callable[[Live, str], Broken], str]] = [
    *((source, _missing, f"no file data/{source}.duckdb") for source in TABLES),
    *((source, _folder, f"data/{source}.duckdb is a folder: only regular files are read") for source in TABLES),
    *((source, _no_database, r"IO Error: The file .* exists, but it is not a valid DuckDB database file!.*")
      for source in TABLES),
    *((source, _no_table, rf"Catalog Error: Table with name {table} does not exist!.*")
      for source, (table, _) in TABLES.items()),
    *((source, _slow, "no answer within 1 s") for source in TABLES),
    *((source, _locked, r"IO Error: Could not set lock on file .*: Conflicting lock is held in .* \(PID \d+\).*")
      for source in TABLES),
    ("sheets", _missing, "no file matches data/surveys.csv"),
    ("sheets", _folder, "data/surveys.csv is a folder: only regular files are read"),
    ("sheets", _unparsable, r"Invalid Input Error: Could not parse string \"soon\" according to format .*"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "breakage", "says"), BREAKAGES, ids=[f"{s}-{b.__name__[1:]}" for s, b, _ in BREAKAGES]
)
def test_a_dead_source_stops_nothing_else(
    live: Live,
    store: Store,
    undisturbed: dict[str, list[Observation]],
    source: str,
    breakage: Callable[[Live, str], Broken],
    says: str,
) -> None:
    assert errors(live.refresh(store)) == {}
    before = {metric: said(store, metric) for metric in ALL}
    live.clock.now = SECOND_RUN
    live.fill(120)
    with breakage(live, source):
        summary = live.refresh(store)

    # The others are computed on time, and say what an undisturbed company says.
    dead, found = READS[source], errors(summary)
    assert set(found) == dead
    for metric in ALL - dead:
        assert said(store, metric) == undisturbed[metric]
        good = store.last_success(metric)
        assert good is not None
        assert good.finished_at == SECOND_RUN
        assert store.last_run(metric) == good

    # The dead source's metrics keep their last good values and their age, and say in words why.
    for metric in dead:
        assert said(store, metric) == before[metric]
        good, last = store.last_success(metric), store.last_run(metric)
        assert good is not None
        assert last is not None
        assert good.finished_at == FIRST_RUN
        assert (last.outcome, last.finished_at, last.error) == ("failed", SECOND_RUN, found[metric])
        prefix = "metric 'revenue_per_complaint': its input '(revenue|complaints)' failed: "
        start = prefix if metric == "revenue_per_complaint" else ""
        assert re.fullmatch(f"{start}source '{source}': {says}", found[metric], re.DOTALL)
    health = store.source_health()
    assert [name for name, each in health.items() if not each.up] == [source]
    assert (health[source].checked_at, health[source].last_success) == (SECOND_RUN, FIRST_RUN)
    assert re.fullmatch(says, health[source].error or "", re.DOTALL)
    assert {each.last_success for name, each in health.items() if name != source} == {SECOND_RUN}
    refresh = store.last_refresh()
    assert refresh is not None
    assert (refresh.ok, refresh.failed) == (len(ALL - dead), len(dead))


def test_a_source_that_comes_back_catches_up(live: Live, store: Store) -> None:
    live.refresh(store)
    live.file("shop").rename(live.root / "away")
    live.clock.now = SECOND_RUN
    assert set(errors(live.refresh(store))) == READS["shop"]
    live.clock.now = THIRD_RUN
    live.fill(120)
    summary = live.refresh(store)
    assert errors(summary) == {}
    health = store.source_health()["shop"]
    assert (health.up, health.last_success, health.error) == (True, THIRD_RUN, None)
    assert values(store, "revenue")["2026-04-01", ()] == (sum(range(91, 121)), "final")


def test_a_missing_column_fails_what_reads_it_alone(live: Live, store: Store) -> None:
    live.refresh(store)
    live.clock.now = SECOND_RUN
    live.fill(120)
    live.sql("shop", "alter table orders rename amount to amounts")
    missing = "metric 'revenue': dataset 'orders' has no column 'amount' (did you mean 'amounts'?)"
    assert errors(live.refresh(store)) == {
        "revenue": missing,
        "revenue_per_complaint": f"metric 'revenue_per_complaint': its input 'revenue' failed: {missing}",
    }
    assert values(store, "kept_promises")["2026-04-01", ()] == (20 / 30, "final")
    assert ("2026-04-01", ()) in values(store, "revenue")
    assert values(store, "revenue")["2026-04-01", ()] == (0.0, "provisional")
    assert store.source_health()["shop"].up


def test_a_csv_file_without_its_columns(live: Live, store: Store) -> None:
    _header_only(live, "sheets")
    assert errors(live.refresh(store)) == {"csat": "metric 'csat': dataset 'surveys' has no column 'channel'"}


# -- how far data reaches ------------------------------------------------------------------------------

RETURNS = ORDERS.replace("dataset: orders", "dataset: returns").replace("table: orders", "table: returns")


def test_a_dataset_that_stands_still_is_seen_beside_others_that_go_on(live: Live, store: Store) -> None:
    live.define("datasets/returns.yml", RETURNS)
    live.define("metrics/sales/returns_made.yml", aggregate("returns_made", "returns", "count"))
    live.sql("shop", "create table returns as select * from orders")
    live.refresh(store)
    first = {name: health.watermark for name, health in store.dataset_health().items()}
    assert first["orders"] == first["returns"] == at("2026-04-01T05:00")
    live.clock.now = SECOND_RUN
    live.fill(120)
    live.refresh(store)
    health = store.dataset_health()
    assert (health["orders"].source, health["orders"].read_at) == ("shop", SECOND_RUN)
    assert health["orders"].watermark == at("2026-05-01T05:00")
    assert health["returns"].watermark == first["returns"]
    sources = store.source_health()
    assert sources["shop"].watermark == first["returns"]
    assert sources["desk"].watermark == at("2026-05-01T05:00")

    # What one metric reads is no news of the others; a dataset that cannot be read stays as it was.
    live.clock.now = at("2026-05-02T06:00")
    live.sql("shop", "drop table returns")
    live.fill(121)
    live.refresh(store, "revenue", "returns_made")
    health = store.dataset_health()
    assert health["orders"].watermark == at("2026-05-02T05:00")
    assert (health["returns"].watermark, health["returns"].read_at) == (first["returns"], SECOND_RUN)
    assert (health["tickets"].read_at, store.source_health()["shop"].watermark) == (
        SECOND_RUN,
        first["returns"],
    )

    # What is defined no more holds nothing back.
    live.define("datasets/returns.yml", None)
    live.define("metrics/sales/returns_made.yml", None)
    live.refresh(store, "revenue")
    assert store.source_health()["shop"].watermark == at("2026-05-02T05:00")


# -- a bad metric -------------------------------------------------------------------------------------

BAD = aggregate("bad", "orders", "sum(cast(customer as integer))")


def test_a_metric_that_fails_at_run_time_takes_no_shared_scan_down(live: Live, store: Store) -> None:
    live.define("metrics/sales/bad.yml", BAD)
    summary = live.refresh(store)
    assert list(errors(summary)) == ["bad"]
    assert re.match(
        r"source 'shop': Conversion Error: Could not convert string 'c\d' to INT64", errors(summary)["bad"]
    )
    assert values(store, "revenue")["2026-01-01", ()] == (sum(range(1, 32)), "final")
    assert values(store, "kept_promises")["2026-01-01", ()] == (21 / 31, "final")
    assert said(store, "bad") == []


def test_a_metric_that_fails_at_run_time_leaves_its_source_up(live: Live, store: Store) -> None:
    live.define("metrics/sales/bad.yml", BAD)
    live.refresh(store)
    health = store.source_health()["shop"]
    assert (health.up, health.last_success) == (True, FIRST_RUN)


def test_a_bad_metric_alone(live: Live, store: Store) -> None:
    live.only("revenue")
    live.define("metrics/sales/revenue.yml", aggregate("revenue", "orders", "sum(channel)"))
    summary = live.refresh(store)
    assert errors(summary) == {"revenue": "metric 'revenue': a number is wanted here, got text"}
    assert (summary.written, len(summary.failed)) == (0, 1)
    run = store.last_run("revenue")
    assert run is not None
    assert (run.outcome, run.error) == ("failed", errors(summary)["revenue"])
    assert store.last_success("revenue") is None


def test_too_many_series_fail_their_metric_alone(
    live: Live, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.refresh(store)
    before = said(store, "revenue")
    # Month and quarter of the total and two channels.
    monkeypatch.setattr(bounds, "SERIES_LIMIT", 5)
    live.only("revenue", "kept_promises")
    assert errors(live.refresh(store)) == {
        "revenue": "metric 'revenue': 6 series exceed the 5 allowed: cut by fewer dimensions "
        "(channel has 2 values, such as 'phone')"
    }
    assert said(store, "revenue") == before


@pytest.mark.parametrize(
    ("column", "moment"),
    [
        ("ordered_at", "20260-01-05 12:00"),
        ("synced_at", "20260-01-05 12:00"),
        ("ordered_at", "0044-03-15 (BC) 12:00:00"),
        ("ordered_at", "0001-01-01 12:00"),
        ("ordered_at", "-infinity"),
        ("ordered_at", "infinity"),
    ],
)
def test_a_row_of_an_impossible_time_stops_nothing_else(
    live: Live, store: Store, column: str, moment: str
) -> None:
    live.refresh(store)
    good = values(store, "revenue")
    live.clock.now = SECOND_RUN
    live.fill(120)
    live.sql(
        "shop",
        "insert into orders select 999, 5000, 'c1', true, 'web', ordered_at, synced_at from orders where order_id = 3",
        f"update orders set {column} = timestamp '{moment}' where order_id = 999",
    )
    summary = live.refresh(store)
    assert {"complaints", "csat"} <= set(written(summary))
    assert set(errors(summary)) <= READS["shop"]
    if "revenue" in errors(summary):
        assert values(store, "revenue") == good
    else:
        # A row that belongs to no period counts in none; one of January does.
        january = 496.0 + (5000 if column == "synced_at" else 0)
        assert values(store, "revenue")["2026-01-01", ()] == (january, "final")
        assert values(store, "revenue")["2026-02-01", ()] == (1274.0, "final")


def test_a_table_that_is_empty_for_a_moment_ends_nothing(live: Live, store: Store) -> None:
    live.refresh(store)
    before = {metric: said(store, metric) for metric in ALL}
    live.clock.now = at("2026-04-01T07:00")
    live.sql("desk", "delete from tickets")
    reason = "dataset 'tickets' has no rows: until when it is complete is not known"
    assert errors(live.refresh(store)) == {
        "complaints": f"metric 'complaints': {reason}",
        "contact_rate": f"metric 'contact_rate': {reason}",
        "revenue_per_complaint": "metric 'revenue_per_complaint': its input 'complaints' failed: "
        f"metric 'complaints': {reason}",
    }
    assert {metric: said(store, metric) for metric in ALL} == before


def test_a_table_that_says_how_far_it_reaches_may_be_empty(live: Live, store: Store) -> None:
    live.define("datasets/tickets.yml", TICKETS + "complete_through: {lag: 1 hour}\n")
    live.refresh(store)
    live.clock.now = at("2026-04-01T07:00")
    live.sql("desk", "delete from tickets")
    assert errors(live.refresh(store)) == {}
    assert {each.state for each in store.latest("complaints")} == {State.NO_DATA}


def test_a_failed_input_is_named_along_the_whole_way(live: Live, store: Store) -> None:
    live.define("metrics/joint/twice.yml", derived("twice", "2 * revenue_per_complaint"))
    live.file("desk").unlink()
    cause = "source 'desk': no file data/desk.duckdb"
    middle = f"metric 'revenue_per_complaint': its input 'complaints' failed: {cause}"
    found = errors(live.refresh(store, "twice"))
    assert found == {
        "complaints": cause,
        "revenue_per_complaint": middle,
        "twice": f"metric 'twice': its input 'revenue_per_complaint' failed: {middle}",
    }


# -- what is written --------------------------------------------------------------------------------


def counts(store: Store) -> dict[str, int]:
    with engine_of(store).connect() as connection:
        by_run = select(observations.c.run, func.count()).group_by(observations.c.run)
        return {run: count for run, count in connection.execute(by_run)}


def test_unchanged_data_writes_nothing_but_the_run(live: Live, store: Store) -> None:
    first = live.refresh(store)
    total = sum(counts(store).values())
    assert first.written == total
    live.clock.now = at("2026-04-01T09:00")
    second = live.refresh(store)
    assert (second.written, sum(counts(store).values())) == (0, total)
    for metric in ALL:
        run = store.last_run(metric)
        assert run is not None
        assert (run.finished_at, run.outcome) == (at("2026-04-01T09:00"), "ok")


def test_a_late_row_writes_what_it_touches_alone(live: Live, store: Store) -> None:
    live.refresh(store)
    known = set(counts(store))
    live.clock.now = at("2026-04-01T09:00")
    # Of 14 February, arrived with the last rows: the watermark stays.
    live.sql(
        "shop",
        "insert into orders values (91, 1000, 'c1', true, 'web', '2026-02-14 12:00', '2026-04-01 05:00')",
    )
    summary = live.refresh(store)
    assert written(summary) == {
        "revenue": 4, "kept_promises": 2, "contact_rate": 2, "revenue_per_complaint": 2, "complaints": 0, "csat": 0,
    }  # fmt: skip
    with engine_of(store).connect() as connection:
        rows = connection.execute(select(observations).where(observations.c.run.not_in(known))).mappings()
        new = {(row["metric"], str(row["period_start"]), row["dimensions"], row["value"]) for row in rows}
    web = (("channel", "web"),)
    february = 1274.0 + 1000
    assert {each for each in new if each[0] == "revenue"} == {
        ("revenue", "2026-02-01", (), february),
        ("revenue", "2026-02-01", web, 630.0 + 1000),
        ("revenue", "2026-01-01", (), 496.0 + february + 2325),
        ("revenue", "2026-01-01", web, 240.0 + 630 + 1200 + 1000),
    }


def test_a_restated_value_stands_beside_the_one_that_was_said(live: Live, store: Store) -> None:
    live.refresh(store)
    live.clock.now = SECOND_RUN
    live.sql("shop", "update orders set amount = 100 where order_id = 10")
    live.refresh(store)
    versions = store.history("revenue", Grain.MONTH, month("2026-01"))
    assert [(each.value, each.computed_at) for each in versions] == [(496.0, FIRST_RUN), (586.0, SECOND_RUN)]
    key = "2026-01-01", ()
    assert values(store, "revenue")[key] == (586.0, "final")
    assert values(store, "revenue", as_known=at("2026-04-15"))[key] == (496.0, "final")
    # As known at an instant is exclusive.
    assert values(store, "revenue", as_known=SECOND_RUN)[key] == (496.0, "final")
    assert values(store, "revenue", as_known=FIRST_RUN) == {}


def test_a_vanished_segment_gets_one_tombstone(live: Live, store: Store) -> None:
    live.refresh(store)
    live.clock.now = SECOND_RUN
    live.sql("desk", "delete from tickets where channel = 'phone'")
    line = next(each for each in live.refresh(store).lines if each.metric == "complaints")
    assert line.written is not None
    # Four months and two quarters of a channel that is no longer there.
    assert line.written.tombstones == 6
    phone = (("channel", "phone"),)
    assert values(store, "complaints")["2026-01-01", phone] == (None, "no_data")
    assert values(store, "complaints", as_known=at("2026-04-15"))["2026-01-01", phone] == (16.0, "final")
    line = next(each for each in live.refresh(store).lines if each.metric == "complaints")
    assert line.written is not None
    assert (line.written.written, line.written.tombstones) == (0, 0)


def test_a_changed_definition_keeps_the_old_values_in_sight_until_it_succeeds(
    live: Live, store: Store
) -> None:
    live.refresh(store)
    before, old = said(store, "revenue"), store.last_success("revenue")
    live.define("metrics/sales/revenue.yml", REVENUE + "where: kept\n")
    assert said(store, "revenue") == before
    live.file("shop").rename(live.root / "away")
    live.clock.now = SECOND_RUN
    assert "revenue" in errors(live.refresh(store))
    assert said(store, "revenue") == before
    (live.root / "away").rename(live.file("shop"))
    live.clock.now = THIRD_RUN
    assert errors(live.refresh(store)) == {}
    kept = sum(n for n in range(1, 32) if n % 3)
    assert values(store, "revenue")["2026-01-01", ()] == (kept, "final")
    assert values(store, "revenue", as_known=THIRD_RUN)["2026-01-01", ()] == (496.0, "final")
    new = store.last_success("revenue")
    assert old is not None
    assert new is not None
    assert new.definition_hash != old.definition_hash
    for run in (old, new):
        known = store.definitions.find(run.definition_hash)
        assert known is not None
        assert (known.metric, known.first_seen) == ("revenue", run.started_at)


def test_a_label_changes_no_value(live: Live, store: Store) -> None:
    live.refresh(store)
    live.define("metrics/sales/revenue.yml", REVENUE.replace("label: revenue", "label: Turnover"))
    assert live.refresh(store).written == 0


def test_inputs_are_computed_with_what_is_asked_and_keep_their_own_grains(live: Live, store: Store) -> None:
    live.define("metrics/joint/revenue_per_complaint.yml",
                derived("revenue_per_complaint", "revenue / complaints", "grains: [month, week]\n"))  # fmt: skip
    summary = live.refresh(store, "revenue_per_complaint")
    assert {line.metric for line in summary.lines} == {"revenue", "complaints", "revenue_per_complaint"}
    # Weeks are computed for the formula, and not stored for what is never asked by week.
    found = {
        metric: {(row.grain, row.by) for row in store.latest(metric)}
        for metric in ("revenue", "revenue_per_complaint")
    }
    assert found == {
        "revenue": {(grain, cut) for grain in (Grain.MONTH, Grain.QUARTER) for cut in ((), ("channel",))},
        "revenue_per_complaint": {(Grain.MONTH, ()), (Grain.WEEK, ())},
    }


def test_refreshing_a_formula_alone_ends_nothing_of_its_inputs(live: Live, store: Store) -> None:
    live.refresh(store)
    before = said(store, "revenue")
    live.clock.now = at("2026-04-01T09:00")
    summary = live.refresh(store, "revenue_per_complaint")
    assert said(store, "revenue") == before
    assert summary.written == 0


def test_an_unknown_metric_is_refused_before_anything_is_done(live: Live, store: Store) -> None:
    with pytest.raises(UnknownMetric) as refused:
        live.refresh(store, "revenue", "revenu")
    assert str(refused.value) == "no metric is called 'revenu' (did you mean 'revenue'?)"
    assert store.last_run("revenue") is None
    assert store.last_refresh() is None


# -- time goes forward --------------------------------------------------------------------------------


def test_monthly_replays_say_what_was_known_then(live: Live, store: Store) -> None:
    # The 10th of February's row arrives in April.
    live.sql("shop", "update orders set synced_at = '2026-04-10 05:00' where order_id = 41")
    said_then = []
    for day in ("2026-02-02", "2026-03-02", "2026-04-02", "2026-05-02"):
        live.clock.now = at(day)
        live.refresh(store, as_of=at(day))
        said_then.append(values(store, "revenue").get(("2026-02-01", ())))
    # By 1 February, 5 o'clock, one day of February had come: 1 March's refresh lacks the late row, of 41.
    assert said_then == [
        (0.0, "provisional"),
        (1274.0 - 41, "final"),
        (1274.0 - 41, "final"),
        (1274.0, "final"),
    ]
    versions = store.history("revenue", Grain.MONTH, month("2026-02"))
    assert [each.value for each in versions] == [0.0, 1233.0, 1274.0]
    assert [str(each.computed_at.date()) for each in versions] == ["2026-02-02", "2026-03-02", "2026-05-02"]
    assert {str(run.watermark) for run in [store.last_success("revenue")] if run} == {
        "2026-04-10 05:00:00+00:00"
    }


def test_a_refresh_does_not_go_back(live: Live, store: Store) -> None:
    live.refresh(store)
    runs_before = len(counts(store))
    with pytest.raises(BehindWatermark) as refused:
        live.refresh(store, as_of=at("2026-03-01"))
    assert str(refused.value) == (
        "refresh: as of 2026-03-01T00:00:00+00:00 lies before the stored watermark "
        "2026-04-01T05:00:00+00:00; a refresh does not go back"
    )
    assert len(counts(store)) == runs_before
    # At the watermark itself it may stand.
    live.refresh(store, as_of=at("2026-04-01T05:00"))


# -- one refresher at a time --------------------------------------------------------------------------

REFRESH = dedent(
    """
    import sys
    from pathlib import Path
    from metrics.loading.loader import load
    from metrics.operations.refresh import Refresher
    from metrics.store.store import Store
    from datetime import datetime

    root, now = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    catalog = load(root).catalog
    with Store.open(f"sqlite:///{root / '.scorecard' / 'store.db'}") as store:
        print("ready", flush=True)
        def tell(line, done, total):
            print(done, flush=True)
            if len(sys.argv) > 3:
                sys.stdin.read()
        summary = Refresher(catalog, root, store, lambda: now).refresh(progress=tell)
    sys.exit("\\n".join(str(line.error) for line in summary.failed) or None)
    """
)


def refreshing(live: Live, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", REFRESH, str(live.root), live.clock.now.isoformat(), *more]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_second_refresher_is_told_who_is_first(live: Live, store: Store) -> None:
    with refreshing(live, "wait") as first:
        assert first.stdout is not None
        assert [first.stdout.readline() for _ in range(2)] == ["ready\n", "1\n"]
        with pytest.raises(StoreLocked) as refused:
            live.refresh(store)
        assert str(refused.value) == (
            f"another refresh is running (process {first.pid}, since 2026-04-01T06:00:00+00:00)"
        )
        first.communicate()
        assert first.returncode == 0
    summary = live.refresh(store)
    assert (summary.written, errors(summary)) == (0, {})


def _killed(live: Live, after: int, pause: float) -> int:
    """Refresh in another process and kill it a moment after so many metrics are done."""
    with refreshing(live) as process:
        assert process.stdout is not None
        for _ in range(after + 1):
            process.stdout.readline()
        try:
            process.wait(pause)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        return process.wait()


def test_a_lock_file_that_a_kill_left_stops_nobody(live: Live, store: Store) -> None:
    assert _killed(live, 1, 0.0) in (-signal.SIGKILL, 0)
    assert errors(live.refresh(store)) == {}


def test_an_interrupt_frees_the_lock(live: Live, store: Store) -> None:
    catalog = live.catalog

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Refresher(catalog, live.root, store, live.clock).refresh(progress=stop)
    with RefreshLock(live.root / ".scorecard" / "refresh.lock"):
        pass
