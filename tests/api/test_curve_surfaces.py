"""A curve as people and machines meet it: on its page, in the API, in the exposition and in its history."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.project.project import Project
from api.prometheus.remote_read.answer import Histories, answer
from api.prometheus.remote_read.wire import Asked, Match, Matcher
from metrics.analysis.vintages import Vintage, milliseconds
from metrics.grain import Grain
from tests.api.cli.shop import NOW, put, run, write_shop
from tests.api.cli.test_query_retention import DATASET, RETENTION

PLANS = """\
plan_id,customer,since,until,mrr,channel
1,ann,2026-01-05,,10,web
2,bob,2026-01-10,2026-02-20,10,web
3,cy,2026-02-03,2026-02-25,10,phone
4,dee,2026-02-04,,10,phone
5,eve,2026-02-05,,10,phone
6,fay,2026-03-02,,10,web
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a shop with a curve over three months, refreshed."""
    root = write_shop(tmp_path_factory.mktemp("curve"))
    (root / "data" / "plans.csv").write_text(PLANS, encoding="utf-8")
    put(root, "datasets/plans.yml", DATASET)
    put(root, "metrics/sales/curve.yml", RETENTION.format(
        name="curve", direction="up", measure="logo", more="curve: true\ngrains: [month]\n"
    ))  # fmt: skip
    assert run(root, "refresh").exit_code == 0
    opened = Project.open(root)
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def client(project):
    return create_app(project, now=lambda: NOW).test_client()


def series(client) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Return the samples of the exposition by family and by the labels that say something."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            labels = tuple(sorted((name, value) for name, value in sample.labels.items() if value))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_each_age_shows_its_own_latest_cohort(client):
    found = series(client)
    by_age = {
        dict(labels)["age"]: value
        for labels, value in found["kpi_curve_ratio"].items()
        if ("by", "age") in labels and ("grain", "month") in labels
    }
    # On 20 April: March's is the last that is wholly 0 months old, February's 1 and January's 2.
    assert by_age == {"00": 1.0, "01": pytest.approx(2 / 3), "02": 0.5}
    assert found["kpi_curve_ratio_denominator"][("age", "01"), ("by", "age"), ("grain", "month")] == 3
    by_channel = {labels for labels in found["kpi_curve_ratio"] if ("by", "age,channel") in labels}
    assert (("age", "01"), ("by", "age,channel"), ("channel", "phone"), ("grain", "month")) in by_channel
    unfinished = found["kpi_curve_ratio_provisional"]
    assert unfinished[("age", "01"), ("by", "age"), ("grain", "month")] == 1.0
    assert not any("age" not in dict(labels) for labels in found["kpi_curve_ratio"])


def test_its_past_is_final_age_by_age(project):
    found = Histories().of(project, project.catalog.metrics["curve"], Vintage.CURRENT)
    assert [track.grain for track in found] == [Grain.MONTH] * 3
    ages = [{dict(segment)["age"] for segment in track.segments} for track in found]
    assert ages == [{"00"}, {"01"}, {"02"}]
    # January is as old as that, the whole of it, one month later with each month of age.
    ends = [str(track.final_at[0].astype("datetime64[ms]"))[:10] for track in found]
    assert ends == ["2026-02-01", "2026-03-01", "2026-03-31"]


def test_a_query_of_its_past_finds_each_age_and_one_end_of_the_period(project):
    at = milliseconds(NOW)
    matchers = (Matcher("grain", Match.EQUAL, "month"), Matcher("vintage", Match.EQUAL, "current"))
    found = answer(project, Histories(), Asked(at - 300_000, at, matchers))
    told = [(dict(one.labels), float(one.values[0])) for one in found]
    values = {
        labels["age"]: value
        for labels, value in told
        if labels["__name__"] == "kpi_curve_ratio" and labels["by"] == "age"
    }
    assert values == {"00": 1.0, "01": pytest.approx(2 / 3), "02": 0.5}
    ends = [labels for labels, _ in told if labels["__name__"] == "kpi_period_end_timestamp_seconds"]
    assert sum(labels["metric"] == "curve" for labels in ends) == 1


def test_its_page_has_the_triangle(client):
    page = client.get("/catalogue/curve")
    assert page.status_code == 200
    assert "By month and age" in page.text
    rows = [line for line in page.text.splitlines() if "2026-0" in line and "<tr>" in line]
    assert len(rows) == 3
    assert "No final value yet" not in page.text
    by_channel = client.get("/catalogue/curve?by=channel").text
    assert "phone, by month and age" in by_channel
    assert "web, by month and age" in by_channel
    assert client.get("/catalogue").status_code == 200
    assert "known: age, channel" in client.get("/catalogue/curve?by=region").text


def test_the_api_serves_it_by_age(client):
    found = client.get("/api/v1/metrics/curve/observations?grain=month").json
    assert {tuple(one["dimensions"]) for one in found["items"]} == {("age",)}
    named = client.get("/api/v1/metrics/curve/observations?grain=month&by=age").json
    assert named["items"] == found["items"]
    cut = client.get("/api/v1/metrics/curve/observations?grain=month&by=channel").json
    assert {tuple(one["dimensions"]) for one in cut["items"]} == {("age", "channel")}
    assert client.get("/api/v1/metrics/curve").json["cuts"] == [["age"], ["channel", "age"]]
    history = client.get("/api/v1/metrics/curve/history?grain=month&period=2026-01&dimension=age:02").json
    assert [one["value"] for one in history["items"]] == [0.5]
