"""A business calendar from company.yml to a duration: holidays, the definition hash, words and refusals."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from metrics.catalog.definition_hash import definition_hash
from metrics.describe.parameters import parameters
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.loading.folder import folder_of
from metrics.loading.loader import Loaded, load
from metrics.operations.explain import explain

GOLDEN = Path(__file__).parents[2] / "golden" / "project"
NOW = datetime(2024, 4, 20, tzinfo=UTC)
COMPANY = "definitions/company.yml"
METRIC = "definitions/metrics/golden/duration_clock.yml"
HOLIDAYS = "definitions/holidays_uk.csv"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN, tmp_path / "p")
    return tmp_path / "p"


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def hash_of(root: Path, metric: str = "duration_clock") -> str:
    catalog = load(root).catalog
    assert catalog is not None
    return definition_hash(catalog, metric)


def found(loaded: Loaded) -> list[str]:
    return [str(each) for each in loaded.findings]


# -- the file -----------------------------------------------------------------------------------------


def test_holidays_stand_in_the_project_folder_or_in_definitions(project: Path) -> None:
    loaded = load(project)
    assert loaded.catalog is not None
    assert loaded.catalog.company.calendars["uk"].closed == (
        date(2024, 1, 1), date(2024, 1, 22), date(2024, 3, 29), date(2024, 4, 1)
    )  # fmt: skip
    (project / "holidays_uk.csv").write_text("date\n2024-12-25\n", encoding="utf-8")
    loaded = load(project)
    assert loaded.catalog is not None
    assert loaded.catalog.company.calendars["uk"].closed == (date(2024, 12, 25),)


def test_a_file_that_is_not_there_is_found_where_it_is_named(project: Path) -> None:
    (project / HOLIDAYS).unlink()
    message = "holidays-file the project folder has no file 'holidays_uk.csv'"
    assert found(load(project)) == [f"{COMPANY}:6:88 {message}"]


@pytest.mark.parametrize("path", ["../holidays_uk.csv", "/etc/hostname", "definitions"])
def test_nothing_is_read_outside_of_the_project(project: Path, path: str) -> None:
    (project.parent / "holidays_uk.csv").write_text("date\n2024-12-25\n", encoding="utf-8")
    edit(project, COMPANY, "holidays_uk.csv", path)
    assert found(load(project)) == [f"{COMPANY}:6:88 holidays-file the project folder has no file {path!r}"]


def test_a_bad_day_is_found_in_the_file(project: Path) -> None:
    edit(project, HOLIDAYS, "2024-03-29,Good", "29.3.2024,Good")
    message = "holidays-file '29.3.2024' is not a day such as 2026-12-25"
    assert found(load(project)) == [f"{HOLIDAYS}:4:1 {message}"]


def test_a_state_of_a_history_brings_its_own_files() -> None:
    folder = folder_of({"company.yml": b"", "holidays_uk.csv": b"date\n"})
    assert (folder.beside(HOLIDAYS), folder.beside("holidays_uk.csv")) == (b"date\n", None)
    assert folder_of({}, {"holidays_uk.csv": b"x"}.get).beside("holidays_uk.csv") == b"x"


# -- the hash -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "same"),
    [
        # Whatever changes when the clock runs.
        (HOLIDAYS, "2024-01-22", "2024-01-23", False),
        (COMPANY, "13:00-16:00", "13:00-16:30", False),
        (COMPANY, "holidays_uk.csv}", "holidays_uk.csv, timezone: Europe/Paris}", False),
        (METRIC, "reason = 'customer'", "reason = 'supplier'", False),
        (METRIC, "calendar: uk, ", "", False),
        # What does not: words beside the days, how hours are written, the zone that holds anyway.
        (HOLIDAYS, "a day off", "another day off", True),
        (
            COMPANY,
            'mon-thu: "09:00-17:30"',
            'mon: "09:00-17:30", tue-thu: ["09:00-12:00", "12:00-17:30"]',
            True,
        ),
        (COMPANY, "holidays_uk.csv}", "holidays_uk.csv, timezone: Europe/London}", True),
        (COMPANY, "calendars:\n", 'calendars:\n  us: {hours: {mon-fri: "09:00-17:00"}}\n', True),
    ],
)
def test_what_of_a_calendar_is_in_the_hash(project: Path, file: str, old: str, new: str, same: bool) -> None:
    before = hash_of(project)
    edit(project, file, old, new)
    assert found(load(project)) == []
    assert (hash_of(project) == before) is same


def test_a_metric_without_a_clock_does_not_depend_on_calendars(project: Path) -> None:
    before = hash_of(project, "duration")
    edit(project, COMPANY, "13:00-16:00", "13:00-16:30")
    assert hash_of(project, "duration") == before


# -- words --------------------------------------------------------------------------------------------


def test_the_words_say_calendar_holidays_and_pauses() -> None:
    catalog = load(GOLDEN).catalog
    assert catalog is not None
    [clock] = [term for term in parameters(catalog.metrics["duration_clock"], catalog) if term.key == "clock"]
    assert clock.value == (
        "calendar uk, pause dataset holds, start since, end until, where reason = 'customer'"
    )
    assert clock.says == (
        "open time alone counts: mon-thu 09:00-17:30, fri 09:00-12:00 and 13:00-16:00 in Europe/London, without "
        "4 holidays; less the time in holds, overlapping pauses once, an open one until now"
    )


def test_the_lineage_names_the_pauses() -> None:
    catalog = load(GOLDEN).catalog
    assert catalog is not None
    found = explain(catalog, GOLDEN, "duration_clock", NOW)
    assert found.error is None
    assert {each.name for each in found.upstream if each.kind == "dataset"} == {"tickets", "holds"}


# -- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("definitions/datasets/tickets.yml", "time: opened_at", "time: date(opened_at)",
         "clock needs times of day, but from is a DATE"),
        (METRIC, "time: answered_at", "time: date(answered_at)", "clock needs times of day, but to is a DATE"),
        (METRIC, "start: since", "start: date(since)", "clock needs times of day, but pause.start is a DATE"),
        (METRIC, "end: until", "end: date(until)", "clock needs times of day, but pause.end is a DATE"),
    ],
)  # fmt: skip
def test_a_clock_is_not_read_at_a_date(project: Path, file: str, old: str, new: str, message: str) -> None:
    edit(project, file, old, new)
    catalog = load(project).catalog
    assert catalog is not None
    with Session(catalog, project, NOW) as session:
        [outcome] = Planner(session).compute([request_for(catalog.metrics["duration_clock"])])
    assert str(outcome.error) == f"metric 'duration_clock': {message}"


def test_the_watermark_is_that_of_the_pauses_where_they_lag(project: Path) -> None:
    edit(project, "definitions/datasets/holds.yml", "{lag: 0 days}", "{lag: 2 days}")
    catalog = load(project).catalog
    assert catalog is not None
    with Session(catalog, project, NOW) as session:
        assert Planner(session).watermark("duration_clock") == datetime(2024, 4, 18, tzinfo=UTC)
        assert Planner(session).watermark("duration") == NOW
