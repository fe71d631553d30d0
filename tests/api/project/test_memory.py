"""What is made once and shown by all: never beyond a refresh, a reload, a restore, or a change of freshness."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.project import project as projects
from api.project.memory import MOST, Lasting, Memory
from api.project.project import Project
from metrics.grain import Span
from metrics.store.store import Store
from tests.api.northwind import COMPUTED, FILES, NOW, WATERMARK, a_run, fill, write_definitions

WARN = FILES | {
    "datasets/orders.yml": FILES["datasets/orders.yml"] + "freshness: {warn: 26h}\n",
    "datasets/tickets.yml": FILES["datasets/tickets.yml"] + "freshness: {warn: 3 days}\n",
}
ALL = ("revenue", "kept_promises", "over_promise_share", "first_reply")
PATHS = ("/", "/api/v1/scorecards/joint", "/metrics", "/api/v1/flat/scorecard")


def made(at, until=None):
    return Lasting(object(), at, until)


def test_what_is_held_is_of_one_revision_and_of_instants_at_which_it_holds():
    memory, later = Memory(), NOW + timedelta(hours=1)
    first = memory.get("key", ("a",), NOW, lambda: made(NOW, later))
    assert memory.get("key", ("a",), NOW, lambda: made(NOW)) is first
    assert memory.get("key", ("a",), later, lambda: made(later)) is first
    assert memory.get("other", ("a",), NOW, lambda: made(NOW)) is not first
    second = memory.get("key", ("a",), later + timedelta(microseconds=1), lambda: made(later))
    assert second is not first
    # A clock that was set back asks for what was known then.
    assert memory.get("key", ("a",), NOW, lambda: made(NOW)) is not second
    assert memory.get("key", ("b",), NOW, lambda: made(NOW)) is not first


def test_what_was_made_while_a_refresh_wrote_is_made_again():
    memory = Memory()
    old = memory.get("key", ("before",), NOW, lambda: made(NOW))
    assert memory.get("key", ("after",), NOW, lambda: made(NOW)) is not old


def test_an_error_is_not_held():
    memory = Memory()
    with pytest.raises(ZeroDivisionError):
        memory.get("key", (), NOW, lambda: made(1 // 0))
    assert memory.get("key", (), NOW, lambda: made(NOW)).holds(NOW)


def test_what_was_not_used_for_longest_goes_first():
    memory = Memory()
    held = [memory.get(number, (), NOW, lambda: made(NOW)) for number in range(MOST)]
    memory.get(0, (), NOW, lambda: made(NOW))
    memory.get("one more", (), NOW, lambda: made(NOW))
    assert memory.get(0, (), NOW, lambda: made(NOW)) is held[0]
    assert memory.get(1, (), NOW, lambda: made(NOW)) is not held[1]


@pytest.fixture
def filled(tmp_path):
    """Return a project in a file of which some metrics are computed, with datasets that say when they are old."""
    write_definitions(tmp_path, WARN)
    project = Project.open(tmp_path)
    for name in ALL:
        fill(project, name)
    yield project
    project.store.close()


def again(project):
    """Return the same project without anything in memory."""
    return replace(project, memory=Memory())


def answers(project, now, paths=PATHS):
    client = create_app(project, now=lambda: now).test_client()
    found = [client.get(path) for path in paths]
    assert {answer.status_code for answer in found} == {200}
    return [answer.data for answer in found]


def test_a_report_is_built_once_for_page_api_and_metrics(filled, monkeypatch):
    built, real = [], projects.build_report

    def counted(scorecard, *rest):
        built.append(scorecard.scorecard)
        return real(scorecard, *rest)

    monkeypatch.setattr(projects, "build_report", counted)
    client = create_app(filled, now=lambda: NOW).test_client()
    for path in (*PATHS, *PATHS, "/metrics/revenue"):
        client.get(path)
    assert sorted(built) == ["joint", "service_only"]


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(-30, 24 * 50), min_size=2, max_size=5))
def test_at_any_instants_the_same_as_made_for_them_alone(northwind_with_ages, hours):
    project = again(northwind_with_ages)
    for each in hours:
        now = NOW + timedelta(hours=each, minutes=each % 7)
        alone = again(project)
        assert project.report("joint", None, now) == alone.report("joint", None, now)


@pytest.fixture(scope="module")
def northwind_with_ages(tmp_path_factory):
    root = tmp_path_factory.mktemp("ages")
    write_definitions(root, WARN)
    project = Project.open(root, "sqlite://")
    for name in ALL:
        fill(project, name)
    yield project
    project.store.close()


def stale(project, now):
    page, scorecard, metrics, flat = answers(project, now)
    data = json.loads(scorecard)
    indicators = [
        one for part in data["perspectives"] for goal in part["objectives"] for one in goal["indicators"]
    ]
    assert {one["metric"]: one["stale"] for one in indicators} == {
        one["metric"]: one["stale"] for one in json.loads(flat)
    }
    return {one["metric"] for one in indicators if one["stale"]}, page, metrics


def test_data_become_old_on_the_instant_on_every_surface(filled):
    end = Span.parse("26h").after(WATERMARK, filled.catalog.company.calendar.zone)
    before, *_ = stale(filled, NOW)
    last, page, metrics = stale(filled, end)
    assert "revenue" not in before | last
    after, page_after, _ = stale(filled, end + timedelta(microseconds=1))
    assert {"revenue", "kept_promises"} <= after
    assert page_after != page
    # What is kept of later does not answer for earlier.
    assert stale(filled, end)[1:] == (page, metrics)


def test_ages_grow_while_nothing_else_changes(filled):
    path = ("/api/v1/scorecards/joint",)
    first, second = (json.loads(answers(filled, NOW + timedelta(hours=each), path)[0]) for each in (0, 1))
    assert second["reported_at"] == (NOW + timedelta(hours=1)).isoformat()
    ages = [report["perspectives"][0]["objectives"][0]["indicators"][0]["age"] for report in (first, second)]
    assert ages[1] - ages[0] == 3600
    assert again(filled).report("joint", None, NOW) == filled.report("joint", None, NOW)


def test_what_another_process_refreshed_is_shown(filled):
    before = answers(filled, NOW)
    with Store.open(f"sqlite:///{filled.root}/.scorecard/store.db") as other:
        fill(replace(filled, store=other), "team_mood")
        other.record_refresh(COMPUTED, COMPUTED, ok=5, failed=0)
    after = answers(filled, NOW)
    assert after == answers(again(filled), NOW)
    assert all(old != new for old, new in zip(before, after, strict=True))


def test_a_failed_run_of_another_process_is_shown(filled):
    answers(filled, NOW)
    run = replace(a_run(filled, "revenue"), id="failed", outcome="failed", error="connection refused")
    with Store.open(f"sqlite:///{filled.root}/.scorecard/store.db") as other:
        other.fail(run)
    assert answers(filled, NOW) == answers(again(filled), NOW)
    assert b"connection refused" in answers(filled, NOW)[1]


def test_a_store_that_is_put_back_is_shown_though_its_numbers_come_again(filled):
    file = filled.root / ".scorecard" / "store.db"
    filled.store.close()
    kept = file.with_name("kept.db")
    shutil.copy(file, kept)
    fill(filled, "team_mood")
    with_mood = answers(filled, NOW)
    # As `scorecard restore` does: another file in its place, which then goes on with the same numbers.
    filled.store.close()
    for each in ("-wal", "-shm"):
        file.with_name(f"{file.name}{each}").unlink(missing_ok=True)
    kept.replace(file)
    fill(filled, "acquisition_cost")
    assert answers(filled, NOW) == answers(again(filled), NOW)
    assert answers(filled, NOW)[2] != with_mood[2]


def test_definitions_that_are_read_again_begin_anew(filled):
    before = answers(filled, NOW)
    path = filled.root / "definitions/metrics/sales/revenue.yml"
    path.write_text(path.read_text().replace("goal: 420000", "goal: 4200000"))
    reloaded = filled.reloaded()
    after = answers(reloaded, NOW)
    assert after == answers(again(reloaded), NOW)
    assert before[1] != after[1]
    assert answers(filled, NOW) == before


def test_whoever_has_no_key_gets_nothing_from_memory(filled):
    app = create_app(filled, now=lambda: NOW, anonymous=False)
    answers(filled, NOW)
    outside = app.test_client()
    for path in PATHS:
        assert outside.get(path).status_code == 401


def test_a_memory_of_the_past_is_none_of_the_present(filled):
    assert filled.report("joint", "2026-Q1", NOW).period_name == "2026-Q1"
    assert filled.report("joint", None, NOW).period_name != "2026-Q1"
    assert filled.report("joint", None, datetime(2030, 1, 1, tzinfo=UTC)) == again(filled).report(
        "joint", None, datetime(2030, 1, 1, tzinfo=UTC)
    )
