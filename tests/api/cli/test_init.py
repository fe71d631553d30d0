import json
from datetime import UTC, datetime

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
    checked = run(folder, "check", "--data")
    assert (checked.exit_code, checked.stdout) == (0, "")
    assert checked.stderr == "0 errors, 0 failures, 0 pieces of advice\n"
    now = datetime(2026, 11, 1, 6, tzinfo=UTC)
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
