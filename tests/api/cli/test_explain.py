import json

from metrics.kind import kinds
from tests.api.cli.shop import COSTS, ORDERS, lines, put, run

STAGES = """\
dataset: stages
source: files
files: data/stages.csv
time: entered_at
entities: {lead: lead}
lookups: {orders: {dataset: orders, on: order_id}}
dimensions: {channel: orders.channel}
"""
CONVERSION = """\
metric: lead_to_deal
label: Lead to deal
question: How many leads become a deal?
leads: sales
owner: sales-lead
direction: up
kind: conversion
entity: lead
from: {dataset: stages, where: "stage = 'lead'"}
to: {dataset: stages, where: "stage = 'deal'"}
window: 90 days
dimensions: [channel]
"""
ROWS = """\
lead,stage,entered_at,order_id
1,lead,2026-01-02 09:00:00,1
1,deal,2026-01-05 09:00:00,1
2,lead,2026-01-03 09:00:00,2
"""


def conversion(shop):
    put(shop, "datasets/stages.yml", STAGES)
    put(shop, "metrics/sales/lead_to_deal.yml", CONVERSION)
    (shop / "data" / "stages.csv").write_text(ROWS, encoding="utf-8")
    return shop


def test_a_conversion_with_every_default_spelled_out(shop):
    done = run(conversion(shop), "explain", "lead_to_deal")
    assert (done.exit_code, done.stderr) == (0, "")
    said = lines(done.stdout)
    assert said[:2] == ["Lead to deal (lead_to_deal)", "How many leads become a deal?"]
    start = said.index("How it is computed")
    terms = [line.strip() for line in said[start + 1 : said.index("Who answers for it") - 1]]
    assert [line.split()[0] for line in terms if not line.startswith(("counts", "fewer"))] >= ["entity"]
    text = " ".join(" ".join(terms).split())
    for words in (
        "from stages where stage = 'lead', by entered_at",
        "to stages where stage = 'deal', by entered_at",
        "window 90 days: an entity's time to get there; one whose time is not over yet never counts as a failure",
        "basis cohort (default): follows the entities that enter in a period",
        "period_by entered (default): a cohort bears the period in which it entered",
        "reentry first (default): an entity's first entry starts its clock",
        "skipped recorded (default): only a recorded entry counts",
        "grains month, quarter (default)",
        "min_sample 10 (default)",
    ):
        assert words in text


def test_lineage_says_where_everything_stands(shop):
    done = run(conversion(shop), "explain", "lead_to_deal", "--json")
    said = json.loads(done.stdout)
    assert [
        (each["kind"], each["name"], each["says"], each["file"], each["line"]) for each in said["lineage"]
    ] == [
        ("dataset", "stages", "data/stages.csv in files", "definitions/datasets/stages.yml", 1),
        ("lookup", "stages.orders", "orders on order_id", "definitions/datasets/stages.yml", 1),
        ("dataset", "orders", "data/orders.csv in files", "definitions/datasets/orders.yml", 1),
        ("source", "files", "duckdb", "definitions/sources.yml", 2),
    ]
    assert said["exclusions"] == [
        {"dataset": "orders", "name": "test", "condition": "channel = 'test'", "rows": 1}
    ]
    assert (said["file"], said["line"]) == ("definitions/metrics/sales/lead_to_deal.yml", 1)
    assert said["code_version"] == kinds()["conversion"].code_version
    assert len(said["definition_hash"]) == 16
    assert said["plan"] == [{"source": "files", "statements": len(said["statements"])}]
    assert all(each["sql"].startswith(("SELECT", "WITH")) for each in said["statements"])
    assert said["error"] is None


def test_the_page_ends_with_the_sql_of_each_statement(computed):
    done = run(computed, "explain", "revenue")
    said = lines(done.stdout)
    assert "SQL 1 of 2, on files" in said
    assert "SQL 2 of 2, on files" in said
    assert "  orders.test  channel = 'test'  (1 row)" in said
    assert any("GROUP BY GROUPING SETS" in line for line in said)
    assert "  data as of    2026-04-10 09:00 UTC" in said


def test_rows_after_now_are_counted_and_leave_everything_as_it_is(shop):
    def explained(more):
        (shop / "data" / "orders.csv").write_text(ORDERS + more, encoding="utf-8")
        return json.loads(run(shop, "explain", "revenue", "--json").stdout)

    before = explained("")
    after = explained("10,2206-03-05 10:00:00,web,1.00,,\n11,2206-03-06 10:00:00,web,1.00,,\n")
    assert (before["ahead"], after["watermark"]) == ([], before["watermark"])
    assert after["ahead"] == [{"dataset": "orders", "time": "ordered_at", "rows": 2, "event": True}]
    said = lines(run(shop, "explain", "revenue").stdout)
    assert "  orders       2 rows lie after now (by ordered_at) and count nowhere yet" in said


