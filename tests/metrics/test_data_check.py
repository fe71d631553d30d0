"""`check --data`: each rule finds what it is for, at its place, and nothing else."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from metrics.data_check import check_data
from metrics.loading.loader import load

NOW = datetime(2024, 4, 22, tzinfo=UTC)
GOLDEN = Path(__file__).parent.parent / "golden" / "project"


KEPT = ("aggregate", "conversion", "duration_clock", "proportion", "proportion_per", "ratio_allocated")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the golden project with a few of its metrics: each check computes all that there are."""
    shutil.copytree(GOLDEN, tmp_path / "p")
    for path in (tmp_path / "p" / "definitions" / "metrics" / "golden").iterdir():
        if path.stem not in KEPT:
            path.unlink()
    # The same rows under another name would have each finding twice.
    for path in (tmp_path / "p" / "definitions" / "datasets").glob("late_*.yml"):
        path.unlink()
    return tmp_path / "p"


def findings(root: Path) -> list[str]:
    loaded = load(root)
    assert loaded.catalog is not None
    assert [str(found) for found in loaded.findings] == []
    return [str(found) for found in check_data(loaded.catalog, loaded.places, root, NOW)]


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


EVENTS = "definitions/datasets/events.yml"


def test_a_sound_project_has_no_findings() -> None:
    assert findings(GOLDEN) == []


def test_source_unreachable(project: Path) -> None:
    edit(project, "definitions/sources.yml", ":memory:", "nowhere.duckdb")
    assert findings(project) == [
        "definitions/sources.yml:1:24 source-unreachable no file nowhere.duckdb",
    ]


def test_missing_table(project: Path) -> None:
    edit(project, EVENTS, "data/events.csv", "data/event.csv")
    assert findings(project) == [f"{EVENTS}:3:8 missing-table no file matches data/event.csv"]


def test_refused_metric(project: Path) -> None:
    """What no refresh takes is found with its place, column and value; test_refused_metric.py has every cause."""
    edit(project, "data/events.csv", "paid,100.00,GBP", "paid,$100.00,GBP")
    said = findings(project)
    assert said
    assert all(" refused-metric " in each and "; a refresh fails for " in each for each in said), said
    assert all('"$100.00"' in each for each in said), said


def test_expression_type(project: Path) -> None:
    edit(project, EVENTS, "time: at", 'time: at\nwhere: "stage > 3 and stagee is null"')
    assert findings(project) == [f"{EVENTS}:6:8 expression-type text is compared with integer"]
    edit(project, EVENTS, "stage > 3 and ", "")
    assert findings(project) == [
        f"{EVENTS}:6:8 expression-type dataset 'events' has no column 'stagee' (did you mean 'stage'?)"
    ]


def test_expression_type_in_a_metric_and_once_only(project: Path) -> None:
    edit(project, EVENTS, "expression: amount", "expression: amont")
    assert findings(project) == [
        f"{EVENTS}:7:31 expression-type dataset 'events' has no column 'amont' (did you mean 'amount'?)"
    ]
    edit(project, EVENTS, "amont", "amount")
    edit(project, "definitions/metrics/golden/proportion.yml", "share: kept", "share: amount")
    assert findings(project) == [
        "definitions/metrics/golden/proportion.yml:6:8 expression-type a condition is wanted here, got decimal"
    ]


def test_expression_type_of_what_is_said_of_an_entity(project: Path) -> None:
    metric = "definitions/metrics/golden/proportion_per.yml"
    edit(project, metric, "sum(money) > 10", "sum(stage) > 10")
    assert findings(project) == [
        f"{metric}:9:30 expression-type a number is wanted here, got text: stage is text, such as 'mql'"
    ]
    edit(project, metric, "sum(stage) > 10", "max(stage) > 10")
    assert findings(project) == [f"{metric}:9:26 expression-type text is compared with integer"]
    edit(project, metric, "max(stage) > 10", "max(at) > '2024-02-01'")
    assert findings(project) == []


