import json

import pytest

from scorecard.formatting import format_change, format_span
from scorecard.phrasing import verdict_words
from scorecard.report import to_dict
from tests.api.cli.shop import FILES, NOW, lines, put, run
from tests.api.northwind import NOW as LATER


def test_the_whole_page_at_a_hundred_columns(computed):
    done = run(computed, "show")
    assert (done.exit_code, done.stderr) == (0, "")
    assert lines(done.stdout) == [
        "Corner Shop                                                                 Joint scorecard, 2026-Q1",
        "One promise",
        "─" * 100,
        "◎ On target, could be watch  66 of 100, probably between 41 and 80         100% of the weight scored",
        "leading –, lagging 83",
        "Data to 10 Apr 2026, computed 2026-04-20 06:00 UTC",
        "",
        "FINANCIAL  weight 50%                                                                83  ● On target",
        "                                                 value  95% interval  period    goal  status",
        "  Customers order more                                                               83  ● On target",
        "    Revenue                                       £450                2026-Q1   £400  ● On target",
        "      Sales leads, with Customer service · owner sales-lead",
        "",
        "CUSTOMER  weight 50%                                   50 (0–77)  △ Watch, could be on target or red",
        "                                                 value  95% interval  period    goal  status",
        "  We keep our word                                     50 (0–77)  △ Watch, could be on target or red",
        "    Kept promises                                80.0%    37.6–96.4%  2026-Q1  90.0%  △ Watch",
        "      could be on target or red · Customer service leads",
    ]


def test_eighty_columns_lose_nothing_but_the_intervals_own_column(computed, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = run(computed, "show")
    said = lines(done.stdout)
    assert max(len(line) for line in said) == 80
    assert "    Kept promises                          80.0%  2026-Q1  90.0%  △ Watch" in said
    assert "      could be on target or red · 95% 37.6–96.4% · Customer service leads" in said


@pytest.mark.parametrize(("columns", "width"), [("60", 80), ("90", 90), ("200", 100)])
def test_a_page_is_80_to_100_columns_wide(computed, monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert max(len(line) for line in lines(run(computed, "show").stdout)) == width


def test_why_says_what_stands_behind_each_indicator(computed):
    done = run(computed, "show", "--why")
    said = lines(done.stdout)
    start = said.index(
        "    Kept promises                                80.0%    37.6–96.4%  2026-Q1  90.0%  △ Watch"
    )
    assert said[start + 1 :] == [
        "      Kept promises was 80.0% in 2026-Q1: 4 of 5.",
        "      Sample 5, 95% interval 37.6–96.4%.",
        "      For 2026-Q1 the goal is 90.0% and the red flag 70.0% (higher is better).",
        "      △ Watch, could be on target or red: 50 of 100 on the scale.",
        "      Data to 10 Apr 2026.",
        "      Customer service leads",
    ]


def test_json_is_the_report_that_the_api_gives(northwind):
    done = run(northwind.root, "show", "joint", "--period", "2026-Q3", "--json", now=LATER)
    assert done.exit_code == 0
    assert json.loads(done.stdout) == json.loads(
        json.dumps(to_dict(northwind.report("joint", "2026-Q3", LATER)))
    )


def test_every_status_of_the_report_is_shown(northwind):
    done = run(northwind.root, "show", "joint", "--period", "2026-Q3", now=LATER)
    for words in ("● On target", "▲ Watch", "◆ Red flag", "◐ Provisional", "◌ Small sample", "■ Suppressed"):
        assert words in done.stdout
    assert "the last refresh failed: source 'helpdesk': refused" in done.stdout
    assert max(len(line) for line in lines(done.stdout)) == 100


def test_the_open_period_is_shown_beside_the_last_final_one(computed):
    said = lines(run(computed, "show", "--period", "2026-Q2").stdout)
    so_far = (
        "      2026-Q2 so far £60.00, final on 1 Jul 2026, 10% mature · Sales leads, with Customer service"
    )
    assert [line for line in said if line.startswith(so_far)]


def test_one_stale_indicator_is_named_and_all_are_said_at_once(computed):
    stale = "      old: data end on 10 Apr"
    every = "Every figure is old: its data end earlier than they should"
    assert stale not in lines(run(computed, "show").stdout)
    put(computed, "datasets/orders.yml", FILES["datasets/orders.yml"] + "freshness: {warn: 2 days}\n")
    both = lines(run(computed, "show").stdout)
    assert every in both
    assert stale not in both
    put(computed, "datasets/orders.yml", FILES["datasets/orders.yml"])
    put(computed, "datasets/copy.yml", FILES["datasets/orders.yml"].replace("dataset: orders", "dataset: copy")
        + "freshness: {warn: 2 days}\n")  # fmt: skip
    put(
        computed,
        "metrics/sales/revenue.yml",
        FILES["metrics/sales/revenue.yml"].replace("dataset: orders", "dataset: copy"),
    )
    run(computed, "refresh")
    one = lines(run(computed, "show").stdout)
    assert one.count(stale) == 1
    assert every not in one


def test_before_the_first_refresh_there_is_nothing_to_score(shop):
    done = run(shop, "show")
    assert done.exit_code == 0
    assert "○ No data  – of 100" in done.stdout
    assert "Data to unknown, computed unknown" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["jount"], "no scorecard is called 'jount' (did you mean 'joint'?)\n"),
        (
            ["--period", "2026-13"],
            "'2026-13' is not a period: write 2026-03-01, 2026-W07, 2026-03, 2026-Q3, 2026, FY2026-Q3, FY2026 or all\n",
        ),
        (
            ["--period", "2026-03"],
            "scorecard 'joint' is kept by quarter; '2026-03' is a month: write 2026-Q1, for example\n",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(computed, arguments, message):
    done = run(computed, "show", *arguments, now=NOW)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", message)


def test_every_change_stands_with_its_interval_and_what_can_be_said(northwind, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    said = [line.strip() for line in lines(run(northwind.root, "show", now=LATER).stdout)]
    report = northwind.report("joint", None, LATER)
    changes = [
        (one, change) for one in report.indicators for change in (one.change, one.year_on_year) if change
    ]
    assert {change.lower is None for _, change in changes} == {True, False}
    for one, change in changes:
        span = format_span(change.lower, change.upper, one.unit, "GBP")
        shown = format_change(change.difference, one.unit, "GBP") + ("" if span == "–" else f" ({span})")
        assert f"{shown} since {change.previous_name}, {verdict_words(change)}" in said


def test_a_full_disk_is_named(computed):
    (computed / ".scorecard" / "store.full").touch()
    done = run(computed, "show", "--json")
    assert (
        done.stderr == "the last refresh could not write all that it found: the disk of the store is full\n"
    )
    assert json.loads(done.stdout)["scorecard"]
    assert run(computed, "refresh").exit_code == 0
    assert run(computed, "show").stderr == ""
