import json

import pytest

from metrics.store.refresh_lock import RefreshLock
from tests.api.cli.shop import run

KEPT = "store.db.before-restore-20260420T060000Z"


@pytest.fixture
def backup(computed, tmp_path):
    """Return a backup of the shop, whose orders have changed and been computed since."""
    file = tmp_path / "a.bak"
    assert run(computed, "backup", str(file)).exit_code == 0
    orders = computed / "data" / "orders.csv"
    orders.write_text(orders.read_text().replace("100.00", "999.00"))
    assert run(computed, "refresh").exit_code == 0
    return file


def values(root):
    """Return what the store says, without a look at the sources."""
    done = run(root, "query", "revenue", "--as-known", "2027-01-01", "--format", "json")
    assert done.exit_code == 0
    return [row["value"] for row in json.loads(done.stdout)]


def test_a_restored_store_says_what_it_said(computed, backup):
    assert values(computed)[0] == 1049.0
    done = run(computed, "restore", str(backup))
    kept = computed / ".scorecard" / KEPT
    assert done.exit_code == 0
    assert done.stdout == f"Restored from {backup}: 23 values of 2 runs, data as of 2026-04-10 09:00 UTC.\n"
    assert done.stderr == f"the store as it was before: {kept}\n"
    assert values(computed)[0] == 150.0
    back = run(computed, "restore", str(kept), "--json")
    assert json.loads(back.stdout)["kept"] == f"{kept}-2"
    assert values(computed)[0] == 1049.0


def test_the_first_store_of_a_project_may_be_a_backup(shop, backup):
    done = run(shop, "restore", str(backup), "--json")
    assert json.loads(done.stdout) == {
        "file": str(backup), "kept": None, "observations": 23, "runs": 2, "revision": "0009",
        "watermark": "2026-04-10T09:00:00+00:00",
    }  # fmt: skip
    assert values(shop)[0] == 150.0


def test_what_is_no_backup_is_refused_and_nothing_touched(computed, backup):
    orders = computed / "data" / "orders.csv"
    done = run(computed, "restore", str(orders))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"the backup {orders} is not a SQLite database\n"
    missing = run(computed, "restore", "missing.bak")
    assert (missing.exit_code, missing.stderr) == (2, "there is no file missing.bak\n")
    assert values(computed)[0] == 1049.0


def test_a_refresh_that_runs_is_waited_for_by_nobody(computed, backup):
    with RefreshLock(computed / ".scorecard" / "refresh.lock"):
        done = run(computed, "restore", str(backup))
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith("another refresh is running (process ")
    assert values(computed)[0] == 1049.0
