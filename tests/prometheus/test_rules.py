"""Prometheus' own tools and servers take the generated rules: checked, unit-tested, fired, delivered."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from ruamel.yaml import YAML

from api.app import create_app
from grafana.build import build as build_files
from grafana.rules.rule import yaml
from metrics.catalog.dataset import Dataset, UnionPart
from metrics.catalog.metric import Direction
from tests.api.northwind import NOW
from tests.grafana import company as example
from tests.grafana.reading import choices, dashboards, filled, targets
from tests.prometheus.servers import DEADLINE, free_port, need, prometheus, serving

pytestmark = pytest.mark.prometheus

URL = "https://scorecard.example.com"


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    project = example.build(tmp_path_factory.mktemp("company"))
    yield project
    project.store.close()


@pytest.fixture(scope="module")
def files(company):
    return build_files(company.catalog, company.board, url=URL, on=NOW, refresh_every=timedelta(minutes=10))


@pytest.fixture(scope="module")
def folder(files, tmp_path_factory):
    root = tmp_path_factory.mktemp("build")
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def run(*command):
    return subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, timeout=DEADLINE, check=False
    )


def test_promtool_takes_every_rules_file(folder):
    found = sorted((folder / "rules").iterdir())
    assert [path.name for path in found] == ["department-marketing.yml", "department-sales.yml",
                                             "department-service.yml", "department-unassigned.yml", "health.yml",
                                             "recording.yml"]  # fmt: skip
    done = run(need("promtool"), "check", "rules", *found)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout
    assert "lint" not in done.stdout + done.stderr


def test_promtool_parses_every_expression_of_the_dashboards(files, tmp_path):
    rules = []
    for dashboard in dashboards(files).values():
        values = choices(dashboard)
        for _, target in targets(dashboard):
            rules += [{"record": f"a:b:{len(rules) + n}", "expr": text}
                      for n, text in enumerate(filled(target["expr"], values))]  # fmt: skip
    path = tmp_path / "expressions.yml"
    path.write_text(yaml({"groups": [{"name": "expressions", "rules": rules}]}))
    done = run(need("promtool"), "check", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(rules)} rules found" in done.stdout


def test_an_expression_that_cannot_be_parsed_would_be_found(tmp_path):
    path = tmp_path / "wrong.yml"
    path.write_text(yaml({"groups": [{"name": "a", "rules": [{"record": "a:b:c", "expr": "max by (("}]}]}))
    assert run(need("promtool"), "check", "rules", path).returncode != 0


# -- unit tests ------------------------------------------------------------------------------------

RATE = 'kpi_lead_to_opportunity_ratio{part}{{grain="quarter"{more}}}'
FLAG = 'scorecard_target{{metric="{metric}",grain="quarter",kind="{kind}"{more}}}'
RED = "RedFlagLeadToOpportunity"
RED_ALERT = {
    "exp_labels": {"department": "sales", "metric": "lead_to_opportunity", "severity": "warning", "grain": "quarter"},
    "exp_annotations": {
        "summary": "Lead to opportunity has crossed its red flag",
        "description": "Lead to opportunity of the latest final quarter is 15%, and its whole interval lies behind "
        "the red flag.",
        "runbook_url": f"{URL}/catalogue/lead_to_opportunity",
    },
}  # fmt: skip


def lead(value, upper, size=1200, *, provisional=""):
    """Return the series of a conversion, and its red flag of 18%."""
    return {
        RATE.format(part=provisional, more=""): value,
        RATE.format(part=f"{provisional}_upper", more=""): upper,
        RATE.format(part=f"{provisional}_sample_size", more=""): size,
        FLAG.format(metric="lead_to_opportunity", kind="red_flag", more=""): 0.18,
    }


def constant(series, minutes=180):
    return [{"series": name, "values": value if isinstance(value, str) else f"{value}x{minutes}"}
            for name, value in series.items()]  # fmt: skip


def promtool_test(folder, tmp_path, name, series, *checks, interval="1m"):
    """Hold alerts (at, alert name, what fires) against the rules of a file."""
    tests = [{
        "interval": interval,
        "input_series": constant(series),
        "alert_rule_test": [
            {"eval_time": at, "alertname": alert, **({"exp_alerts": fires} if fires else {})}
            for at, alert, fires in checks
        ],
    }]  # fmt: skip
    path = tmp_path / "test.yml"
    content = {
        "rule_files": [str(folder / "rules" / f"{name}.yml")],
        "evaluation_interval": "1m",
        "tests": tests,
    }
    path.write_text(yaml(content))
    done = run(need("promtool"), "test", "rules", path)
    return done.returncode == 0, done.stdout + done.stderr


def held(*args, **more):
    passed, said = promtool_test(*args, **more)
    assert passed, said


def test_a_final_value_whose_interval_lies_behind_the_red_flag_fires_after_two_refreshes(folder, tmp_path):
    held(folder, tmp_path, "department-sales", lead(0.15, 0.17), ("19m", RED, []), ("20m", RED, [RED_ALERT]))


def test_a_wrong_expectation_would_be_found(folder, tmp_path):
    passed, said = promtool_test(folder, tmp_path, "department-sales", lead(0.15, 0.17), ("20m", RED, []))
    assert not passed
    assert RED in said


@pytest.mark.parametrize(
    "series",
    [
        lead(0.15, 0.19),
        lead(0.15, 0.17, size=9),
        lead(0.15, 0.17, provisional="_provisional"),
        lead(0.18, 0.18),
        lead(0.15, 0.17) | {FLAG.format(metric="lead_to_opportunity", kind="red_flag", more=""): 0.16},
        lead(0.15, 0.17) | {FLAG.format(metric="lead_to_opportunity", kind="red_flag", more=""): "_x180"},
    ],
    ids=["interval over the flag", "small sample", "provisional", "on the flag", "lower flag", "no target"],
)
def test_what_does_not_fire(folder, tmp_path, series):
    held(folder, tmp_path, "department-sales", series, ("60m", RED, []), ("170m", RED, []))


def test_it_resolves_once_the_value_is_better(folder, tmp_path):
    better = lead("0.15x60 0.21x100", "0.17x60 0.23x100")
    held(folder, tmp_path, "department-sales", better, ("50m", RED, [RED_ALERT]), ("70m", RED, []))


def test_a_metric_without_an_interval_is_judged_by_its_value(folder, tmp_path):
    series = {
        'kpi_revenue_gbp{grain="quarter"}': "300000x60 360000x100",
        'kpi_revenue_gbp_sample_size{grain="quarter"}': 900,
        FLAG.format(metric="revenue", kind="red_flag", more=""): 350000,
    }
    fires = {
        "exp_labels": {"department": "sales", "metric": "revenue", "severity": "warning", "grain": "quarter"},
        "exp_annotations": {
            "summary": "Revenue has crossed its red flag",
            "description": "Revenue of the latest final quarter is 300k GBP, and it lies behind the red flag.",
            "runbook_url": f"{URL}/catalogue/revenue",
        },
    }  # fmt: skip
    held(
        folder,
        tmp_path,
        "department-sales",
        series,
        ("30m", "RedFlagRevenue", [fires]),
        ("90m", "RedFlagRevenue", []),
    )


@pytest.mark.parametrize(
    ("value", "lower", "upper", "fires"),
    [(0.05, 0.03, 0.07, True), (0.05, 0.03, 0.11, False), (0.3, 0.2, 0.4, False), (0.6, 0.55, 0.65, True),
     (0.55, 0.45, 0.65, False)],
)  # fmt: skip
def test_a_band_has_two_red_flags(folder, tmp_path, value, lower, upper, fires):
    name = "kpi_balanced_load_ratio"
    series = {
        f'{name}{{grain="quarter"}}': value, f'{name}_lower{{grain="quarter"}}': lower,
        f'{name}_upper{{grain="quarter"}}': upper, f'{name}_sample_size{{grain="quarter"}}': 500,
        FLAG.format(metric="balanced_load", kind="red_flag_lower", more=""): 0.1,
        FLAG.format(metric="balanced_load", kind="red_flag_upper", more=""): 0.5,
    }  # fmt: skip
    passed, said = promtool_test(folder, tmp_path, "department-marketing", series,
                                 ("60m", "RedFlagBalancedLoad", []))  # fmt: skip
    assert passed is not fires, said


def guarded(
    before, after, guard_lower, metric="lead_to_opportunity", guard="over_promise_share", within=None
):
    """Return half a year of history, a sample a day: the metric's last quarters, and its counter-metric.

    `within` is how far the limits of the metric's intervals lie from its values.
    """
    past = ',vintage="current"'
    limits = {
        f'kpi_{metric}_ratio_{bound}{{grain="quarter"{past}}}': f"{before + reach:.3f}x100 {after + reach:.3f}x100"
        for bound, reach in (("lower", -within), ("upper", within))
    } if within else {}  # fmt: skip
    return limits | {
        f'kpi_{metric}_ratio{{grain="quarter"{past}}}': f"{before}x100 {after}x100",
        f'kpi_{guard}_ratio{{grain="quarter"{past}}}': "0.15x200",
        f'kpi_{guard}_ratio_lower{{grain="quarter"{past}}}': f"{guard_lower}x200",
        f'kpi_{guard}_ratio_sample_size{{grain="quarter"{past}}}': "900x200",
        FLAG.format(metric=guard, kind="red_flag", more=past): "0.12x200",
    }


@pytest.mark.parametrize(
    ("before", "after", "guard_lower", "within", "fires"),
    [
        (0.20, 0.24, 0.13, None, True),
        (0.24, 0.20, 0.13, None, False),
        (0.20, 0.20, 0.13, None, False),
        (0.20, 0.24, 0.11, None, False),
        # sqrt(0.028^2 + 0.028^2) is 0.0396, and with 0.029 it is 0.0410.
        (0.20, 0.24, 0.13, 0.028, True),
        (0.20, 0.24, 0.13, 0.029, False),
        (0.24, 0.20, 0.13, 0.001, False),
    ],
    ids=["improves", "falls", "stays", "improves, guard unclear", "clearly improves", "may be chance",
         "clearly falls"],
)  # fmt: skip
def test_a_counter_metric_that_breaks_while_its_metric_improves(
    folder, tmp_path, before, after, guard_lower, within, fires
):
    alert = "GuardBrokenLeadToOpportunityOverPromiseShare"
    # One minute stands for a day: the offset of 92 days is then 92 minutes.
    shorter = tmp_path / "rules"
    shorter.mkdir()
    text = (folder / "rules" / "department-sales.yml").read_text().replace("offset 92d", "offset 92m")
    (shorter / "department-sales.yml").write_text(text)
    series = guarded(before, after, guard_lower, within=within)
    passed, said = promtool_test(tmp_path, tmp_path, "department-sales", series, ("150m", alert, []))
    assert passed is not fires, said


@pytest.mark.parametrize(
    ("alert", "at", "fires"),
    [
        ("SourceDownCrm", "75m", False),
        ("SourceDownCrm", "85m", True),
        ("SourceDownCrm", "165m", False),
        ("ScorecardAbsent", "290m", False),
        ("ScorecardAbsent", "335m", True),
    ],
)
def test_a_source_that_is_down_and_a_server_that_is_gone(folder, tmp_path, alert, at, fires):
    series = {
        'kpi_source_up{source="crm"}': "1x60 0x100 1x400",
        'scorecard_definition_info{metric="clv"}': "1x300 _x200",
    }
    passed, said = promtool_test(folder, tmp_path, "health", series, (at, alert, []))
    assert passed is not fires, said


@pytest.mark.parametrize(
    ("before", "after", "within", "fires"), [(8, 6, 1.4, True), (8, 6, 1.5, False), (6, 8, 0.1, False)]
)
def test_what_should_fall_improves_where_it_clearly_falls(company, tmp_path, before, after, within, fires):
    """The limits that look at each other are the upper one of now and the lower one of before."""
    files = build_files(*_down(company), url=URL, on=NOW, refresh_every=timedelta(minutes=10))
    shorter = tmp_path / "rules"
    shorter.mkdir()
    text = files["rules/department-sales.yml"].replace("offset 92d", "offset 92m")
    (shorter / "department-sales.yml").write_text(text)
    series = guarded(before, after, 0.13, within=within)
    passed, said = promtool_test(tmp_path, tmp_path, "department-sales", series,
                                 ("150m", "GuardBrokenLeadToOpportunityOverPromiseShare", []))  # fmt: skip
    assert passed is not fires, said


def _down(company):
    lead = replace(company.catalog.metrics["lead_to_opportunity"], direction=Direction.DOWN)
    return replace(company.catalog, metrics={**company.catalog.metrics, lead.metric: lead}), company.board


def stale(severity, says, limit, dataset="purchases", department="sales"):
    return {
        "exp_labels": {"department": department, "dataset": dataset, "source": "crm", "severity": severity},
        "exp_annotations": {
            "summary": f"The dataset {dataset} is stale",
            "description": f"What {dataset} says is {says} old; more than {limit} is too much.",
            "runbook_url": f"{URL}/catalogue",
        },
    }


@pytest.mark.parametrize(
    ("at", "fires"),
    [
        # 25 hours old at first, so that it is 26 after one and 50 after 25; new data comes after 30 hours.
        ("1h15m", []),
        ("1h25m", [stale("info", "1d 2h 25m 0s", "26h")]),
        ("24h55m", [stale("info", "2d 1h 55m 0s", "26h")]),
        ("25h10m", [stale("info", "2d 2h 10m 0s", "26h")]),
        ("25h25m", [stale("info", "2d 2h 25m 0s", "26h"), stale("warning", "2d 2h 25m 0s", "50h")]),
        ("30h5m", []),
    ],
)
def test_a_dataset_that_stands_still_behind_one_that_goes_on(folder, tmp_path, at, fires):
    family = "kpi_dataset_watermark_timestamp_seconds"
    series = {
        # Two servers are scraped for one store: their answer is one.
        f'{family}{{source="crm",dataset="purchases",instance="a"}}': f"{-25 * 3600}x359 {30 * 3600}x100",
        f'{family}{{source="crm",dataset="purchases",instance="b"}}': f"{-25 * 3600}x359 {30 * 3600}x100",
        f'{family}{{source="crm",dataset="orders",instance="a"}}': "0+300x460",
    }
    passed, said = promtool_test(folder, tmp_path, "health", series, (at, "DatasetStalePurchases", fires),
                                 interval="5m")  # fmt: skip
    assert passed, said


def test_a_union_is_as_old_as_the_oldest_of_its_parts(company, tmp_path):
    parts = tuple(UnionPart(name) for name in ("purchases", "orders"))
    both = Dataset("both", union=parts, freshness=company.catalog.datasets["purchases"].freshness)
    catalog = replace(company.catalog, datasets={**company.catalog.datasets, "both": both})
    rules = tmp_path / "rules"
    rules.mkdir()
    text = build_files(catalog, company.board, url=URL, on=NOW)["rules/health.yml"]
    (rules / "health.yml").write_text(text)
    family = "kpi_dataset_watermark_timestamp_seconds"
    series = {f'{family}{{source="crm",dataset="{name}"}}': f"{values}x180"
              for name, values in (("purchases", "0+60"), ("orders", str(-60 * 3600)), ("other", "0"))}  # fmt: skip
    fires = [stale(severity, "2d 14h 55m 0s", limit, "both", "platform")
             for severity, limit in (("info", "26h"), ("warning", "50h"))]  # fmt: skip
    passed, said = promtool_test(tmp_path, tmp_path, "health", series, ("175m", "DatasetStaleBoth", fires))
    assert passed, said


def test_a_source_is_its_departments_where_it_is_of_one_alone(files, company):
    def departments(built):
        rules = YAML(typ="safe").load(built["rules/health.yml"])["groups"][0]["rules"]
        return {
            rule["alert"]: rule["labels"]["department"] for rule in rules if "SourceDown" in rule["alert"]
        }

    assert departments(files) == {"SourceDownCrm": "sales", "SourceDownHelpdesk": "platform"}
    shared = {
        **company.catalog.datasets,
        "leads": replace(company.catalog.datasets["leads"], department="marketing"),
    }
    built = build_files(replace(company.catalog, datasets=shared), company.board, url=URL, on=NOW)
    assert departments(built)["SourceDownCrm"] == "platform"


def test_a_refresh_that_fails_twice(folder, tmp_path):
    series = {'kpi_refresh_success{metric="clv"}': "1x10 0x60 1x60"}
    for at, fires in (("5m", False), ("25m", False), ("35m", True), ("100m", False)):
        passed, said = promtool_test(
            folder, tmp_path, "department-service", series, (at, "RefreshFailing", [])
        )
        assert passed is not fires, said


def test_a_definition_that_nobody_refreshes(folder, tmp_path):
    series = {'scorecard_definition_current{metric="clv"}': "0x1500"}
    fires = {
        "exp_labels": {"department": "service", "metric": "clv", "severity": "info"},
        "exp_annotations": {
            "summary": "clv is still computed by an earlier definition",
            "description": "The definition changed and no refresh has computed the metric by the new one for a day: "
            "scorecard refresh --metric clv",
            "runbook_url": f"{URL}/catalogue/clv",
        },
    }
    alert = "DefinitionNotRefreshed"
    held(folder, tmp_path, "department-service", series, ("23h59m", alert, []), ("24h", alert, [fires]))


def test_a_status_that_moved_by_its_definition_is_news_for_a_week(folder, tmp_path):
    def moved(scorecard, cause, days):
        # Tests begin in 1970: what happened days ago lies before it.
        labels = f'scorecard="{scorecard}",metric="clv",cause="{cause}",status_before="green",status="amber"'
        return {f"scorecard_status_moved_timestamp_seconds{{{labels}}}": f"{-86400 * days}x10"}

    series = moved("new", "definition", 6) | moved("old", "definition", 8) | moved("goal", "target", 6)
    fires = {
        "exp_labels": {"department": "service", "metric": "clv", "severity": "info", "scorecard": "new",
                       "status_before": "green", "status": "amber"},
        "exp_annotations": {
            "summary": "clv has another status because it is counted differently",
            "description": "It went from green to amber by a changed definition, not by what happened. Its page says "
            "what changed and by how much.",
            "runbook_url": f"{URL}/catalogue/clv",
        },
    }  # fmt: skip
    held(folder, tmp_path, "department-service", series, ("5m", "StatusMovedByDefinition", [fires]))


# -- real servers ----------------------------------------------------------------------------------


class Inbox(BaseHTTPRequestHandler):
    """Keep what Alertmanager sends, by the path of the receiver."""

    received: ClassVar[list[tuple[str, dict]]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def inbox():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Inbox)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def alertmanager(folder, config):
    program, port = need("prometheus-alertmanager", "prometheus-alertmanager"), free_port()
    folder.mkdir()
    (folder / "alertmanager.yml").write_text(config)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=DEADLINE)


def fetched(address, path):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=DEADLINE) as answer:
        return json.load(answer)


def eventually(find, says):
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        try:
            found = find()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(says())


def test_the_routing_example_is_taken_by_alertmanagers_own_tool(folder):
    done = run(need("amtool", "prometheus-alertmanager"), "check-config", folder / "alertmanager.example.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 receivers" in done.stdout


def test_alertmanager_hands_a_firing_alert_to_its_department_and_takes_it_back(company, tmp_path):
    built = build_files(company.catalog, company.board, url=URL, on=NOW, refresh_every=timedelta(seconds=1))
    rules = tmp_path / "rules"
    rules.mkdir()
    for name, text in built.items():
        if name.startswith("rules/"):
            (tmp_path / name).write_text(text)
    Inbox.received.clear()
    with inbox() as hook:
        config = YAML(typ="safe").load(built["alertmanager.example.yml"])
        config["route"] |= {"group_wait": "1s", "group_interval": "1s"}
        quick = yaml(config).replace("127.0.0.1:9095", hook)
        with (
            alertmanager(tmp_path / "alertmanager", quick) as peer,
            serving(create_app(company, now=lambda: NOW)) as target,
            prometheus(tmp_path / "prometheus", target, more=_alerting(rules, peer)) as server,
        ):
            name = "RedFlagOverPromiseShare"
            got = eventually(lambda: _received(name, "firing"), lambda: server.get("alerts"))
            path, alert = got
            assert path == "/sales"
            assert alert["labels"]["metric"] == "over_promise_share"
            assert alert["annotations"]["runbook_url"] == f"{URL}/catalogue/over_promise_share"
            told = {each["labels"]["alertname"]: each for each in fetched(peer, "/api/v2/alerts")}
            assert told[name]["labels"]["department"] == "sales"
            # Provisional and unclear values, and those on target, are quiet.
            firing = {each["labels"]["alertname"] for each in server.get("alerts")["alerts"]}
            assert "RedFlagLifetimeValueToCost" not in firing
            assert "RedFlagKeptPromises" not in firing
            # By the history that it reads remotely: revenue rises, the share of over-promised orders too.
            assert eventually(lambda: _received("GuardBrokenRevenueOverPromiseShare", "firing"),
                              lambda: server.get("alerts"))[0] == "/sales"  # fmt: skip
            example.restate(company, factor=0.4)
            assert (
                eventually(lambda: _received(name, "resolved"), lambda: server.get("alerts"))[0] == "/sales"
            )


def _received(name, status):
    return next(((path, alert) for path, body in list(Inbox.received) for alert in body["alerts"]
                 if alert["labels"]["alertname"] == name and alert["status"] == status), None)  # fmt: skip


def _alerting(rules, peer):
    return (
        f"rule_files: [{json.dumps(str(rules / '*.yml'))}]\n"
        f"alerting: {{alertmanagers: [{{static_configs: [{{targets: [{json.dumps(peer)}]}}]}}]}}\n"
    )
