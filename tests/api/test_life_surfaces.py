"""A proposed and a deprecated definition say so wherever their metric stands, and what is proposed is never scored."""

import json
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.project.project import Project
from grafana.rules.alerts import by_department
from tests.api.cli.shop import FILES, NOW, lines, put, run, write_shop

KEPT, REVENUE = "metrics/service/kept_promises.yml", "metrics/sales/revenue.yml"
ORDERS = "datasets/orders.yml"
DATED = """\
conditions:
  kept:
    - {until: 2026-02-15, where: delivered_at <= promised_at}
    - {from: 2026-02-15, where: "delivered_at < promised_at"}
"""
PROPOSED = "Proposed: not scored until it is approved."
DEPRECATED = "Deprecated, gone on 31 Mar 2027, replaced by Kept promises."


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = write_shop(tmp_path_factory.mktemp("shop"))
    put(folder, ORDERS, FILES[ORDERS] + DATED)
    assert run(folder, "refresh").exit_code == 0
    put(
        folder,
        KEPT,
        FILES[KEPT].replace("share: delivered_at <= promised_at", "share: kept") + "status: proposed\n",
    )
    assert run(folder, "refresh", "--metric", "kept_promises", now=NOW + timedelta(hours=1)).exit_code == 0
    put(
        folder,
        REVENUE,
        FILES[REVENUE] + "status: deprecated\nsunset: 2027-03-31\nreplaced_by: kept_promises\n",
    )
    return folder


@pytest.fixture(scope="module")
def project(root):
    project = Project.open(root)
    yield project
    project.store.close()


@pytest.fixture(scope="module")
def client(project):
    return create_app(project, now=lambda: NOW).test_client()


def test_an_indicator_on_a_proposed_metric_has_a_value_and_no_score(project):
    revenue, kept = project.report("joint", "2026-Q1", NOW).indicators
    assert (kept.scored.value, kept.score, kept.status, kept.effective_weight) == (
        0.8,
        None,
        "unscored",
        None,
    )
    assert (kept.definition_status, kept.life, kept.note) == ("proposed", PROPOSED, PROPOSED)
    assert (revenue.score is not None, revenue.life, revenue.note) == (True, DEPRECATED, DEPRECATED)
    report = project.report("joint", "2026-Q1", NOW)
    # The half of the weight that the proposed one bears counts for nothing, and is not covered.
    assert (report.score, report.coverage) == (pytest.approx(revenue.performance), 0.5)


def test_pages_say_it(client):
    for address in ("/?period=2026-Q1", "/catalogue"):
        page = client.get(address).text
        assert page.count(PROPOSED) == page.count(DEPRECATED) == 1
    assert PROPOSED in client.get("/catalogue/kept_promises").text
    page = client.get("/catalogue/revenue").text
    assert DEPRECATED in page
    assert '<a href="/catalogue/kept_promises">To what replaces it</a>' in page


def test_the_terminal_says_it(root):
    for words in ((), ("--why",)):
        said = " ".join(" ".join(lines(run(root, "show", "--period", "2026-Q1", *words).stdout)).split())
        assert said.count(PROPOSED) == said.count(DEPRECATED) == 1
    asked = run(root, "query", "revenue")
    assert asked.stderr.endswith(f"{DEPRECATED}\n")
    assert DEPRECATED not in asked.stdout
    assert PROPOSED in run(root, "explain", "kept_promises").stdout
    told = json.loads(run(root, "explain", "kept_promises", "--json").stdout)
    assert (told["status"], told["life"]) == ("proposed", PROPOSED)


def test_the_api_says_it(client):
    got = client.get("/api/v1/metrics/revenue").json
    assert [got[key] for key in ("status", "replaced_by", "sunset", "life")] == [
        "deprecated", "kept_promises", "2027-03-31", DEPRECATED,
    ]  # fmt: skip
    perspectives = client.get("/api/v1/scorecards/joint?period=2026-Q1").json["perspectives"]
    (kept,) = perspectives[1]["objectives"][0]["indicators"]
    assert (kept["definition_status"], kept["life"], kept["status"]) == ("proposed", PROPOSED, "unscored")


def test_prometheus_says_it_and_rules_leave_the_proposed_out(client, project):
    found = {
        sample.labels["metric"]: sample.labels["status"]
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        if sample.name == "scorecard_definition_info"
    }
    assert found == {"kept_promises": "proposed", "revenue": "deprecated"}
    groups = by_department(project.catalog, project.board, "", timedelta(hours=2))
    alerts = {rule.alert for group in groups.values() for rule in group.rules}
    assert alerts == {"RedFlagRevenue", "RefreshFailing", "DefinitionNotRefreshed", "StatusMovedByDefinition"}


def test_the_day_on_which_a_condition_turns_is_told_and_marked(client, root):
    told = client.get("/api/v1/metrics/kept_promises").json["turns"]
    assert told == [{"day": "2026-02-15", "dataset": "orders", "condition": "kept"}]
    page = client.get("/catalogue/kept_promises?grain=month").text
    assert page.count(">counted otherwise from 15 Feb 2026</text>") == 2
    said = (
        "From 15 Feb 2026 on kept of orders asks something else: what happened before is counted as it was."
    )
    assert said in page
    assert "otherwise" not in client.get("/catalogue/revenue?grain=month").text
    explained = " ".join(run(root, "explain", "kept_promises").stdout.split())
    assert (
        "condition orders.kept until 15 Feb 2026: delivered_at <= promised_at; "
        "from 15 Feb 2026: delivered_at < promised_at" in explained
    )
