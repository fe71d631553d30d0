import csv
import io
import json

import pytest

from tests.api.cli.shop import FILES, lines, put, run

COLUMNS = (
    "metric,grain,period_start,period_end,{}"
    "value,unit,numerator,denominator,lower,upper,sample_size,maturity,state"
)


def test_csv_has_the_columns_of_the_contract_and_exact_numbers(computed):
    done = run(computed, "query", "kept_promises", "--grain", "quarter", "--format", "csv")
    assert done.exit_code == 0
    assert done.stderr == "from the store, data as of 2026-04-10 09:00 UTC\n"
    found = lines(done.stdout)
    assert found[0] == COLUMNS.format("")
    assert found[1] == (
        "kept_promises,quarter,2026-01-01,2026-04-01,0.8,ratio,4.0,5.0,"
        "0.3755346270299949,0.9637758917743693,5,1.0,final"
    )
    assert found[2].startswith(
        "kept_promises,quarter,2026-04-01,2026-07-01,0.6666666666666666,ratio,2.0,3.0,"
    )
    assert found[2].endswith(",provisional")
    assert len(found) == 3


def test_a_cut_stands_between_the_period_and_the_value(computed):
    done = run(computed, "query", "revenue", "--by", "channel", "--grain", "quarter", "--format", "csv")
    assert lines(done.stdout)[0] == COLUMNS.format("channel,")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["period_start"], row["channel"], row["value"]) for row in rows] == [
        ("2026-01-01", "phone", "274.5"),
        ("2026-01-01", "web", "175.5"),
        ("2026-04-01", "phone", "20.0"),
        ("2026-04-01", "web", "40.0"),
    ]


def test_the_grain_is_month_by_default_else_the_first(computed):
    done = run(computed, "query", "revenue", "--json")
    assert [(row["grain"], row["period_start"], row["value"]) for row in json.loads(done.stdout)] == [
        ("month", "2026-01-01", 150.0),
        ("month", "2026-02-01", 200.0),
        ("month", "2026-03-01", 100.0),
        ("month", "2026-04-01", 60.0),
    ]
    put(
        computed,
        "metrics/sales/revenue.yml",
        FILES["metrics/sales/revenue.yml"] + "grains: [year, quarter]\n",
    )
    done = run(computed, "query", "revenue", "--json")
    assert [(row["grain"], row["value"]) for row in json.loads(done.stdout)] == [("year", 510.0)]


def test_json_rows_have_the_columns_in_order(computed):
    done = run(computed, "query", "revenue", "--by", "channel", "--from", "2026-04-01", "--format", "json")
    assert json.loads(done.stdout)[0] == {
        "metric": "revenue", "grain": "month", "period_start": "2026-04-01", "period_end": "2026-05-01",
        "channel": "phone", "value": 20.0, "unit": "gbp", "numerator": None, "denominator": None, "lower": None,
        "upper": None, "sample_size": None, "maturity": pytest.approx(226 / 720), "state": "provisional",
    }  # fmt: skip
    assert list(json.loads(done.stdout)[0]) == COLUMNS.format("channel,").split(",")


def test_from_and_to_bound_the_first_day_of_a_period(computed):
    done = run(computed, "query", "revenue", "--from", "2026-02-01", "--to", "2026-04-01", "--json")
    assert [row["period_start"] for row in json.loads(done.stdout)] == ["2026-02-01", "2026-03-01"]


def test_all_has_no_bounds_and_is_computed_live(computed):
    done = run(computed, "query", "revenue", "--grain", "all", "--format", "csv")
    assert done.stderr == "computed live, data as of 2026-04-10 09:00 UTC\n"
    assert lines(done.stdout)[1].startswith("revenue,all,,,510.0,gbp,")


def test_as_of_asks_the_sources_as_they_were(computed):
    done = run(computed, "query", "revenue", "--as-of", "2026-02-01", "--json")
    assert done.stderr == "computed live, data as of 2026-01-20 10:00 UTC\n"
    assert [(row["value"], row["state"]) for row in json.loads(done.stdout)] == [(150.0, "provisional")]


def test_as_known_asks_the_store_alone(computed):
    before = run(computed, "query", "revenue", "--as-known", "2026-04-20")
    assert before.stderr == "from the store, as known before 2026-04-19 23:00 UTC\n"
    assert lines(before.stdout) == ["Revenue (revenue) by month", "There are no values."]
    after = run(computed, "query", "revenue", "--as-known", "2026-04-20T08:00:00", "--json")
    assert len(json.loads(after.stdout)) == 4


def test_the_table_is_for_people(computed):
    done = run(computed, "query", "kept_promises", "--grain", "quarter")
    assert lines(done.stdout) == [
        "Kept promises (kept_promises) by quarter",
        "period_start  period_end  value  numerator  denominator  lower  upper  sample_size  maturity  state",
        "2026-01-01    2026-04-01  80.0%          4            5  37.6%  96.4%            5      100%  final",
        "2026-04-01    2026-07-01  66.7%          2            3  20.8%  93.9%            3       10%  provisional",
    ]
    money = run(computed, "query", "revenue", "--grain", "quarter", "--by", "channel")
    assert lines(money.stdout)[1:4] == [
        "period_start  period_end  channel   value  maturity  state",
        "2026-01-01    2026-04-01  phone      £274      100%  final",
        "2026-01-01    2026-04-01  web        £176      100%  final",
    ]


def test_nothing_is_stored_by_a_query(shop):
    first = run(shop, "query", "revenue", "--format", "csv")
    second = run(shop, "query", "revenue", "--format", "csv")
    assert first.stderr == second.stderr == "computed live, data as of 2026-04-10 09:00 UTC\n"
    assert first.stdout == second.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["revenu"], "no metric is called 'revenu' (did you mean 'revenue'?)\n"),
        (
            ["revenue", "--by", "chanel"],
            "metric 'revenue' has no dimension 'chanel' (did you mean 'channel'?)\n",
        ),
        (
            ["revenue", "--as-known", "2026-04-30", "--grain", "week"],
            "metric 'revenue' has no grain 'week'; it has: month, quarter\n",
        ),
        (
            ["revenue", "--as-known", "2026-04-30", "--as-of", "2026-04-30"],
            "Error: --as-of asks the sources and --as-known the store: give one of them\n",
        ),
        (
            ["revenue", "--from", "2026-04-01", "--to", "2026-04-01"],
            "Error: --to 2026-04-01 must lie after --from 2026-04-01: the end is exclusive\n",
        ),
        (
            ["revenue", "--from", "April"],
            "Error: Invalid value for '--from': 'April' is not a date: write 2026-10-01\n",
        ),
        (
            ["revenue", "--as-of", "today"],
            "Error: Invalid value for '--as-of': 'today' is not a date or an instant: "
            "write 2026-10-01 or 2026-10-01T06:00:00Z\n",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(computed, arguments, message):
    done = run(computed, "query", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(message)


def test_a_source_that_is_away_is_exit_code_3(shop):
    (shop / "data" / "orders.csv").unlink()
    done = run(shop, "query", "revenue")
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == "source 'files': no file matches data/orders.csv\n"
