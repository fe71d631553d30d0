import json
from datetime import timedelta

import duckdb

from metrics.store.refresh_lock import RefreshLock
from tests.api.cli.shop import COSTS, NOW, lines, put, run


def test_what_is_new_is_said_for_each_metric(shop):
    done = run(shop, "refresh")
    assert done.exit_code == 0
    new = f"the store {shop / '.scorecard' / 'store.db'} is new"
    assert lines(done.stderr) == ["revenue: 17 new", "kept_promises: 6 new", new]
    assert lines(done.stdout) == [
        "2 metrics refreshed: 23 new values of 2 metrics, 0 unchanged. Data as of 2026-04-10 09:00 UTC."
    ]


def test_a_second_refresh_changes_nothing(computed):
    done = run(computed, "refresh", "--full")
    assert done.exit_code == 0
    assert lines(done.stderr) == ["revenue: unchanged", "kept_promises: unchanged"]
    assert lines(done.stdout) == ["2 metrics refreshed: nothing changed. Data as of 2026-04-10 09:00 UTC."]


def test_one_metric_alone(shop):
    done = run(shop, "refresh", "--metric", "kept_promises")
    assert lines(done.stderr)[0] == "kept_promises: 6 new"
    assert lines(done.stdout) == [
        "1 metric refreshed: 6 new values of 1 metric, 0 unchanged. Data as of 2026-04-10 09:00 UTC."
    ]


def test_an_unknown_metric_is_refused_with_the_nearest(shop):
    done = run(shop, "refresh", "--metric", "revenu")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "no metric is called 'revenu' (did you mean 'revenue'?)\n"


def test_a_source_that_is_away_stops_nothing_else(shop):
    put(shop, "metrics/sales/costs.yml", COSTS)
    done = run(shop, "refresh")
    assert done.exit_code == 3
    reason = "source 'ledger': no file data/ledger.duckdb"
    assert lines(done.stderr)[:3] == [f"costs: failed: {reason}", "revenue: 17 new", "kept_promises: 6 new"]
    assert lines(done.stdout) == [
        "2 metrics refreshed: 23 new values of 2 metrics, 0 unchanged. Data as of 2026-04-10 09:00 UTC.",
        "1 metric failed:",
        f"  costs: it has no value yet ({reason})",
    ]


def test_what_failed_keeps_its_last_good_value_and_says_how_old_it_is(shop):
    put(shop, "metrics/sales/costs.yml", COSTS)
    ledger = shop / "data" / "ledger.duckdb"
    with duckdb.connect(str(ledger)) as connection:
        connection.execute("CREATE TABLE costs AS SELECT DATE '2026-03-01' AS day")
    assert run(shop, "refresh").exit_code == 0
    ledger.unlink()
    done = run(shop, "refresh", now=NOW + timedelta(days=3, hours=2))
    assert done.exit_code == 3
    assert lines(done.stdout)[1:] == [
        "1 metric failed:",
        "  costs: its last good values stand, computed 3 days ago from data as of 2026-03-02 00:00 UTC "
        "(source 'ledger': no file data/ledger.duckdb)",
    ]


def test_as_json(shop):
    put(shop, "metrics/sales/costs.yml", COSTS)
    done = run(shop, "refresh", "--json")
    assert done.exit_code == 3
    said = json.loads(done.stdout)
    for line in said["metrics"]:
        assert line.pop("seconds") >= 0
    now = "2026-04-20T06:00:00+00:00"
    good = {"outcome": "ok", "unchanged": 0, "gone": 0, "error": None, "last_success": now}
    assert said == {
        "started_at": now,
        "finished_at": now,
        "watermark": "2026-04-10T09:00:00+00:00",
        "failed": 1,
        "metrics": [
            {
                "metric": "costs", "outcome": "failed", "written": None, "unchanged": None, "gone": None,
                "error": "source 'ledger': no file data/ledger.duckdb", "last_success": None,
            },
            {"metric": "revenue", "written": 17, **good},
            {"metric": "kept_promises", "written": 6, **good},
        ],
    }  # fmt: skip


def test_as_of_a_date_is_its_midnight_in_the_companys_time_zone(shop):
    # 30 March 10:00 in London is 09:00 UTC: summer time began on the day before.
    before = run(shop, "refresh", "--as-of", "2026-03-30")
    assert lines(before.stdout)[0].endswith("Data as of 2026-03-02 10:00 UTC.")
    later = run(shop, "refresh", "--as-of", "2026-03-30T09:30:00Z")
    assert lines(later.stdout)[0].endswith("Data as of 2026-03-30 09:00 UTC.")


def test_a_refresh_does_not_go_back(computed):
    done = run(computed, "refresh", "--as-of", "2026-03-01")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "refresh: as of 2026-03-01T00:00:00+00:00 lies before the stored watermark "
        "2026-04-10T09:00:00+00:00; a refresh does not go back\n"
    )


def test_one_refresher_at_a_time(computed):
    with RefreshLock(computed / ".scorecard" / "refresh.lock"):
        done = run(computed, "refresh")
    assert done.exit_code == 3
    assert done.stderr.startswith("another refresh is running (process ")


def test_invalid_definitions_are_refused_with_every_finding(shop):
    put(shop, "metrics/sales/costs.yml", COSTS.replace("count", "sum(") + "colour: red\n")
    done = run(shop, "refresh")
    assert (done.exit_code, done.stdout) == (2, "")
    said = lines(done.stderr)
    assert [line.split(" ")[0] for line in said[:-1]] == [
        "definitions/metrics/sales/costs.yml:8:13",
        "definitions/metrics/sales/costs.yml:9:1",
    ]
    assert said[-1] == "the definitions are invalid: 2 findings"
    assert not (shop / ".scorecard").exists()


def test_what_is_no_store_is_not_written_to(shop):
    file = shop / ".scorecard" / "store.db"
    file.parent.mkdir(exist_ok=True)
    file.touch()
    done = run(shop, "refresh")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"the store {file} is an empty file: nothing is made in its place; restore a backup "
        "(scorecard restore FILE), or move store.db away to begin with a new store\n"
    )
    file.unlink()
    done = run(shop, "refresh")
    assert (done.exit_code, lines(done.stderr)[-1]) == (0, f"the store {file} is new")
