"""A definition and a goal are edited: every surface says so, before the next refresh and after it."""

import json
from datetime import timedelta

import pytest

from api.app import create_app
from api.project.project import Project
from tests.api.cli.shop import FILES, NOW, lines, put, run

LATER = NOW + timedelta(days=1)
NAME = "metrics/service/kept_promises.yml"
EDITED = (
    FILES[NAME].replace("delivered_at <= promised_at", "delivered_at <= promised_at and channel = 'web'")
    .replace("Kept promises", "Promises kept on the web")
)  # fmt: skip
UNREFRESHED = (
    "Computed by the definition of 20 Apr 2026, which has changed since (share).",
    "To compute it by the new one: scorecard refresh --metric kept_promises",
)
MOVED = (
    "We count it differently since 21 Apr 2026 (share): 2026-Q1 was 80.0% by the earlier definition and is 40.0% by "
    "the new one (−40.0 points). That alone took it from Watch to Red flag."
)


@pytest.fixture
def edited(computed):
    """Return the shop whose definition was changed after its refresh."""
    put(computed, NAME, EDITED)
    return computed


@pytest.fixture
def recounted(edited):
    """Return the shop after the refresh by the new definition."""
    done = run(edited, "refresh", "--metric", "kept_promises", now=LATER)
    assert done.exit_code == 0, done.output
    return edited


def surfaces(root):
    """Return what a client gets by address, as text and as JSON."""
    project = Project.open(root)
    client = create_app(project, now=lambda: LATER).test_client()
    api = "/api/v1/metrics/kept_promises"
    got = {address: client.get(address) for address in (
        "/", "/catalogue", "/catalogue/kept_promises", "/metrics", api, f"{api}/observations", f"{api}/changes",
        "/api/v1/scorecards/joint",
    )}  # fmt: skip
    project.store.close()
    assert {one.status_code for one in got.values()} == {200}
    return {address: one.get_data(as_text=True) for address, one in got.items()}


def text_of(root, *words):
    said = lines(run(root, "show", *words, now=LATER).stdout)
    return " ".join(" ".join(said).split())


def test_before_the_refresh_the_old_number_stands_under_its_old_name(edited):
    for words in ((), ("--why",)):
        said = text_of(edited, *words)
        assert all(sentence in said for sentence in UNREFRESHED)
        assert "Kept promises" in said
        assert "Promises kept on the web" not in said
    got = surfaces(edited)
    for address in ("/", "/catalogue", "/catalogue/kept_promises"):
        assert UNREFRESHED[0] in got[address]
        assert "<code>scorecard refresh --metric kept_promises</code>" in got[address]
    for address in got:
        if address.startswith("/api/v1/metrics/"):
            by = json.loads(got[address])["computed_by"]
            assert (by["label"], by["unit"], by["since"]) == ("Kept promises", "ratio", "2026-04-20")
            assert json.loads(by["canonical"])["metric"]["metric"] == "kept_promises"
            assert by["hash"] != by["running_hash"]
    assert (
        f'hash="{by["hash"]}",metric="kept_promises",running_hash="{by["running_hash"]}",since="2026-04-20"'
        in (got["/metrics"])
    )
    assert 'scorecard_definition_current{metric="kept_promises"} 0.0' in got["/metrics"]
    told = json.loads(run(edited, "show", "--json", now=LATER).stdout)
    assert told["perspectives"][1]["objectives"][0]["indicators"][0]["computed_by"]["hash"] == by["hash"]


def test_after_the_refresh_the_status_that_moved_says_so(recounted):
    for words in ((), ("--why",)):
        said = text_of(recounted, *words)
        assert MOVED in said
        assert UNREFRESHED[0] not in said
    got = surfaces(recounted)
    for address in ("/", "/catalogue/kept_promises"):
        assert MOVED in got[address]
    told = json.loads(got["/api/v1/scorecards/joint"])
    found = told["perspectives"][1]["objectives"][0]["indicators"][0]
    assert found["computed_by"] is None
    (cause,) = found["causes"]
    assert {name: cause[name] for name in ("cause", "since", "status_before", "status_after", "moved")} == {
        "cause": "definition", "since": "2026-04-21", "status_before": "amber", "status_after": "red", "moved": True,
    }  # fmt: skip
    assert (cause["value_before"], cause["value_after"]) == (0.8, 0.4)
    assert (
        'scorecard_status_moved_timestamp_seconds{cause="definition",metric="kept_promises",scorecard="joint",'
        'status="red",status_before="amber"}'
    ) in got["/metrics"]


def test_a_goal_that_was_edited_is_told_from_what_the_last_refresh_was_scored_by(computed):
    put(computed, NAME, FILES[NAME].replace("goal: 0.9}", "goal: 0.75}"))
    said = text_of(computed)
    goal = "The goal for 2026-Q1 was changed {}, from 90.0% to 75.0%; by the earlier one it would be Watch."
    score = "One goal changed {}: by the earlier ones the score would be 66, not 91."
    for sentence in (goal, score):
        assert sentence.format("since the last refresh") in said
    # A refresh of another metric alone keeps the new scoring: from then on there is a day to name.
    assert run(computed, "refresh", "--metric", "revenue", now=LATER).exit_code == 0
    said = text_of(computed)
    for sentence in (goal, score):
        assert sentence.format("on 21 Apr 2026") in said
    page = surfaces(computed)["/"]
    assert score.format("on 21 Apr 2026") in page


def test_values_in_another_unit_leave_the_metrics_until_they_are_computed(computed):
    put(computed, "metrics/sales/revenue.yml", FILES["metrics/sales/revenue.yml"].replace("unit: gbp", "unit: orders")
        .replace("sum(amount)", "count"))  # fmt: skip
    got = surfaces(computed)
    assert "kpi_revenue" not in got["/metrics"]
    assert "£450" in got["/catalogue"]
    assert "Not scored: the goal is in another unit." in text_of(computed, "--why")