def test_an_arrival_after_now_says_nothing(shop):
    file = shop / "definitions" / "datasets" / "orders.yml"
    file.write_text(file.read_text(encoding="utf-8") + "loaded_at: delivered_at\n", encoding="utf-8")
    row = "10,2026-04-11 10:00:00,web,1.00,,2206-03-05 10:00:00\n"
    (shop / "data" / "orders.csv").write_text(ORDERS + row, encoding="utf-8")
    said = lines(run(shop, "explain", "revenue").stdout)
    assert "  data as of    2026-04-15 09:00 UTC" in said
    assert (
        "  orders        1 row lies after now (by delivered_at) and does not say until when data is complete"
        in said
    )


def test_as_of_goes_back(computed):
    said = json.loads(run(computed, "explain", "revenue", "--as-of", "2026-02-01", "--json").stdout)
    assert said["as_of"] == "2026-02-01T00:00:00+00:00"
    assert said["watermark"] == "2026-01-20T10:00:00+00:00"


def test_the_derived_names_its_inputs(shop):
    put(shop, "metrics/sales/share.yml", "metric: share\nlabel: Share\nleads: sales\nowner: x\ndirection: none\n"
        "kind: derived\nformula: revenue / kept_promises\n")  # fmt: skip
    said = json.loads(run(shop, "explain", "share", "--json").stdout)
    assert [(each["kind"], each["name"]) for each in said["lineage"]] == [
        ("metric", "revenue"),
        ("metric", "kept_promises"),
        ("dataset", "orders"),
        ("source", "files"),
    ]
    assert {"key": "formula", "value": "revenue / kept_promises", "default": False, "says": None} in said[
        "terms"
    ]


def test_what_fails_is_explained_as_far_as_it_goes(shop):
    put(shop, "metrics/sales/costs.yml", COSTS)
    done = run(shop, "explain", "costs")
    assert done.exit_code == 3
    assert done.stderr == "source 'ledger': no file data/ledger.duckdb\n"
    said = lines(done.stdout)
    assert "  source ledger  duckdb  [definitions/sources.yml:3]" in said
    assert "  failed        source 'ledger': no file data/ledger.duckdb" in said


def test_a_password_in_a_url_is_never_shown(shop):
    put(shop, "sources.yml", 'sources: {files: {url: "duckdb:///:memory:"}, '
        'ledger: {url: "postgresql://reader:hunter2@db.example/ledger"}}\n')  # fmt: skip
    put(shop, "metrics/sales/costs.yml", COSTS)
    for arguments in (["explain", "costs"], ["explain", "costs", "--json"], ["refresh"], ["check", "--data"]):
        assert "hunter2" not in run(shop, *arguments).output


def test_an_unknown_metric_is_refused(shop):
    done = run(shop, "explain", "revenu")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "no metric is called 'revenu' (did you mean 'revenue'?)\n"


def test_rows_of_nobody_are_counted(shop):
    put(
        shop,
        "identities.yml",
        "identities: {customer: {crosswalk: {dataset: ids, system: system, id: id, entity: who}}}\n",
    )
    put(shop, "datasets/ids.yml", "dataset: ids\nsource: files\nfiles: data/ids.csv\n")
    (shop / "data" / "ids.csv").write_text("system,id,who\nshop,web,w\n", encoding="utf-8")
    put(shop, "datasets/calls.yml", "dataset: calls\nsource: files\nfiles: data/orders.csv\nkey: order_id\n"
        "time: ordered_at\nentities: {customer: {id: channel, system: shop}}\n")  # fmt: skip
    put(shop, "metrics/sales/callers.yml", "metric: callers\nlabel: Callers\nleads: sales\nowner: x\n"
        "direction: none\nkind: proportion\ndataset: calls\nper: customer\nshare: count() >= 2\n")  # fmt: skip
    said = json.loads(run(shop, "explain", "callers", "--json").stdout)
    assert said["error"] is None
    assert said["matches"] == [
        {"dataset": "calls", "entity": "customer", "system": "shop", "method": "crosswalk ids by shop", "rows": 9,
         "unmatched": 4, "without_id": 0}
    ]  # fmt: skip
    shown = lines(run(shop, "explain", "callers").stdout)
    assert "Who rows belong to" in shown
    assert "  calls.customer  crosswalk ids by shop  (4 of 9 rows unknown to it, 0 without an id)" in shown
