"""Flat records say what the nested answers say, one key a column."""

from datetime import datetime

import pytest

from metrics.grain import Grain
from metrics.observation import State
from tests.api.northwind import NOW

VALUES = "/api/v1/flat/observations"
CARD = "/api/v1/flat/scorecard"


def test_values_are_those_of_the_store(client, northwind):
    answer = client.get(f"{VALUES}?metric=lead_to_opportunity&grain=quarter&by=channel")
    assert answer.content_type == "application/json"
    stored = northwind.store.latest("lead_to_opportunity", grain=Grain.QUARTER, by=("channel",))
    told = [one for one in stored if one.state is not State.NO_DATA]
    assert [(one["channel"], one["value"], one["lower"], one["state"]) for one in answer.json] == [
        (dict(one.dimensions)["channel"], one.value, one.lower, one.state.value) for one in told
    ]
    assert len(told) > 20


def test_a_record_is_flat_and_its_times_are_instants(client):
    (record,) = client.get(f"{VALUES}?metric=kept_promises&grain=quarter&from=2026-04-01&to=2026-07-01").json
    assert record == {
        "metric": "kept_promises",
        "label": "Kept promises",
        "unit": "ratio",
        "grain": "quarter",
        "period": "2026-Q2",
        "time": "2026-04-01T00:00:00+01:00",
        "end": "2026-07-01T00:00:00+01:00",
        "value": record["value"],
        "lower": record["lower"],
        "upper": record["upper"],
        "numerator": record["numerator"],
        "denominator": 2400.0,
        "sample_size": 2400,
        "maturity": 1.0,
        "state": "final",
        "watermark": "2026-11-20T06:00:00+00:00",
        "computed_at": "2026-11-20T06:20:00+00:00",
    }
    assert all(not isinstance(value, dict | list) for value in record.values())
    assert datetime.fromisoformat(record["time"]).utcoffset() is not None


def test_no_value_is_null(client):
    records = client.get(f"{VALUES}?metric=team_mood&grain=quarter").json
    assert {one["value"] for one in records} == {None}
    assert {one["state"] for one in records} == {"suppressed"}


@pytest.mark.parametrize("name", ["joint", "service_only"])
def test_the_scorecard_s_records_are_the_report_s(client, northwind, name):
    report = northwind.report(name, None, NOW)
    records = client.get(f"{CARD}?scorecard={name}").json
    assert [(one["metric"], one["value"], one["score"], one["status"]) for one in records] == [
        (one.metric, one.scored.value if one.scored else None, one.performance, one.status.value)
        for one in report.indicators
    ]
    assert {one["scorecard_score"] for one in records} == {report.score}
    assert {one["period"] for one in records} == {report.period_name}


def test_both_ends_of_a_band_are_there(client):
    found = {one["metric"]: one for one in client.get(CARD).json}
    band, plain = found["balanced_load"], found["kept_promises"]
    assert [band[name] for name in ("red_flag", "goal", "goal_upper", "red_flag_upper")] == [
        0.1,
        0.2,
        0.4,
        0.5,
    ]
    assert [plain[name] for name in ("red_flag", "goal", "goal_upper", "red_flag_upper")] == [
        0.85,
        0.92,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("address", "field", "says"),
    [
        (VALUES, "metric", "Missing data for required field."),
        (f"{VALUES}?metric=revenu", "metric", "no metric is called 'revenu' (did you mean 'revenue'?)."),
        (f"{VALUES}?metric=revenue&limit=3", "limit", "Unknown field."),
        (f"{CARD}?scorecard=join", "scorecard", "no scorecard is called 'join' (did you mean 'joint'?)."),
    ],
)
def test_what_is_refused(client, address, field, says):
    answer = client.get(address)
    assert answer.status_code == 422
    assert answer.json["errors"] == [{"field": f"query.{field}", "detail": says}]


def test_more_than_a_table_can_hold_is_refused_rather_than_cut_off(client, monkeypatch):
    monkeypatch.setattr("api.v1.flat.MOST", 5)
    answer = client.get(f"{VALUES}?metric=revenue&grain=month")
    assert answer.status_code == 400
    assert answer.json["detail"] == "that is 35 records, more than 5: narrow them by grain, from and to"