def test_expression_type_of_what_is_allocated(project: Path) -> None:
    metric = "definitions/metrics/golden/ratio_allocated.yml"
    edit(project, metric, "amount < 100", "amont < 100")
    assert findings(project) == [
        f"{metric}:8:19 expression-type dataset 'spend' has no column 'amont' (did you mean 'amount'?)"
    ]


def test_duplicate_key(project: Path) -> None:
    edit(project, EVENTS, "key: event_id", "key: [lead_id, stage]")
    assert findings(project) == [
        f"{EVENTS}:4:6 duplicate-key 1 value of the key (lead_id, stage) stand on more than one row"
    ]


def test_missing_rate(project: Path) -> None:
    (project / "data" / "fx.csv").write_text(
        "day,base,quote,rate\n2024-02-01,EUR,GBP,0.8\n2024-02-01,EUR,GBP,0.9\n"
    )
    edit(project, "definitions/datasets/fx.yml", "key: [base, quote, day]\n", "")
    assert findings(project) == [
        f"{EVENTS}:7:11 missing-rate 1 days of 'fx' hold more than one rate for one currency pair"
    ]
    (project / "data" / "fx.csv").write_text("day,base,quote,rate\n2024-03-05,EUR,GBP,0.8\n")
    assert findings(project) == [
        f"{EVENTS}:7:11 missing-rate 1 rows of 'events' have no exchange rate to GBP for column 'money'"
    ]


def test_fan_out(project: Path) -> None:
    edit(project, "definitions/datasets/spend.yml", "key: [day, channel]", "key: channel")
    edit(project, EVENTS, "settle: 1 day", "lookups: {spent: {dataset: spend, on: channel}}\nsettle: 1 day")
    assert findings(project) == [
        f"{EVENTS}:10:11 fan-out 2 keys of 'spend' (channel) stand on more than one row, so a lookup would fan out",
        "definitions/datasets/spend.yml:4:6 duplicate-key 2 values of the key (channel) stand on more than one row",
    ]


def test_unparsable_time(project: Path) -> None:
    edit(project, EVENTS, "time: at", 'time: at\ntypes: {channel: {type: date, format: "%d-%m-%y"}}')
    assert findings(project) == [
        f"{EVENTS}:6:18 unparsable-time 11 texts do not fit the format '%d-%m-%y', such as 'organic'"
    ]


def test_stale(project: Path) -> None:
    edit(project, EVENTS, "complete_through: {lag: 0 days}", "freshness: {warn: 26h, fail: 60 days}")
    said = f"{EVENTS}:9:12 stale the data ends at 2024-04-02 00:00 UTC, more than 26 hours ago"
    assert findings(project) == [said]
    # A mistyped year makes nothing fresh.
    data = project / "data" / "events.csv"
    data.write_text(data.read_text(encoding="utf-8").replace("2024-02-", "2206-02-", 1), encoding="utf-8")
    assert [found.split(" ")[1] for found in findings(project)] == ["future-rows", "stale"]
    assert findings(project)[-1] == said


def test_future_rows(project: Path) -> None:
    data = project / "data" / "events.csv"
    head, *rows = data.read_text(encoding="utf-8").splitlines()
    place = head.split(",").index("at")

    def dated(text: str) -> str:
        return ",".join([text, *rows[0].split(",")[1:place], text, *rows[0].split(",")[place + 1 :]])

    # A clock is a little ahead; a year is mistyped.
    data.write_text("\n".join([head, *rows, dated("2024-04-22T00:03:00"), ""]), encoding="utf-8")
    assert findings(project) == []
    more = [dated("2206-03-05T12:00:00"), dated("2024-04-23T00:00:00")]
    data.write_text("\n".join([head, *rows, *more, ""]), encoding="utf-8")
    assert findings(project) == [
        f"{EVENTS}:5:7 future-rows 2 rows lie after now, the last on 2206-03-05: not counted until then; "
        "correct the times, or declare `planned` what is known beforehand"
    ]
    edit(project, EVENTS, "complete_through: {lag: 0 days}", 'complete_through: "at + 1 hour"')
    assert [each.partition(" the last")[0] for each in findings(project)] == [
        f"{EVENTS}:5:7 future-rows 2 rows lie after now,",
        f"{EVENTS}:9:19 future-rows 2 rows lie after now,",
    ]
    edit(project, EVENTS, "time: at", "time: at\ntypes: {at: {type: timestamp, planned: true}}")
    assert findings(project) == []


