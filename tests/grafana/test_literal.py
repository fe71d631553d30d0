"""Whatever a label says, it is shown as it stands: no template of Prometheus or Grafana is read out of it."""

import json
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from grafana import literal
from grafana.boards._company import Company
from grafana.build import build
from metrics.check import check
from metrics.loading.loader import Loaded
from scorecard.definitions import load
from tests.api.northwind import NOW, write_definitions
from tests.grafana.company import COMPANY
from tests.prometheus.servers import need

URL = "https://scorecard.example.com"
HOSTILE = "{{ query `up` }} $grain ${datasource} [[grain]] $1 <b>*x*</b> \"q\" '{' {{{ oops"
SHOWN = "\u2060"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Return the example company with every text turned into what templates are made of."""
    said = json.dumps(HOSTILE)

    def turned(name, text):
        if name.startswith("metrics/"):
            text = re.sub(
                r"^(label|question): .*$", lambda match: f"{match[1]}: {said}", text, flags=re.MULTILINE
            )
        text = re.sub(r"(label: )(Marketing|Sales|Customer service)", lambda match: match[1] + said, text)
        return re.sub(
            r"^(\s*(?:- )?\{?statement: )[^,}\n]+", lambda match: match[1] + said, text, flags=re.MULTILINE
        )

    root = tmp_path_factory.mktemp("hostile")
    write_definitions(root, {name: turned(name, text) for name, text in COMPANY.items()})
    found = load(root)
    loaded = Loaded(found.catalog, found.findings, found.folder, found.places)
    assert [one for one in check(loaded) if one.level != "advice"] == []
    return Company(found.catalog, found.board, URL, NOW)


@pytest.fixture(scope="module")
def files(hostile):
    return build(hostile.catalog, hostile.board, url=URL, on=NOW)


def texts(value):
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def expanded(text):
    """Return what Go's templates make of texts without actions but for `{{"{{"}}`."""
    assert "{{ query" not in text.replace('{{"{{"}}', "")
    return text.replace('{{"{{"}}', "{{")


def test_rules_hold_no_action_that_a_label_wrote(files):
    rules = [
        rule
        for name, text in files.items()
        if name.startswith("rules/")
        for group in YAML(typ="safe").load(text)["groups"]
        for rule in group["rules"]
    ]
    summaries = [rule["annotations"]["summary"] for rule in rules if rule.get("labels", {}).get("metric")]
    assert len(summaries) > 5
    assert {expanded(each).partition(" has crossed")[0].partition(" improves")[0] for each in summaries} == {
        HOSTILE
    }
    actions = {found for each in rules for text in each.get("annotations", {}).values()
               for found in re.findall(r"\{\{\s*(.+?)\s*\}\}", text)}  # fmt: skip
    assert actions <= {'"{{"', "$labels.metric", "$labels.status", "$labels.status_before",
                       "$value | humanizeDuration", "$value | humanizePercentage",
                       "$value | humanize"}  # fmt: skip


_GRAFANA = re.compile(
    r"\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^\}]+))?(?::([^\}]+))?\}", re.ASCII
)
_LEGEND = re.compile(r"\{\{\s*(.+?)\s*\}\}")


def test_dashboards_read_no_variable_out_of_a_label(files):
    seen = 0
    for name, text in files.items():
        if not name.startswith("dashboards/"):
            continue
        for said in texts(json.loads(text)):
            if "oops" not in said:
                continue
            seen += 1
            ours = said.replace(shown(HOSTILE), "").replace(literal.in_markdown(shown(HOSTILE)), "")
            ours = ours.replace(shown(HOSTILE).replace("$", "$$").replace('"', '\\"'), "")
            assert "oops" not in ours, (name, said)
    assert seen > 50
    assert [match for match in _GRAFANA.findall(shown(HOSTILE)) if match[0] != "1"] == []
    assert _LEGEND.findall(shown(HOSTILE)) == []


def shown(text):
    return literal.in_dashboards(text)


@given(st.text(alphabet="${}[]ab1_ \u2060"))
def test_a_shown_text_has_no_variable_and_loses_no_sign(text):
    said = shown(text)
    assert said.replace(SHOWN, "") == text.replace(SHOWN, "")
    assert not any(match[0][:1].isalpha() or match[1] or match[3] for match in _GRAFANA.findall(said))
    assert _LEGEND.findall(said) == []


def test_folders_take_nothing_out_of_the_environment(files):
    titles = [each["folder"] for each in
              YAML(typ="safe").load(files["provisioning/dashboards/scorecard.yml"])["providers"]]  # fmt: skip
    assert HOSTILE.replace("$", "$$") in titles


@pytest.mark.prometheus
def test_promtool_and_amtool_take_every_file(files, tmp_path):
    for name, text in files.items():
        if name.startswith("rules/"):
            (tmp_path / name.rpartition("/")[2]).write_text(text)
    done = subprocess.run(
        [need("promtool"), "check", "rules", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    config = tmp_path / "alertmanager.yml"
    config.write_text(files["alertmanager.example.yml"])
    done = subprocess.run(
        [need("amtool"), "check-config", config], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.prometheus
def test_prometheus_writes_the_label_as_it_stands(files, tmp_path):
    rules = tmp_path / "rules.yml"
    rules.write_text(files["rules/department-service.yml"])
    found = YAML(typ="safe").load(rules.read_text())["groups"][0]["rules"]
    alert = next(rule for rule in found if rule["alert"] == "RedFlagReplyTime")
    grain = alert["labels"]["grain"]
    test = {
        "rule_files": [str(rules)],
        "tests": [{
            "interval": "1m",
            "input_series": [
                {"series": f'kpi_reply_time_seconds{{grain="{grain}",by=""}}', "values": "90000x400"},
                {"series": f'scorecard_target{{metric="reply_time",grain="{grain}",kind="red_flag"}}',
                 "values": "28800x400"},
            ],
            "alert_rule_test": [{"eval_time": "5h", "alertname": "RedFlagReplyTime", "exp_alerts": [{
                "exp_labels": {**alert["labels"]},
                "exp_annotations": {
                    "summary": f"{HOSTILE} has crossed its red flag",
                    "description": f"{HOSTILE} of the latest final {grain} is 1d 1h 0m 0s, and it lies behind the "
                    "red flag.",
                    "runbook_url": f"{URL}/catalogue/reply_time",
                },
            }]}],
        }],
    }  # fmt: skip
    path = tmp_path / "test.json"
    path.write_text(json.dumps(test))
    done = subprocess.run(
        [need("promtool"), "test", "rules", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
