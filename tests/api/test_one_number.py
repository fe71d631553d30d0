"""Page, API, /metrics, `show` and `query` say the same number, which is the one in the store."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.project.project import Project
from metrics.grain import Grain
from scorecard.formatting import format_value
from tests.api.cli.shop import NOW, run, write_shop

QUARTER = date(2026, 1, 1)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_shop(tmp_path_factory.mktemp("shop"))
    assert run(folder, "refresh").exit_code == 0
    return folder


@pytest.fixture(scope="module")
def project(root: Path) -> Project:
    return Project.open(root)


@pytest.fixture(scope="module")
def client(project: Project) -> FlaskClient:
    return create_app(project, now=lambda: NOW).test_client()


# By hand: 100 + 50 + 200 + 25.50 + 74.50, the test order excluded; four of five by the promised time.
@pytest.mark.parametrize(("metric", "value"), [("revenue", 450.0), ("kept_promises", 0.8)])
def test_every_surface_says_the_number_of_the_store(
    metric: str, value: float, root: Path, project: Project, client: FlaskClient
) -> None:
    stored = project.store.latest(metric, grain=Grain.QUARTER, by=(), start=QUARTER, end=date(2026, 4, 1))
    assert [seen.value for seen in stored] == [value]

    listed = client.get(f"/api/v1/metrics/{metric}/observations?grain=quarter&from=2026-01-01&to=2026-04-01")
    assert [item["value"] for item in listed.get_json()["items"]] == [value]

    reports = [
        client.get("/api/v1/scorecards/joint?period=2026-Q1").get_json(),
        json.loads(run(root, "show", "--period", "2026-Q1", "--json").stdout),
    ]
    for report in reports:
        indicators = [
            indicator
            for perspective in report["perspectives"]
            for objective in perspective["objectives"]
            for indicator in objective["indicators"]
        ]
        assert [each["scored"]["value"] for each in indicators if each["metric"] == metric] == [value]

    rows = csv.DictReader(
        io.StringIO(run(root, "query", metric, "--grain", "quarter", "--format", "csv").stdout)
    )
    assert [float(row["value"]) for row in rows if row["period_start"] == "2026-01-01"] == [value]

    family = {"revenue": "kpi_revenue_gbp", "kept_promises": "kpi_kept_promises_ratio"}[metric]
    samples = [
        sample.value
        for found in text_string_to_metric_families(client.get("/metrics").text)
        for sample in found.samples
        if sample.name == family and sample.labels["grain"] == "quarter" and not sample.labels["by"]
    ]
    assert samples == [value]

    unit = {"revenue": "gbp", "kept_promises": "ratio"}[metric]
    words = html.unescape(re.sub(r"<[^>]+>", " ", client.get("/?period=2026-Q1").text))
    assert format_value(value, unit, "GBP") in words
    assert format_value(value, unit, "GBP") in run(root, "show", "--period", "2026-Q1").stdout


def test_the_score_is_one_too(root: Path, client: FlaskClient) -> None:
    page = client.get("/api/v1/scorecards/joint?period=2026-Q1").get_json()["score"]
    shown = json.loads(run(root, "show", "--period", "2026-Q1", "--json").stdout)["score"]
    exposed = [
        sample.value
        for found in text_string_to_metric_families(client.get("/metrics").text)
        for sample in found.samples
        if sample.name == "scorecard_score"
    ]
    assert page == shown
    assert exposed == [pytest.approx(page, rel=1e-12)]