def test_ancient_rows(project: Path) -> None:
    data = project / "data" / "events.csv"
    head, *rows = data.read_text(encoding="utf-8").splitlines()
    cells = dict(zip(head.split(","), rows[0].split(","), strict=True))
    never = ",".join((cells | {"at": "0001-01-01T00:00:00", "event_id": "999999"}).values())
    data.write_text("\n".join([head, *rows, never, ""]), encoding="utf-8")
    assert findings(project) == [
        f"{EVENTS}:5:7 ancient-rows 1 row lies before the year 1000, such as event_id '999999': in no period, and "
        "counted by the grain all alone; correct the times at their source, or leave them out by `exclude`"
    ]


def test_left_truncated(project: Path) -> None:
    with duckdb.connect() as connection:
        source, target = project / "data" / "events.csv", project / "data" / "late.csv"
        connection.execute(f"copy (select * from '{source}' where \"at\" >= '2024-03-01') to '{target}'")
    text = (project / EVENTS).read_text(encoding="utf-8").replace("events", "late")
    (project / "definitions/datasets/late.yml").write_text(text, encoding="utf-8")
    edit(project, "definitions/metrics/golden/conversion.yml", "to: {dataset: events", "to: {dataset: late")
    assert findings(project) == [
        "definitions/metrics/golden/conversion.yml:7:5 left-truncated 'late' begins on 2024-03-01: "
        "cohorts before it read too low"
    ]


def test_clock_days(project: Path) -> None:
    metric = "definitions/metrics/golden/duration_clock.yml"
    edit(project, "definitions/datasets/tickets.yml", "time: opened_at", "time: date(opened_at)")
    edit(project, metric, "end: until", "end: date(until)")
    said = "clock-days clock needs times of day, but"
    found = [each for each in findings(project) if "clock" in each]
    assert found == [
        f"{metric}:6:17 {said} from is a DATE",
        f"{metric}:10:96 {said} pause.end is a DATE",
    ]


CROSSWALK = """dataset: ids
source: files
files: data/ids.csv
key: [system, id]
"""


def with_crosswalk(project: Path, lines: str) -> None:
    (project / "data" / "ids.csv").write_text("system,id,customer\n" + lines, encoding="utf-8")
    (project / "definitions/datasets/ids.yml").write_text(CROSSWALK, encoding="utf-8")
    (project / "definitions/identities.yml").write_text(
        "identities: {lead: {crosswalk: {dataset: ids, system: system, id: id, entity: customer}}}\n",
        encoding="utf-8",
    )
    edit(project, EVENTS, "{lead: lead_id}", "{lead: {id: lead_id, system: crm}}")


def test_unmatched_id(project: Path) -> None:
    with_crosswalk(project, "crm,a,A\ncrm,b,A\ncrm,c,C\ncrm,d,D\ncrm,e,E\nother,f,F\n")
    assert findings(project) == [
        f"{EVENTS}:6:18 unmatched-id 3 rows have an id of 'crm' that 'ids' does not know"
    ]


def advice(root: Path, code: str) -> list[str]:
    return [each for each in findings(root) if f" {code} " in each]


def test_naive_zone(project: Path) -> None:
    edit(project, EVENTS, "timezone: UTC", "")
    assert findings(project) == [
        f"{EVENTS}:1:1 naive-zone at says no zone and is read as UTC, while the company is in Europe/London: write "
        "timezone: Europe/London, or timezone: UTC where it is right"
    ]
    edit(project, "definitions/company.yml", "timezone: Europe/London", "timezone: UTC")
    assert advice(project, "naive-zone") == []


