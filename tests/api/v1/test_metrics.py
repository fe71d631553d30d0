from datetime import timedelta

import pytest

from api.app import create_app
from metrics.kind import kinds
from metrics.observation import State
from metrics.store.records import Run
from tests.api.northwind import COMPUTED, NOW, WATERMARK, fill, observation

BASE = "/api/v1/metrics"


def get(client, path, **query):
    answer = client.get(BASE + path, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_list_has_every_metric(client, northwind):
    items = get(client, "")["items"]
    assert [item["metric"] for item in items] == list(northwind.catalog.metrics)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"stage": "evaluation"}, {"lead_to_opportunity", "revenue"}),
        ({"department": "marketing", "stage": "evaluation"}, {"lead_to_opportunity", "revenue"}),
        ({"department": "service", "stage": "evaluation"}, {"lead_to_opportunity"}),
        ({"department": "nobody"}, set()),
    ],
)
def test_the_list_can_be_narrowed(client, query, expected):
    assert {item["metric"] for item in get(client, "", **query)["items"]} == expected


def test_a_metric_says_what_it_is(client, northwind):
    assert get(client, "/lead_to_opportunity") == {
        "metric": "lead_to_opportunity",
        "label": "Lead to opportunity",
        "question": "Of the leads that marketing hands over, how many become a real opportunity within 90 days?",
        "kind": "conversion",
        "assumptions": None,
        "unit": "ratio",
        "direction": "up",
        "type": "leading",
        "status": "approved",
        "replaced_by": None,
        "sunset": None,
        "life": None,
        "turns": [],
        "stage": "evaluation",
        "leads": "sales",
        "supports": ["marketing", "service"],
        "joint": True,
        "owner": "revenue-operations",
        "domain": "sales",
        "dimensions": ["channel", "segment"],
        "cuts": [[], ["channel"], ["segment"], ["channel", "segment"]],
        "grains": ["month", "quarter"],
        "guards": ["over_promise_share"],
        "definition_hash": northwind.hash_of("lead_to_opportunity"),
        "watermark": WATERMARK.isoformat(),
        "computed_at": COMPUTED.isoformat(),
        "error": None,
        "computed_by": None,
    }


def test_a_failed_metric_says_why(client):
    found = get(client, "/complaints_per_order")
    assert found["error"] == "source 'helpdesk': refused"
    assert found["computed_at"] == COMPUTED.isoformat()


def test_observations_are_those_of_the_store(client, northwind):
    page = get(client, "/revenue/observations", grain="quarter", **{"from": "2026-01-01", "to": "2026-04-01"})
    (seen,) = [one for one in northwind.store.latest("revenue", by=())
               if one.grain.value == "quarter" and str(one.period.start) == "2026-01-01"]  # fmt: skip
    assert page == {
        "metric": "revenue",
        "unit": "gbp",
        "assumptions": None,
        "computed_by": None,
        "total": 1,
        "next": None,
        "items": [
            {
                "metric": "revenue",
                "grain": "quarter",
                "period": "2026-Q1",
                "period_start": "2026-01-01",
                "period_end": "2026-04-01",
                "dimensions": {},
                "value": seen.value,
                "unit": "gbp",
                "numerator": None,
                "denominator": None,
                "lower": None,
                "upper": None,
                "sample_size": 2700,
                "maturity": 1.0,
                "state": "final",
                "final_on": None,
                "awaits": None,
                "to_date": None,
                "definition_hash": northwind.hash_of("revenue"),
                "code_version": 1,
                "watermark": WATERMARK.isoformat(),
                "computed_at": COMPUTED.isoformat(),
                "run": "run-revenue",
                "response": None,
            }
        ],
    }


@pytest.mark.parametrize(
    ("by", "cuts"),
    [
        ("", {()}),
        ("channel", {("channel",)}),
        ("segment,channel", {("channel", "segment")}),
        ("*", {(), ("channel",), ("segment",), ("channel", "segment")}),
    ],
)
def test_one_cut_or_all(client, by, cuts):
    items = get(client, "/lead_to_opportunity/observations", grain="quarter", by=by, limit=10000)["items"]
    assert {tuple(sorted(item["dimensions"])) for item in items} == cuts


def test_a_cut_that_is_not_stored_says_what_to_do(client):
    answer = client.get(f"{BASE}/kept_promises/observations?by=channel,channel")
    assert answer.status_code == 400
    assert answer.json["detail"] == "a dimension stands twice in by=channel,channel"
    answer = client.get(f"{BASE}/lead_to_opportunity/observations?by=channel,segment,nothing")
    assert "no dimension 'nothing'" in answer.json["detail"]


def test_states_can_be_chosen_and_no_data_is_left_out(client):
    items = get(client, "/first_reply/observations", grain="quarter")["items"]
    assert {item["state"] for item in items} == {"final", "small_sample", "provisional"}
    items = get(client, "/first_reply/observations", grain="quarter", state="small_sample,no_data")["items"]
    assert [item["period"] for item in items] == ["2026-Q3"]


def test_pages_follow_each_other(client):
    seen, address = [], f"{BASE}/revenue/observations?by=*&limit=7&grain=month"
    while address:
        page = client.get(address).json
        seen += [(item["period"], tuple(item["dimensions"].items())) for item in page["items"]]
        address = page["next"]
    assert len(seen) == len(set(seen)) == page["total"]
    assert len(page["items"]) == page["total"] % 7


