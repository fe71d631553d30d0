"""What a person gets of retention from the command line: its components, and its curve."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.api.cli.shop import lines, put, run

PLANS = """\
plan_id,customer,since,until,mrr,channel
1,gone,2025-02-01,2026-02-15,1200,web
2,less,2025-02-01,2026-02-15,5000,web
3,less,2026-02-15,,4200,web
4,more,2025-02-01,2026-02-15,6000,phone
5,more,2026-02-15,,9000,phone
6,same,2025-02-01,,7800,phone
7,new,2026-02-15,,5000,web
8,back,2025-02-01,2025-12-10,100.25,web
9,back,2026-02-20,,90.5,phone
"""
DATASET = """\
dataset: plans
source: files
files: data/plans.csv
key: plan_id
time: since
entities: {customer: customer}
dimensions: {channel: channel}
complete_through: {lag: 0 days}
"""
RETENTION = """\
metric: {name}
label: {name}
owner: sales-lead
direction: {direction}
kind: retention
measure: {measure}
entity: customer
subscription: {{dataset: plans, start: since, end: until, value: mrr}}
dimensions: [channel]
min_sample: 1
{more}"""
USUAL = "metric,grain,period_start,period_end,value,unit,numerator,denominator,lower,upper,sample_size,maturity,state"
MORE = "start,new,expansion,contraction,churn,reactivation,end"
FEBRUARY = ("--from", "2026-02-01", "--to", "2026-03-01")


def define(root: Path, name: str, measure: str, more: str = "") -> None:
    direction = "up" if "curve" in more else "none"
    text = RETENTION.format(name=name, measure=measure, more=more, direction=direction)
    put(root, f"metrics/sales/{name}.yml", text)


@pytest.fixture
def plans(computed: Path) -> Path:
    """Return the shop with subscriptions: of 20,000 a month, 1,200 leave, 800 are cut, 3,000 are added."""
    (computed / "data" / "plans.csv").write_text(PLANS, encoding="utf-8")
    put(computed, "datasets/plans.yml", DATASET)
    for measure in ("logo", "grr", "nrr"):
        define(computed, measure, measure)
    return computed


@pytest.mark.parametrize(
    ("measure", "value", "numerator"), [("grr", "0.9", "18000.0"), ("nrr", "1.05", "21000.0")]
)
def test_the_bridge_of_a_month(plans, measure, value, numerator):
    done = run(plans, "query", measure, "--components", *FEBRUARY, "--format", "csv")
    assert (done.exit_code, done.stderr) == (0, "computed live, data as of 2026-04-20 06:00 UTC\n")
    names, row = csv.reader(io.StringIO(done.stdout))
    assert ",".join(names) == f"{USUAL},{MORE}"
    found = dict(zip(names, row, strict=True))
    assert (found["value"], found["numerator"], found["denominator"]) == (value, numerator, "20000.0")
    assert [found[name] for name in MORE.split(",")] == [
        "20000", "5000", "3000", "800", "1200", "90.5", "26090.5",
    ]  # fmt: skip


def test_a_bridge_over_trailing_months(plans):
    define(plans, "yearly", "nrr", "over: trailing 12 months\n")
    done = run(plans, "query", "yearly", "--components", *FEBRUARY, "--json")
    (row,) = json.loads(done.stdout)
    # The start is that of March a year before, when the one who left and came back was still there.
    assert (row["value"], row["numerator"], row["denominator"]) == (
        pytest.approx(21090.5 / 20100.25), 21090.5, 20100.25,
    )  # fmt: skip
    assert [row[name] for name in MORE.split(",")] == [20100.25, 5000, 3000, 809.75, 1200, 0, 26090.5]


def test_the_components_of_customers_by_segment(plans):
    done = run(plans, "query", "logo", "--components", "--by", "channel", *FEBRUARY, "--json")
    rows = json.loads(done.stdout)
    assert list(rows[0]) == f"{USUAL},{MORE}".replace("period_end", "period_end,channel").split(",")
    found = {row["channel"]: [row["value"], *(row[name] for name in MORE.split(","))] for row in rows}
    # Who came back counts where it came back: by phone.
    assert found == {
        "phone": [1.0, 2, 0, None, None, 0, 1, 3],
        "web": [0.5, 2, 1, None, None, 1, 0, 2],
    }


def test_a_table_leaves_out_what_customers_do_not_have(plans):
    done = run(plans, "query", "logo", "--components", *FEBRUARY)
    assert lines(done.stdout)[:1] == ["logo (logo) by month"]
    assert lines(done.stdout)[1].split()[-6:] == ["state", "start", "new", "churn", "reactivation", "end"]
    assert lines(done.stdout)[2].split()[-6:] == ["final", "4", "1", "1", "1", "5"]


def test_what_came_into_a_segment_without_a_start(plans):
    """Nobody was there at the start of February 2025: all are new, and there is nothing to divide by."""
    done = run(plans, "query", "nrr", "--components", "--from", "2025-02-01", "--to", "2025-03-01", "--by",
               "channel", "--format", "csv")  # fmt: skip
    assert lines(done.stdout)[1:] == [
        "nrr,month,2025-02-01,2025-03-01,phone,,ratio,,,,,,,no_data,0,13800,0,0,0,0,13800",
        "nrr,month,2025-02-01,2025-03-01,web,,ratio,,,,,,,no_data,0,6300.25,0,0,0,0,6300.25",
    ]


def test_the_whole_has_no_start_to_go_on_from(plans):
    done = run(plans, "query", "nrr", "--components", "--grain", "all", "--format", "csv")
    assert lines(done.stdout)[1] == "nrr,all,,,,ratio,0.0,0.0,,,0,1.0,no_data,,,,,,,"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["revenue"], "metric 'revenue' is of kind aggregate, which has no components: only retention has"),
        (["curve"], "metric 'curve' is a curve, which has no components"),
        (["nrr", "--by", "region"], "metric 'nrr' has no dimension 'region'; known: channel"),
    ],
)
def test_what_has_no_components_is_a_question_that_cannot_be_asked(plans, arguments, message):
    define(plans, "curve", "logo", "curve: true\n")
    done = run(plans, "query", *arguments, "--components")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"{message}\n")


def test_the_store_holds_no_components(plans):
    done = run(plans, "query", "nrr", "--components", "--as-known", "2026-04-01")
    assert done.exit_code == 2
    assert done.stderr.endswith("the store holds no components: ask for them without --as-known\n")


# -- the curve --------------------------------------------------------------------------------------


def test_a_curve_is_asked_for_by_age(plans):
    define(plans, "curve", "logo", "curve: true\ngrains: [quarter]\n")
    live = run(plans, "query", "curve", "--by", "age", "--format", "csv")
    found = lines(live.stdout)
    assert found[0] == USUAL.replace("period_end", "period_end,age")
    values = [row.split(",")[2:] for row in found[1:]]
    assert [(row[0], row[2], row[3], row[5], row[6], row[-1]) for row in values] == [
        ("2025-01-01", "00", "1.0", "5.0", "5.0", "final"),
        ("2025-01-01", "01", "1.0", "5.0", "5.0", "final"),
        ("2025-01-01", "02", "1.0", "5.0", "5.0", "final"),
        ("2025-01-01", "03", "1.0", "5.0", "5.0", "final"),
        ("2025-01-01", "04", "0.8", "4.0", "5.0", "final"),
        ("2026-01-01", "00", "1.0", "1.0", "1.0", "final"),
    ]
    # Without its age nothing has a value, so that it need not be said.
    assert run(plans, "query", "curve", "--format", "csv").stdout == live.stdout
    assert run(plans, "refresh").exit_code == 0
    stored = run(plans, "query", "curve", "--by", "channel", "--format", "csv")
    assert stored.stderr == "from the store, data as of 2026-04-20 06:00 UTC\n"
    assert lines(stored.stdout)[0] == USUAL.replace("period_end", "period_end,channel,age")
