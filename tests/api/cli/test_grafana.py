import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from api.demo import REPLAYS
from api.grafana_files import LIST, longest_interval, put
from metrics.errors import UsageError
from scorecard.definitions import load
from tests.api.cli.shop import run

ROOT = Path(__file__).parents[3]


def build(shop, *more):
    return run(shop, "grafana", "build", "--out", str(shop / "out"), *more)


def written(shop):
    return _texts(shop / "out")


def test_a_build_asks_no_store_and_a_second_one_is_the_same(shop):
    done = build(shop)
    assert done.exit_code == 0, done.output
    first = written(shop)
    assert done.stdout == f"{shop / 'out'}: {len(first) - 1} files.\n"
    assert not (shop / ".scorecard").exists()
    assert {name.split("/")[0] for name in first} == {
        "dashboards", "rules", "provisioning", "alertmanager.example.yml", LIST}  # fmt: skip
    assert build(shop).exit_code == 0
    assert written(shop) == first


def test_what_is_made_no_more_is_deleted_and_nothing_else(shop):
    build(shop)
    mine = shop / "out" / "dashboards" / "mine.json"
    mine.write_text("{}")
    (shop / "definitions" / "scorecards").rename(shop / "kept")
    done = build(shop, "--json")
    told = json.loads(done.stdout)
    assert told["deleted"]
    assert all("/scorecard-" in name for name in told["deleted"])
    assert not any(name in told["files"] for name in told["deleted"])
    assert mine.exists()
    assert set(written(shop)) == {*told["files"], LIST, "dashboards/mine.json"}


def test_a_folder_of_something_else_is_left_alone(shop):
    (shop / "out").mkdir()
    (shop / "out" / "thesis.txt").write_text("x")
    done = build(shop)
    assert done.exit_code == 2
    assert (
        done.stderr
        == f"{shop / 'out'} holds other files: name an empty folder, or one that was built before\n"
    )
    assert set(written(shop)) == {"thesis.txt"}


def test_a_list_that_was_tampered_with_deletes_nothing_elsewhere(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    put(tmp_path / "out", {"a.txt": "a"})
    (tmp_path / "out" / LIST).write_text('["../outside.txt", "a.txt"]')
    assert put(tmp_path / "out", {"b.txt": "b"}) == ["a.txt"]
    assert outside.exists()


def test_the_address_and_the_day(shop):
    build(shop, "--url", "https://scorecard.example.com/", "--on", "2026-04-01")
    texts = written(shop)
    assert "https://scorecard.example.com/catalogue/" in texts["rules/recording.yml"] + "".join(
        text for name, text in texts.items() if name.startswith("rules/")
    )
    assert '"query": "https://scorecard.example.com"' in "".join(texts.values())


@pytest.mark.parametrize(
    ("cron", "hours"),
    # From Friday to Monday there are three days; in October a month has an hour more.
    [("15 * * * *", 1), ("0 6 * * *", 24), ("0 6,18 * * *", 12), ("0 6 * * 1-5", 72), ("0 6 1 * *", 745)],
)
def test_the_longest_time_between_two_refreshes(shop, cron, hours):
    path = shop / "definitions" / "company.yml"
    path.write_text(path.read_text() + f'refresh: {{cron: "{cron}"}}\n')
    assert longest_interval(load(shop).catalog) == timedelta(hours=hours)


def test_without_a_schedule_there_is_none(shop):
    assert longest_interval(load(shop).catalog) is None


def test_a_schedule_that_never_fires(shop):
    path = shop / "definitions" / "company.yml"
    path.write_text(path.read_text() + 'refresh: {cron: "0 6 31 2 *"}\n')
    with pytest.raises(UsageError) as refused:
        longest_interval(load(shop).catalog)
    assert str(refused.value) == "'0 6 31 2 *' never fires: no alert can wait for two refreshes"


def test_the_demo_s_build_is_up_to_date(tmp_path):
    """Where it is not, the command that docs/grafana.md names makes it anew."""
    text = (ROOT / "docs" / "grafana.md").read_text(encoding="utf-8")
    command = text.split("<!-- demo dashboards -->\n```\n")[1].split("\n")[0].split()
    assert command[:6] == ["scorecard", "grafana", "build", "--project", ".", "--out"]
    # The day is the one at which the demo's clock stands still.
    assert command[command.index("--on") + 1] == f"{REPLAYS[-1]:%Y-%m-%d}"
    out = tmp_path / "demo"
    made = CliRunner().invoke(
        main, ["grafana", "build", "--project", str(ROOT), "--out", str(out), *command[7:]]
    )
    assert made.exit_code == 0, made.output
    assert _texts(out) == _texts(ROOT / command[6])


def _texts(folder):
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8")
            for path in folder.rglob("*") if path.is_file()}  # fmt: skip