@pytest.fixture
def restated(fresh):
    """Return a project whose revenue of a quarter was said twice."""
    fill(fresh, "revenue")
    period = fresh.catalog.company.calendar.parse("2026-Q1")
    later = COMPUTED + timedelta(days=1)
    run = Run("restated", "revenue", fresh.hash_of("revenue"), 1, later, later, WATERMARK, "ok", None,
              (period.grain,), (("nothing",),), 0.1)  # fmt: skip
    changed = observation(fresh, run, period, 1.0)
    run = Run(**{**run.__dict__, "cuts": ((),)})
    kept = [one for one in fresh.store.latest("revenue", by=(), grain=period.grain) if one.period != period]
    fresh.store.write(run, [*kept, computed(changed, later)])
    return fresh


def computed(one, computed_at):
    return type(one)(**{**one.__dict__, "computed_at": computed_at})


def test_as_known_answers_from_the_past(restated):
    client = create_app(restated, now=lambda: NOW).test_client()
    query = {"grain": "quarter", "from": "2026-01-01", "to": "2026-04-01"}
    (now,) = get(client, "/revenue/observations", **query)["items"]
    (then,) = get(client, "/revenue/observations", as_known="2026-11-21", **query)["items"]
    (instant,) = get(client, "/revenue/observations", as_known="2026-11-21T00:00:00+00:00", **query)["items"]
    assert now["value"] == 1.0
    assert then["value"] == instant["value"] > 100000
    assert get(client, "/revenue/observations", as_known="2026-11-20T06:20:00Z", **query)["items"] == []


def test_history_has_every_version(restated):
    client = create_app(restated, now=lambda: NOW).test_client()
    items = get(client, "/revenue/history", grain="quarter", period="2026-Q1")["items"]
    assert [item["run"] for item in items] == ["run-revenue", "restated"]
    assert items[1]["value"] == 1.0
    segment = get(
        client, "/revenue/history", grain="quarter", period="2026-Q1", dimension="channel:paid search"
    )
    assert [item["dimensions"] for item in segment["items"]] == [{"channel": "paid search"}]


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/revenue/history?grain=quarter&period=2026-03", 400, "'2026-03' is a month, not a quarter"),
        ("/revenue/history?grain=week&period=2026-W03", 400,
         "metric 'revenue' has no grain 'week'; it has: month, quarter"),
        ("/revenue/history?grain=quarter&period=2026-Q1&dimension=region:north", 400,
         "metric 'revenue' has no dimension 'region'; known: channel"),
        ("/none/history?grain=quarter&period=2026-Q1", 404, None),
        ("/none/definition", 404, None),
        ("/none/lineage", 404, None),
        ("/none/observations", 404, None),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_asked(client, path, status, detail):
    answer = client.get(BASE + path)
    assert answer.status_code == status
    assert detail in (None, answer.json["detail"])


@pytest.mark.parametrize(
    ("path", "errors"),
    [
        ("/revenue/history?period=2026-Q1",
         [{"field": "query.grain", "detail": "Missing data for required field."}]),
        ("/revenue/history?grain=quarter&period=2026-Q1&dimension=paid",
         [{"field": "query.dimension", "detail": "'paid' is not dimension:value."}]),
        ("/revenue/observations?as_known=yesterday",
         [{"field": "query.as_known", "detail": "'yesterday' is not a day or an instant (ISO 8601)."}]),
        ("/revenue/observations?from=2026-Q1", [{"field": "query.from", "detail": "Not a valid date."}]),
    ],
)  # fmt: skip
def test_values_that_cannot_be_read(client, path, errors):
    answer = client.get(BASE + path)
    assert (answer.status_code, answer.json["errors"]) == (422, errors)


def test_an_unchanged_answer_is_not_sent_again(client):
    first = client.get(f"{BASE}/revenue/observations?grain=quarter")
    tag = first.headers["ETag"]
    again = client.get(f"{BASE}/revenue/observations?grain=quarter", headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    other = client.get(f"{BASE}/revenue/observations?grain=month", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_a_new_run_changes_the_tag(fresh):
    client = create_app(fresh, now=lambda: NOW).test_client()
    before = client.get(f"{BASE}/revenue/observations").headers["ETag"]
    fill(fresh, "revenue")
    after = client.get(f"{BASE}/revenue/observations", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["ETag"] != before


def test_the_definition_is_the_file(client, northwind):
    found = get(client, "/revenue/definition")
    assert found["file"] == "definitions/metrics/sales/revenue.yml"
    assert found["text"] == (northwind.root / found["file"]).read_text()
    version = kinds()["aggregate"].code_version
    assert (found["hash"], found["code_version"], found["commit"]) == (
        northwind.hash_of("revenue"),
        version,
        None,
    )


def test_the_lineage_is_a_graph(client):
    found = get(client, "/acquisition_cost/lineage")
    assert {"kind": "source", "name": "crm"} in found["nodes"]
    assert {
        "from": {"kind": "dataset", "name": "leads"},
        "to": {"kind": "metric", "name": "acquisition_cost"},
    } in (found["edges"])


def test_suppressed_values_are_served_without_any_part(client):
    items = get(client, "/team_mood/observations", grain="quarter")["items"]
    assert items
    for item in items:
        assert item["state"] == State.SUPPRESSED
        assert {
            item[part] for part in ("value", "numerator", "denominator", "lower", "upper", "sample_size")
        } == {None}
