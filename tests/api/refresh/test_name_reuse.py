"""A name once published is not reused for another meaning: the refresh of that metric fails, and it alone."""

from datetime import timedelta

import pytest

from api.project.project import Project
from tests.api.cli.shop import FILES, NOW, put, run, write_shop

KEPT, REVENUE = "metrics/service/kept_promises.yml", "metrics/sales/revenue.yml"
PLAIN = "metric: kept_promises\nlabel: Kept promises\nleads: service\ndirection: none\nmin_sample: 3\n"
COUNT = PLAIN + "kind: aggregate\ndataset: orders\nmeasure: count\n"
OTHER = """\
dataset: others
source: files
files: data/orders.csv
key: order_id
time: ordered_at
timezone: Europe/London
"""
ELSEWHERE = FILES[KEPT].replace("dataset: orders", "dataset: others")


@pytest.fixture
def shop(tmp_path):
    write_shop(tmp_path)
    assert run(tmp_path, "refresh").exit_code == 0
    return tmp_path


def refreshed(root, days):
    done = run(root, "refresh", now=NOW + timedelta(days=days))
    return done.exit_code, [line for line in done.stderr.splitlines() if "failed" in line and ":" in line]


def hash_of(root):
    project = Project.open(root)
    try:
        return project.store.last_success("kept_promises").definition_hash
    finally:
        project.store.close()


def test_another_kind_is_another_meaning(shop):
    held = hash_of(shop)
    put(shop, KEPT, COUNT)
    put(shop, "scorecards/joint.yml", FILES["scorecards/joint.yml"].split("  - perspective: customer")[0])
    code, said = refreshed(shop, 1)
    assert (code, said) == (3, [
        "kept_promises: failed: metric 'kept_promises': the name was published for proportion in ratio, and now stands "
        f"for aggregate without a unit: give it another name, or write supersedes: {held}"
    ])  # fmt: skip
    # What was published stays, and the rest was computed.
    assert hash_of(shop) == held
    put(shop, KEPT, COUNT + f"supersedes: {held}\n")
    assert refreshed(shop, 2) == (0, [])
    assert hash_of(shop) != held
    put(shop, KEPT, COUNT)
    assert refreshed(shop, 3) == (0, [])


def test_another_unit_is_another_meaning(shop):
    points = FILES[REVENUE].replace("unit: gbp", "unit: points")
    # The same numbers under another word are the same meaning.
    put(shop, REVENUE, points)
    assert refreshed(shop, 1) == (0, [])
    put(shop, REVENUE, FILES[REVENUE].replace("sum(amount)", "sum(amount * 2)"))
    code, [said] = refreshed(shop, 2)
    assert code == 3
    assert "published for aggregate in points, and now stands for aggregate in gbp" in said


def test_an_edit_is_an_edit_also_to_other_rows(shop):
    put(shop, KEPT, FILES[KEPT].replace("<= promised_at", "< promised_at"))
    assert refreshed(shop, 1) == (0, [])
    put(shop, "datasets/others.yml", OTHER)
    put(shop, KEPT, ELSEWHERE)
    assert refreshed(shop, 2) == (0, [])


def test_a_name_that_was_gone_does_not_come_back_for_other_rows(shop):
    held = hash_of(shop)
    put(shop, "datasets/others.yml", OTHER)
    card = FILES["scorecards/joint.yml"].split("  - perspective: customer")[0]
    put(shop, "scorecards/joint.yml", card)
    put(shop, REVENUE, FILES[REVENUE].replace("guards: [kept_promises]\n", ""))
    (shop / "definitions" / KEPT).unlink()
    assert refreshed(shop, 1) == (0, [])
    put(shop, KEPT, ELSEWHERE)
    code, said = refreshed(shop, 2)
    assert (code, said) == (3, [
        "kept_promises: failed: metric 'kept_promises': the name was published for proportion in ratio of orders, and "
        f"now stands for proportion in ratio of others: give it another name, or write supersedes: {held}"
    ])  # fmt: skip
    # What comes back as what it was, or edited, is welcome.
    put(shop, KEPT, FILES[KEPT].replace("<= promised_at", "< promised_at"))
    assert refreshed(shop, 3) == (0, [])
