from datetime import timedelta

from jsonschema import Draft202012Validator

from api.app import create_app
from scorecard.report import to_dict
from tests.api.northwind import NOW

BASE = "/api/v1/scorecards"


def test_the_list(client):
    assert client.get(BASE).json["items"] == [
        {
            "scorecard": "joint",
            "label": "Joint",
            "vision": "One promise, kept by everyone",
            "grain": "quarter",
            "metrics": [
                "revenue", "lifetime_value_to_cost", "retention_change", "kept_promises", "over_promise_share",
                "first_reply", "complaints_per_order", "lead_to_opportunity", "balanced_load", "team_mood",
            ],
        },
        {"scorecard": "service_only", "label": "Service only", "vision": None, "grain": "month",
         "metrics": ["first_reply"]},
    ]  # fmt: skip


def test_a_scorecard_is_the_report_itself(client, northwind):
    assert client.get(f"{BASE}/joint").json == to_dict(northwind.report("joint", None, NOW))
    assert client.get(f"{BASE}/joint?period=2026-Q2").json["period_name"] == "2026-Q2"


def test_the_report_is_as_the_document_describes_it(client):
    spec = client.get("/openapi.json").json
    schema = {"$ref": "#/components/schemas/ScorecardReport", "components": spec["components"]}
    validator = Draft202012Validator(schema)
    for address in ("joint", "joint?period=2024-Q1", "service_only"):
        assert list(validator.iter_errors(client.get(f"{BASE}/{address}").json)) == []


def test_time_alone_changes_no_tag(northwind):
    first = create_app(northwind, now=lambda: NOW).test_client().get(f"{BASE}/joint")
    later = create_app(northwind, now=lambda: NOW + timedelta(hours=1)).test_client()
    again = later.get(f"{BASE}/joint", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    other = later.get(f"{BASE}/joint?period=2026-Q2", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
