import json
import re
from datetime import UTC, datetime

import pytest

from api.starter import compose
from tests.api.cli.shop import lines, run


def test_the_starter_passes_every_check_and_can_be_refreshed_and_shown(tmp_path):
    folder = tmp_path / "new"
    done = run(None, "init", str(folder))
    assert done.exit_code == 0
    assert [line.removeprefix(f"{folder}/") for line in lines(done.stdout)] == [
        ".gitignore",
        "data/orders.csv",
        "definitions/company.yml",
        "definitions/datasets/orders.yml",
        "definitions/metrics/sales/revenue.yml",
        "definitions/metrics/service/kept_promises.yml",
        "definitions/scorecards/joint.yml",
        "definitions/sources.yml",
    ]
    assert lines(done.stderr) == [
        "",
        "Next:",
        f"  scorecard check --data --project {folder}",
        f"  scorecard refresh --project {folder}",
        f"  scorecard show --project {folder}",
        f"  scorecard serve --project {folder}",
        "Then change definitions/ to your own company, and keep the folder in git.",
    ]
    now = datetime(2026, 11, 1, 6, tzinfo=UTC)
    checked = run(folder, "check", "--data", now=now)
    assert (checked.exit_code, checked.stdout) == (0, "")
    assert checked.stderr == "0 errors, 0 failures, 0 pieces of advice\n"
    assert run(folder, "refresh", now=now).exit_code == 0
    report = json.loads(run(folder, "show", "--json", now=now).stdout)
    assert report["coverage"] == 1
    assert report["period_name"] == "2026-Q3"


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    done = run(None, "init", str(tmp_path))
    assert done.exit_code == 2
    assert done.stderr.endswith(f"Error: {tmp_path} is not empty: name a new folder\n")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_filled(tmp_path):
    assert run(None, "init", str(tmp_path)).exit_code == 0
    assert (tmp_path / "definitions" / "company.yml").is_file()


def test_the_schemas_that_the_first_lines_name_are_there(tmp_path):
    run(None, "init", str(tmp_path))
    for path in (tmp_path / "definitions").rglob("*.yml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        named = first.removeprefix("# yaml-language-server: $schema=")
        assert json.loads((path.parent / named).read_text(encoding="utf-8"))["$schema"]


def test_a_starter_for_two_systems(tmp_path):
    folder = tmp_path / "new"
    done = run(None, "init", str(folder), "--from", "google_ads, stripe", "--schema", "fivetran")
    assert done.exit_code == 0
    written = [line.removeprefix(f"{folder}/") for line in lines(done.stdout)]
    assert written == sorted(written)
    assert written == sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and ".scorecard" not in path.parts
    )
    metrics = {path.rpartition("/")[2] for path in written if "/metrics/" in path}
    assert {"ad_spend.yml", "mrr.yml", "cac.yml"} <= metrics
    assert not {"leads.yml", "tickets.yml", "cost_per_lead.yml", "contact_rate.yml"} & metrics
    assert lines(done.stderr) == [
        "",
        "Next:",
        '  export WAREHOUSE_URL="postgresql://reader:secret@warehouse.example.com/analytics"',
        f"  scorecard check --data --project {folder}",
        f"  scorecard refresh --project {folder}",
        f"  scorecard show --project {folder}",
        f"  scorecard serve --project {folder}",
        "Comments say what to adapt; search for 'Adapt'. Targets are yours to set.",
        "Then change definitions/ to your own company, and keep the folder in git.",
    ]
    scorecard = (folder / "definitions" / "scorecards" / "joint.yml").read_text(encoding="utf-8")
    assert re.findall(r"objective: (\w+)", scorecard) == [
        "grow_soundly",
        "loyal_customers",
        "advertise_well",
        "collect_what_is_due",
    ]


def test_a_system_without_customers_writes_no_identities(tmp_path):
    folder = tmp_path / "new"
    assert run(None, "init", str(folder), "--from", "google_ads").exit_code == 0
    assert not (folder / "definitions" / "identities.yml").exists()
    assert not (folder / "definitions" / "datasets" / "customer_ids.yml").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--from", "salesfroce,stripe"],
            "no starter for 'salesfroce' (did you mean 'salesforce'?): "
            "google_ads, hubspot, salesforce, stripe, zendesk",
        ),
        (["--from", "stripe,"], "no starter for '': google_ads, hubspot, salesforce, stripe, zendesk"),
        (["--from", "stripe", "--schema", "airbyte"], "no layout is called 'airbyte': fivetran"),
        (["--schema", "fivetran"], "--schema says how tables are laid out: name the systems with --from"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(tmp_path, options, message):
    done = run(None, "init", str(tmp_path / "new"), *options)
    assert done.exit_code == 2
    assert done.stderr.endswith(f"Error: {message}\n")
    assert not (tmp_path / "new").exists()


def test_a_starter_refuses_a_folder_that_is_not_empty(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    done = run(None, "init", str(tmp_path), "--from", "stripe")
    assert done.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_schemas_of_a_starter_are_there(tmp_path):
    run(None, "init", str(tmp_path), "--from", ",".join(compose.systems("fivetran")))
    found = list((tmp_path / "definitions").rglob("*.yml"))
    assert len(found) > 60
    for path in found:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        named = first.removeprefix("# yaml-language-server: $schema=")
        assert json.loads((path.parent / named).read_text(encoding="utf-8"))["$schema"]
