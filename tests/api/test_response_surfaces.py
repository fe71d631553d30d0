"""The response rate of a survey is the same on page, API, terminal and /metrics; a low one is said."""

import json
from contextlib import closing

import pytest

from api.app import create_app
from api.project.project import Project
from api.prometheus.exposition import render
from scorecard.phrasing import why
from tests.api.cli.shop import run
from tests.survey import NOW, refreshed, write_survey

LOW = "33% of 3 asked answered, below 50%"
FINE = "67% of 3 asked answered"


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    project = Project.open(write_survey(tmp_path_factory.mktemp("survey")))
    with closing(project.store):
        refreshed(project)
        yield project


@pytest.fixture(scope="module")
def client(survey):
    return create_app(survey, now=lambda: NOW).test_client()


def test_the_report_notes_a_low_one(survey):
    march = survey.report("service", "2026-03", NOW).indicators[0]
    assert (march.scored.response.rate, march.scored.response.low) == (pytest.approx(1 / 3), True)
    assert march.note == f"{LOW}."
    assert why(march, "GBP").count(f"{LOW}.") == 1
    april = survey.report("service", "2026-04", NOW).indicators[0]
    assert (april.scored.response.words, april.note) == (FINE, None)
    assert f"{FINE}." in why(april, "GBP")


def test_the_api_has_it_beside_each_value(client):
    items = client.get("/api/v1/metrics/csat/observations?grain=month&by=region").json["items"]
    told = {(item["period"], item["dimensions"]["region"]): item["response"] for item in items}
    assert told["2026-03", "north"] == {
        "rate": 0.5, "answered": 1.0, "invited": 2.0, "least": 0.5, "low": False,
        "words": "50% of 2 asked answered",
    }  # fmt: skip
    assert client.get("/api/v1/metrics/invitations_sent/observations").json["items"][0]["response"] is None


def test_flat_records_have_rate_and_invitations(client):
    (march, *_) = client.get("/api/v1/flat/observations?metric=csat&grain=month").json
    assert (march["response_rate"], march["invited"]) == (pytest.approx(1 / 3), 3.0)
    (indicator,) = client.get("/api/v1/flat/scorecard?period=2026-04").json
    assert (indicator["response_rate"], indicator["invited"]) == (pytest.approx(2 / 3), 3.0)


def test_pages_say_it(client):
    assert LOW in client.get("/?period=2026-03").text
    assert client.get("/catalogue").text.count("asked answered") == 1
    page = client.get("/catalogue/csat?grain=month&by=region").text
    assert FINE in page
    assert page.count('<th scope="col" class="number">Answered</th>') == 2
    by_topic = client.get("/catalogue/csat?grain=month&by=topic").text
    assert by_topic.count('<th scope="col" class="number">Answered</th>') == 1
    assert "Answered" not in client.get("/catalogue/invitations_sent").text


def test_the_terminal_says_it(survey):
    said = run(survey.root, "show", "--period", "2026-03", now=NOW).stdout
    # A narrow terminal breaks the line where it must.
    assert LOW in " ".join(said.split())
    report = json.loads(run(survey.root, "show", "--period", "2026-04", "--json", now=NOW).stdout)
    indicator = report["perspectives"][0]["objectives"][0]["indicators"][0]
    assert indicator["scored"]["response"]["words"] == FINE


def test_metrics_has_the_live_period_s(survey):
    text = render(survey, NOW).decode()
    assert 'kpi_survey_response_ratio{grain="month",metric="csat"} 0.6666666666666666' in text
    assert 'kpi_survey_invited{grain="month",metric="csat"} 3.0' in text
    assert 'metric="invitations_sent"} 3' not in text
    assert "surveys.response" not in text