def test_absent_literal(project: Path) -> None:
    metric = "definitions/metrics/golden/aggregate.yml"
    edit(project, metric, "stage = 'opportunity'", "stage = 'Opportunity '")
    (said,) = advice(project, "absent-literal")
    held = (project / "data" / "events.csv").read_text(encoding="utf-8").count(",opportunity,")
    assert said == (
        f"{metric}:7:17 absent-literal stage = 'Opportunity ' never occurs in 'events'; 'opportunity' does, in "
        f"{held} rows"
    )
    edit(project, metric, "'Opportunity '", "'won'")
    (said,) = advice(project, "absent-literal")
    assert said.startswith(
        f"{metric}:7:17 absent-literal stage = 'won' never occurs in 'events'; it holds 'mql', "
    )
    # What is left out may not have come yet, and of short codes one letter makes another.
    edit(project, metric, "stage = 'won'", "stage <> 'won'")
    assert advice(project, "absent-literal") == []


def test_lookup_unmatched(project: Path) -> None:
    looked = "lookups: {spent: {dataset: ids, on: event_id}}\ndimensions: {channel: channel}"
    (project / "data" / "ids.csv").write_text("id,kind\nE1,a\nE2,b\n", encoding="utf-8")
    (project / "definitions/datasets/ids.yml").write_text(
        "dataset: ids\nsource: files\nfiles: data/ids.csv\nkey: id\n", encoding="utf-8"
    )
    edit(project, EVENTS, "dimensions: {channel: channel}", looked)
    edit(project, EVENTS, "key: event_id", "key: event_id\ntypes: {event_id: text}")
    (said,) = advice(project, "lookup-unmatched")
    rows = len((project / "data" / "events.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert said == (
        f"{EVENTS}:9:11 lookup-unmatched 0 of {rows} rows with event_id find a row of 'ids', and '1' does not: "
        "compare event_id with its key (id)"
    )
    (project / "data" / "ids.csv").write_text("id,kind\n1,a\nE2,b\n", encoding="utf-8")
    assert advice(project, "lookup-unmatched") == []


def test_ends_before_start(project: Path) -> None:
    tickets = project / "data" / "tickets.csv"
    text = tickets.read_text(encoding="utf-8")
    tickets.write_text(text.replace("2024-01-05 12:30:00", "2024-01-05 08:30:00"), encoding="utf-8")
    metric = "definitions/metrics/golden/duration_clock.yml"
    assert advice(project, "ends-before-start") == [
        f"{metric}:7:30 ends-before-start 1 row ends before the start, such as ticket_id 't1': what ends before it "
        "starts has no length; correct the times at their source"
    ]
    tickets.write_text(text, encoding="utf-8")
    holds = project / "data" / "holds.csv"
    edit(project, metric, "start: since, end: until", "start: until, end: since")
    ended = [line for line in holds.read_text(encoding="utf-8").splitlines()[1:] if line.count("2024-") == 2]
    (said,) = advice(project, "ends-before-start")
    assert f"{len(ended)} rows end before the start" in said


def test_duration_days(project: Path) -> None:
    shutil.copy(GOLDEN / "definitions/metrics/golden/duration.yml", project / "definitions/metrics/golden")
    metric, dataset = "definitions/metrics/golden/duration.yml", "definitions/datasets/tickets.yml"
    edit(project, metric, "statistic: p50", "statistic: p50\nunit: hours")
    assert advice(project, "duration-days") == []
    edit(project, dataset, "time: opened_at", "time: date(opened_at)")
    said = "duration-days a DATE has no time of day, so that each day counts as 24 hours"
    assert advice(project, "duration-days") == [f"{metric}:6:17 {said}: name a timestamp, or ask in days"]
    edit(project, metric, "unit: hours", "unit: days")
    assert advice(project, "duration-days") == []
