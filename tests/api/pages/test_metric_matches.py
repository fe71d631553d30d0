"""The page of a metric says whose its rows are, and cuts by a dimension that the kind adds."""

import re
import shutil

import pytest

from api.app import create_app
from api.project.project import Project
from metrics.operations.refresh import Refresher
from tests.metrics.engine.test_unmatched import IDS, NOW
from tests.metrics.test_data_check import GOLDEN, with_crosswalk

COMPANY = "definitions/company.yml"
DEPARTMENTS = "departments: {sales: {label: Sales, head: sales-lead}}\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("matches") / "p"
    shutil.copytree(GOLDEN, root)
    with_crosswalk(root, IDS)
    company = root / COMPANY
    company.write_text(company.read_text(encoding="utf-8") + DEPARTMENTS, encoding="utf-8")
    project = Project.open(root, "sqlite://")
    refresher = Refresher(project.catalog, root, project.store, lambda: NOW)
    done = refresher.refresh(["coverage_pairs", "conversion", "aggregate"])
    assert [line.error for line in done.lines] == [None] * 3
    yield create_app(project, now=lambda: NOW).test_client()
    project.store.close()


def text_of(client, path):
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_rows_of_nobody_are_said(client):
    said = text_of(client, "/catalogue/conversion")
    assert (
        "Whose rows they are events crosswalk ids by crm 3 of 12 rows unknown to it, 0 without an id" in said
    )


def test_a_metric_that_follows_nobody_says_nothing(client):
    assert "Whose rows they are" not in text_of(client, "/catalogue/aggregate")


def test_each_pair_stands_on_the_page(client):
    said = text_of(client, "/catalogue/coverage_pairs")
    # There is no value over every pair at once: each has a column of its own, and no headline stands above.
    assert "By quarter and pair" in said
    assert "Newest values" not in client.get("/catalogue/coverage_pairs").text
    assert "tickets -&gt; calls" in said
    assert "answers column customer_id 0 of 11 rows unknown to it" in said


def test_pairs_within_a_segment(client):
    said = text_of(client, "/catalogue/coverage_pairs?by=channel")
    assert "mail, by quarter and pair" in said
    assert "tickets -&gt; calls" in said
