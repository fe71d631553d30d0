"""A change taken apart over HTTP, and what stands beside the values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.app import create_app
from metrics.observation import State
from tests.api.northwind import NOW, fill

URL = "/api/v1/metrics/lead_to_opportunity/changes"


def get(client, url=URL, **query):
    answer = client.get(url, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_newest_final_period_is_compared_with_the_one_before(client, northwind):
    said = get(client, grain="quarter")
    assert (said["period"], said["against"], said["unit"]) == ("2026-Q2", "2026-Q1", "ratio")
    values = {str(one.period.start): one.value for one in northwind.store.latest("lead_to_opportunity", by=())
              if one.grain.value == "quarter"}  # fmt: skip
    assert said["value"] == values["2026-04-01"]
    assert said["change"]["difference"] == pytest.approx(values["2026-04-01"] - values["2026-01-01"])
    assert said["change"]["lower"] < said["change"]["difference"] < said["change"]["upper"]
    assert said["change"]["basis"] == "sampling"
    assert said["change"]["verdict"] == "no_clear_change"
    assert said["segments"] == []


def test_causes_of_a_value_that_was_never_restated_are_reality(client):
    said = get(client, period="2026-Q2", against="2025-Q2")
    causes = said["causes"]
    assert (causes["definition"], causes["software"], causes["restated"]) == (0.0, 0.0, 0.0)
    assert causes["first_published"] + causes["reality"] == pytest.approx(said["value"])


def test_segments_say_what_they_add(client, northwind):
    said = get(client, period="2026-Q2", by="channel")
    assert {one["dimensions"]["channel"] for one in said["segments"]} == {
        "organic",
        "paid search",
        "referral",
    }
    assert said["adjusted_by"] == "benjamini_hochberg"
    for one in said["segments"]:
        assert one["unit"] == "ratio"
        assert one["change"]["difference"] == pytest.approx(one["value"] - one["previous"])
        assert one["adjusted_p"] >= one["change"]["p"] - 1e-12
    effects = [one["effect"] for one in said["segments"]]
    if None not in effects:
        assert sum(each["mix"] + each["rate"] for each in effects) == pytest.approx(
            said["change"]["difference"]
        )


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"grain": "day"}, "metric 'lead_to_opportunity' has no grain 'day': month, quarter"),
        ({"period": "2026-W07"}, "metric 'lead_to_opportunity' has no grain 'week': month, quarter"),
        ({"period": "2026-Q2", "against": "2026-03"}, "'2026-03' is a month, not a quarter"),
        ({"by": "colour"}, "metric 'lead_to_opportunity' has no dimension 'colour'"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(client, query, detail):
    answer = client.get(URL, query_string=query)
    assert answer.status_code == 400
    assert detail.split(":")[0] in answer.json["detail"]


def test_a_restatement_is_told_from_reality(fresh):
    fill(fresh, "kept_promises")
    run = fresh.store.last_success("kept_promises")
    old = fresh.store.latest("kept_promises")
    new = [one if one.value is None else replace(one, run="later", value=one.value - 0.01, lower=None, upper=None)
           for one in old if one.state is not State.NO_DATA]  # fmt: skip
    fresh.store.write(replace(run, id="later", diagnostics={"fit": {"a": 1}, "excluded": {"spam": 3}}), new)
    client = create_app(fresh, now=lambda: NOW).test_client()
    said = get(client, "/api/v1/metrics/kept_promises/changes", grain="quarter")
    assert said["causes"]["restated"] == pytest.approx(-0.01)
    assert (said["causes"]["definition"], said["causes"]["software"]) == (0.0, 0.0)
    total = sum(said["causes"].values())
    assert total == pytest.approx(said["value"])
    told = get(client, "/api/v1/metrics/kept_promises/diagnostics")
    assert (told["fit"], told["beside"]) == ({"a": 1}, {"excluded": {"spam": 3}})


def test_nothing_stands_beside_a_metric_without_a_run(fresh):
    client = create_app(fresh, now=lambda: NOW).test_client()
    told = get(client, "/api/v1/metrics/kept_promises/diagnostics")
    assert told == {"metric": "kept_promises", "definition_hash": None, "watermark": None,
                    "computed_at": None, "definition_changed": False, "error": None, "failed_at": None,
                    "fit": None, "beside": {}}  # fmt: skip
    refused = client.get("/api/v1/metrics/kept_promises/changes")
    assert refused.status_code == 400
    assert refused.json["detail"] == "metric 'kept_promises' has no final value by month"
