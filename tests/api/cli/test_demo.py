import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

import api.cli.demo
from api.demo import Summary
from tests.api.cli.shop import FILES, ORDERS, lines, put, run

REPLAYS = (datetime(2026, 4, 1, 6, tzinfo=UTC), datetime(2026, 4, 20, 6, tzinfo=UTC))


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Make the demo a shop of nine orders; return where its definitions stand."""
    packaged = tmp_path / "packaged"
    for name, text in FILES.items():
        put(packaged, name, text)

    def generate(directory):
        (directory / "data").mkdir()
        (directory / "data" / "orders.csv").write_text(ORDERS, encoding="utf-8")
        return Summary(directory, {"orders.csv": 9})

    monkeypatch.setattr("api.cli.demo.packaged", lambda: packaged / "definitions")
    monkeypatch.setattr("api.demo.generate", generate)
    monkeypatch.setattr("api.demo.REPLAYS", REPLAYS)
    return packaged


def test_the_demo_is_made_and_every_refresh_replayed(small, tmp_path):
    folder = tmp_path / "demo"
    done = run(None, "demo", "--dir", str(folder), "--no-serve")
    assert done.exit_code == 0, done.stderr
    assert lines(done.stdout) == [f"The demo is ready: scorecard show --project {folder}"]
    assert lines(done.stderr)[:-1] == [
        "Writing three years of data",
        "  9 rows in 1 table",
        "Refresh 1 of 2, as of 2026-04-01: 15 new values of 2 metrics",
        "Refresh 2 of 2, as of 2026-04-20: 16 new values of 2 metrics",
        "The demo's clock stands still at 2026-04-20 06:00 UTC, where its data end",
    ]
    assert lines(done.stderr)[-1].startswith("Everything is computed after ")
    known = run(folder, "query", "revenue", "--as-known", "2026-04-02", "--grain", "quarter", "--json")
    assert [(row["value"], row["state"]) for row in json.loads(known.stdout)] == [(450.0, "provisional")]
    now = run(folder, "query", "revenue", "--grain", "quarter", "--json")
    assert [(row["value"], row["state"]) for row in json.loads(now.stdout)] == [
        (450.0, "final"),
        (60.0, "provisional"),
    ]
    assert (folder / ".scorecard" / "schema" / "metric.json").is_file()


def test_a_second_run_uses_the_first(small, tmp_path):
    folder = tmp_path / "demo"
    run(None, "demo", "--dir", str(folder), "--no-serve")
    (folder / "definitions" / "company.yml").write_text("mine", encoding="utf-8")
    done = run(None, "demo", "--dir", str(folder), "--no-serve")
    assert done.exit_code == 0
    assert done.stderr == f"{folder} holds the demo already: its data and its values are used again\n"
    assert (folder / "definitions" / "company.yml").read_text(encoding="utf-8") == "mine"


def test_an_unfinished_demo_is_made_anew(small, tmp_path, monkeypatch):
    folder = tmp_path / "demo"
    with monkeypatch.context() as broken:
        broken.setattr("api.cli.demo.replay", lambda *_: 1 / 0)
        assert run(None, "demo", "--dir", str(folder), "--no-serve").exit_code == 4
    done = run(None, "demo", "--dir", str(folder), "--no-serve")
    assert done.exit_code == 0
    assert lines(done.stderr)[0] == f"{folder} holds a demo that was not finished: it is made anew"
    assert lines(run(folder, "query", "revenue", "--grain", "quarter").stdout)[-1].endswith("provisional")


def test_the_demo_of_another_version_is_left_alone(small, tmp_path):
    folder = tmp_path / "demo"
    run(None, "demo", "--dir", str(folder), "--no-serve")
    put(small, "company.yml", FILES["company.yml"].replace("Corner", "Other"))
    done = run(None, "demo", "--dir", str(folder), "--no-serve")
    assert done.exit_code == 2
    assert done.stderr.endswith(
        f"Error: {folder} holds the demo of another version: delete the folder, or name another with --dir\n"
    )


def test_a_folder_with_anything_else_is_refused(small, tmp_path):
    done = run(None, "demo", "--dir", str(small), "--no-serve")
    assert done.exit_code == 2
    assert done.stderr.endswith(f"Error: {small} is not empty and holds no demo: name another with --dir\n")


def test_a_metric_that_fails_is_named_and_the_exit_code_is_3(small, tmp_path):
    put(small, "datasets/orders.yml", FILES["datasets/orders.yml"].replace("orders.csv", "nothing.csv"))
    done = run(None, "demo", "--dir", str(tmp_path / "demo"), "--no-serve")
    assert done.exit_code == 3
    assert "  revenue: failed: source 'files': no file matches data/nothing.csv" in lines(done.stderr)


def test_the_packaged_definitions_stand_beside_the_package():
    folder = api.cli.demo.packaged()
    assert (folder / "company.yml").is_file()
    assert shutil.which("git") is None or folder.parent.joinpath("pyproject.toml").is_file()


def test_it_is_made_first_and_then_served_on_this_machine_alone(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr("api.cli.demo.make_apart", lambda folder: calls.append(folder) or 3)
    monkeypatch.setattr("api.server.serve", lambda *given, announce: calls.append(given))
    folder = tmp_path / "demo"
    done = run(None, "demo", "--dir", str(folder), "--port", "0")
    assert done.exit_code == 0
    assert calls == [folder, (folder.resolve(), "127.0.0.1", 0, 1)]


def test_what_cannot_be_made_is_not_served(tmp_path, monkeypatch):
    monkeypatch.setattr("api.cli.demo.make_apart", lambda folder: 2)
    assert run(None, "demo", "--dir", str(tmp_path), "--port", "0").exit_code == 2


def test_a_real_server_answers_and_ends_cleanly(computed):
    marker = {"recipe": api.cli.demo.recipe(), "complete": True}
    (computed / ".scorecard" / "demo.json").write_text(json.dumps(marker), encoding="utf-8")
    here = Path(api.cli.__path__[0]).parents[1]
    command = [sys.executable, "-m", "api.cli", "demo", "--dir", str(computed), "--port", "0"]
    with subprocess.Popen(
        command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"The demo is ready: scorecard show --project {computed}\n"
        address = process.stdout.readline().removeprefix("Page: ").strip()
        with urllib.request.urlopen(address, timeout=30) as page:
            assert "Corner Shop" in page.read().decode()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert lines(said) == [
        f"{computed} holds the demo already: its data and its values are used again",
        "Stop with Ctrl-C.",
    ]
