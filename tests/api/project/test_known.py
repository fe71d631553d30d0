"""What was published is told again as it was: over a year of late rows, changed definitions, goals and weights."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.project.known import known_at
from api.project.project import Project
from api.refresh.refresher import refresher_of
from metrics.errors import UsageError
from metrics.observation import Observation
from metrics.store.store import Store
from scorecard.report import to_dict

Year = tuple[Path, dict[datetime, dict[str, Any]], dict[datetime, list[Observation]]]
BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)
STEP = timedelta(days=14)
ROUNDS = 26
END = BEGIN + ROUNDS * STEP

FILES = {
    "company.yml": "company: Corner Shop\ntimezone: Europe/London\ncurrency: GBP\n"
    "departments: {service: {label: Service, head: service-lead}, sales: {label: Sales, head: sales-lead}}\n",
    "sources.yml": 'sources: {files: {url: "duckdb:///:memory:"}}\n',
    "datasets/answers.yml": """\
dataset: answers
source: files
files: data/answers.csv
key: answer
time: answered
complete_from: 2026-01-01
complete_through: {lag: 1 day}
settle: 10 days
timezone: UTC
dimensions: {region: region}
""",
    "metrics/service/csat.yml": """\
metric: csat
label: Satisfied customers
owner: service
leads: service
direction: up
kind: proportion
dataset: answers
share: "score >= 4"
grains: [month, quarter]
dimensions: [region]
min_sample: 5
targets: [{from: 2026-01-01, red_flag: 0.3, goal: 0.6}]
""",
    "metrics/sales/answers_given.yml": """\
metric: answers_given
label: Answers
owner: sales
leads: sales
direction: up
kind: aggregate
dataset: answers
measure: count
grains: [month]
targets: [{from: 2026-01-01, per: month, red_flag: 10, goal: 30}]
""",
    "scorecards/joint.yml": """\
scorecard: joint
grain: month
perspectives:
  - perspective: customer
    weight: 100
    objectives:
      - objective: happy
        statement: Happy customers
        indicators: [{metric: csat, weight: 60}, {metric: answers_given, weight: 40}]
""",
}

EDITS: dict[int, tuple[str, str, str]] = {
    4: ("scorecards/joint.yml", "{metric: csat, weight: 60}, {metric: answers_given, weight: 40}",
        "{metric: csat, weight: 10}, {metric: answers_given, weight: 90}"),
    8: ("metrics/service/csat.yml", "score >= 4", "score >= 3"),
    11: ("metrics/service/csat.yml", "goal: 0.6", "goal: 0.8"),
    14: ("metrics/service/csat.yml", "label: Satisfied customers", "label: Happy customers"),
    17: ("datasets/answers.yml", "dimensions:", "where: \"region <> 'east'\"\ndimensions:"),
    20: ("scorecards/joint.yml", ", {metric: answers_given, weight: 90}", ""),
    23: ("metrics/service/csat.yml", "share: \"score >= 3\"", "share: \"score >= 3\"\nof: \"region = 'north'\""),
}  # fmt: skip


def rows() -> list[tuple[datetime, str]]:
    """Return rows of a year with the instant at which each arrives: mostly at once, some up to ten weeks late."""
    drawn = random.Random(7)
    found = []
    for number in range(420):
        at = BEGIN - timedelta(days=4) + timedelta(hours=drawn.uniform(0, 24 * 14 * ROUNDS))
        late = timedelta(days=drawn.choice([0, 0, 0, 0, 3, 20, 70]))
        region = drawn.choice(["north", "south", "east"])
        found.append((at + late, f"a{number},{at:%Y-%m-%dT%H:%M:%S},{drawn.randint(1, 5)},{region}\n"))
    return found


def write(root: Path, edited: int) -> None:
    """Write the definitions as they stand in a round."""
    for name, text in FILES.items():
        for number, (file, old, new) in EDITS.items():
            if file == name and number <= edited:
                assert old in text, (file, old)
                text = text.replace(old, new)
        path = root / "definitions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def told(project: Project, now: datetime) -> dict[str, Any]:
    """Return what a report says."""
    return to_dict(project.report("joint", None, now))  # type: ignore[no-any-return]


def values(project: Project) -> list[Observation]:
    """Return every value that is known, of all grains, periods and segments."""
    return [seen for name in ("answers_given", "csat") for seen in project.store.latest(name)]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Return a project that was refreshed through a year, and what was published at each of many instants."""
    root, arrivals = tmp_path_factory.mktemp("year"), rows()
    (root / "data").mkdir()
    published, known = {}, {}
    for number in range(ROUNDS):
        now = BEGIN + number * STEP
        write(root, number)
        there = [row for at, row in arrivals if at <= now]
        (root / "data" / "answers.csv").write_text("answer,answered,score,region\n" + "".join(there))
        project = Project.open(root)
        assert refresher_of(project, lambda at=now: at).refresh().failed == ()
        for later in (timedelta(seconds=1), timedelta(days=6)):
            published[now + later] = told(project, now + later)
            known[now + later] = values(project)
        project.store.close()
    return root, published, known


def test_every_report_of_a_year_is_told_again(year: Year) -> None:
    root, published, known = year
    project = Project.open(root)
    for instant, said in published.items():
        then = known_at(project, instant, END)
        assert told(then, instant) == said, instant
        assert values(then) == known[instant], instant
    # It was not the same report all along.
    assert len({str(said["score"]) for said in published.values()}) > 12
    project.store.close()


def test_before_the_first_refresh_and_after_now_nothing_is_known(
    year: Year,
) -> None:
    root, _, _ = year
    project = Project.open(root)
    with pytest.raises(UsageError) as raised:
        known_at(project, BEGIN, END)
    assert str(raised.value) == (
        "nothing was known before 5 January 2026 06:00: no refresh had ended by then"
    )
    with pytest.raises(UsageError) as raised:
        known_at(project, END + timedelta(days=1), END)
    assert str(raised.value) == "5 January 2027 06:00 is yet to come: nothing is known as of then"
    project.store.close()


def test_page_and_api_say_what_was_known(year: Year) -> None:
    root, published, _ = year
    project = Project.open(root)
    client = create_app(project, now=lambda: END).test_client()
    instant = sorted(published)[30]
    text = instant.isoformat().replace("+", "%2B")
    assert client.get(f"/api/v1/scorecards/joint?as_known={text}").json == published[instant]
    page = client.get(f"/?as_known={text}").text
    assert "As known before" in page
    assert "Happy customers" in page
    # Every link leads on as of then, but for the one to the present.
    assert f'href="/catalogue/csat?as_known={text}"' in page
    assert 'href="/">See it as it is known now' in page
    told_then = client.get(f"/catalogue/csat?as_known={text}").text
    assert "score &gt;= 3" in told_then
    assert "region = &#39;north&#39;" not in told_then
    answered = client.get("/?as_known=2025-01-01")
    assert (answered.status_code, "no refresh had ended by then" in answered.text) == (400, True)
    answered = client.get("/?as_known=soon")
    assert answered.json is not None
    assert answered.json["detail"] == "'soon' is not a day: write 2026-10-01, or 2026-10-01T06:00"
    project.store.close()


def test_a_store_as_it_was_known_reads_no_later_row(
    year: Year,
) -> None:
    root, published, _ = year
    project = Project.open(root)
    for instant in sorted(published)[::9]:
        store: Store = project.store.as_known(instant)
        runs = [store.last_run(name) for name in ("csat", "answers_given")]
        marks = store.dataset_health().values()
        assert all(run is not None and run.finished_at < instant for run in runs)
        assert all(mark.read_at < instant for mark in marks)
    project.store.close()
