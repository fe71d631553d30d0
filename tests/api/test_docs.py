"""The documents name what the server has, all of it."""

import re
from pathlib import Path

import pytest

from api.auth import Scope
from api.prometheus.exposition import render
from tests.api.northwind import NOW

DOCS = Path(__file__).parents[2] / "docs"


def text(name):
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_endpoint_is_documented(client):
    spec = client.get("/openapi.json").json
    written = text("http.md")
    for path, item in spec["paths"].items():
        for verb in set(item) - {"parameters"}:
            assert f"`{verb.upper()} {path}`" in written
    observations = spec["paths"]["/api/v1/metrics/{metric}/observations"]["get"]["parameters"]
    for parameter in observations:
        assert f"`{parameter['name']}`" in written


def test_no_endpoint_is_documented_that_does_not_exist(client):
    paths = client.get("/openapi.json").json["paths"]
    for verb, path in re.findall(r"`(GET|POST) (/api/[^`]*)`", text("http.md")):
        assert verb.lower() in paths[path]


@pytest.mark.parametrize("address", ["/", "/catalogue", "/docs", "/healthz", "/readyz", "/openapi.json"])
def test_other_addresses_are_documented(address):
    assert f"`{address}`" in text("http.md")


# This company has no survey, no dataset that has moved on ten times, and no status that a definition or a goal moved.
UNSEEN = {
    "kpi_dataset_late_timestamp_seconds",
    "kpi_survey_invited",
    "kpi_survey_response_ratio",
    "scorecard_goals_moved_timestamp_seconds",
    "scorecard_status_moved_timestamp_seconds",
}


def test_every_family_of_its_own_is_documented(northwind):
    written = text("prometheus.md")
    names = re.findall(r"^# TYPE (\S+) gauge$", render(northwind, NOW).decode(), re.MULTILINE)
    metrics = tuple(f"kpi_{name}" for name in northwind.catalog.metrics)
    fixed = {name for name in names if not name.startswith(metrics)}
    assert fixed | UNSEEN == set(re.findall(r"^\| `(\w+)` \|", written, re.MULTILINE)) - {"grain", "by"}
    assert not fixed & UNSEEN


def test_every_scope_is_documented():
    for scope in Scope:
        assert f"| `{scope}` |" in text("security.md")
