"""Dashboards against the JSON Schema that is made, now, from the types of npm's @grafana/schema."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from tests.grafana.reading import dashboards, panels
from tests.prometheus.servers import need

SCRIPT = Path(__file__).with_name("schema.mjs")
# Later versions of the generator ask for a newer Node than Debian has.
PACKAGES = ("@grafana/schema", "ts-json-schema-generator@1.5.1")
MOST_SECONDS = 600
# A plugin keeps its own keys in these two, which the types leave to it.
OPEN = ("AnnotationQuery",)


@pytest.fixture(scope="module")
def validators(tmp_path_factory):
    npm, node, folder = need("npm", "npm"), need("node", "nodejs"), tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    shutil.copy(SCRIPT, folder)
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error")
    for command in ((npm, "install", *quiet, *PACKAGES), (node, SCRIPT.name)):
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    schemas = json.loads((folder / "schemas.json").read_text())
    for name in OPEN:
        schemas["dashboard"]["definitions"][name]["additionalProperties"] = True
    for schema in schemas.values():
        Draft7Validator.check_schema(schema)
    return {name: Draft7Validator(schema) for name, schema in schemas.items()}


def wrong(validator, document):
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator.iter_errors(document)
    ]


def test_every_dashboard_is_one(files, validators):
    for name, board in dashboards(files).items():
        assert wrong(validators["dashboard"], board) == [], name


def test_every_panel_has_the_options_of_its_kind(files, validators):
    kinds = set()
    for board in dashboards(files).values():
        for panel in panels(board):
            kinds.add(panel["type"])
            assert wrong(validators[f"{panel['type']}.options"], panel["options"]) == [], panel["title"]
            custom = validators.get(f"{panel['type']}.custom")
            if custom is not None:
                assert wrong(custom, panel["fieldConfig"]["defaults"]["custom"]) == [], panel["title"]
            else:
                assert panel["fieldConfig"]["defaults"]["custom"] == {}
    assert kinds == {"bargauge", "stat", "state-timeline", "table", "timeseries"}


def test_the_properties_of_lines_are_those_of_lines(files, validators):
    """An override's value is anything to the types; what it sets is held against the panel's own."""
    seen = set()
    for board in dashboards(files).values():
        for panel in panels(board):
            for override in panel["fieldConfig"]["overrides"]:
                for each in override["properties"]:
                    name, custom, key = each["id"], *each["id"].partition("custom.")[1:]
                    seen.add(name)
                    if custom:
                        whole = panel["fieldConfig"]["defaults"]["custom"] | {key: each["value"]}
                        assert wrong(validators[f"{panel['type']}.custom"], whole) == []
                    else:
                        assert wrong(validators["dashboard"], _with_default(board, name, each["value"])) == []
    assert {"custom.lineStyle", "custom.fillBelowTo", "color", "mappings", "thresholds", "unit"} <= seen


def _with_default(board, name, value):
    config = {"defaults": {name: value}, "overrides": []}
    return {"schemaVersion": board["schemaVersion"], "panels": [{"type": "stat", "fieldConfig": config}]}


@pytest.mark.parametrize("path", [("panels", 1, "title"), ("templating", "list", 0, "type"), ("time", "from"),
                                  ("panels", 1, "fieldConfig", "defaults", "thresholds", "mode")])  # fmt: skip
def test_a_wrong_dashboard_would_be_found(files, validators, path):
    board = copy.deepcopy(next(iter(dashboards(files).values())))
    *above, last = path
    place = board
    for step in above:
        place = place[step]
    place[last] = 7
    assert wrong(validators["dashboard"], board) != []
    del place[last]
    place["unknown_key"] = 1
    assert wrong(validators["dashboard"], board) != []


def test_the_panel_in_the_docs_is_one(files, validators):
    text = (Path(__file__).parents[2] / "docs" / "grafana.md").read_text(encoding="utf-8")
    panel = json.loads(text.split("<!-- panel -->\n```json\n")[1].split("```")[0])
    board = next(iter(dashboards(files).values()))
    assert wrong(validators["dashboard"], {"schemaVersion": board["schemaVersion"], "panels": [panel]}) == []
    assert wrong(validators["timeseries.options"], panel["options"]) == []
    assert wrong(validators["timeseries.custom"], panel["fieldConfig"]["defaults"]["custom"]) == []
