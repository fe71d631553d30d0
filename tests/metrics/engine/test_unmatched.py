"""Rows whose id no crosswalk knows are counted by dataset and system, for every metric that uses it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metrics.catalog.catalog import Catalog
from metrics.engine.session import Session
from metrics.engine.unmatched import Unmatched, crosswalked
from metrics.errors import SourceRejected
from metrics.loading.loader import load
from metrics.operations.explain import explain
from metrics.sql.id_matching import Match
from tests.metrics.test_data_check import EVENTS, GOLDEN, edit, with_crosswalk

NOW = datetime(2024, 6, 1, tzinfo=UTC)
IDS = "crm,a,A\ncrm,b,A\ncrm,c,C\ncrm,d,D\ncrm,e,E\nother,f,F\n"
# Of twelve events three are of f and g, whom the system crm does not know.
FOUND = Match("events", "lead", "crm", "crosswalk ids by crm", 12, 3, 0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN, tmp_path / "p")
    with_crosswalk(tmp_path / "p", IDS)
    return tmp_path / "p"


def catalog_of(root: Path) -> Catalog:
    loaded = load(root)
    assert loaded.catalog is not None
    assert [str(found) for found in loaded.findings] == []
    return loaded.catalog


def session_of(root: Path) -> Session:
    return Session(catalog_of(root), root, NOW)


def test_a_metric_names_what_it_reads_through_a_crosswalk(project: Path) -> None:
    catalog = catalog_of(project)
    assert {
        name: crosswalked(catalog, name) for name in ("conversion", "ratio", "aggregate", "coverage")
    } == {
        "conversion": (("events", "lead"),),
        "ratio": (("events", "lead"),),
        "aggregate": (),
        "coverage": (),
    }
    # A formula over the ratio, and a share of leads.
    assert crosswalked(catalog, "derived") == (("events", "lead"),)
    assert crosswalked(catalog, "proportion_per") == (("events", "lead"),)


def test_distinct_ones_of_an_entity_are_read_through_its_crosswalk(project: Path) -> None:
    edit(
        project,
        "definitions/metrics/golden/aggregate.yml",
        "measure: sum(money)",
        "measure: count_distinct(lead)",
    )
    assert crosswalked(catalog_of(project), "aggregate") == (("events", "lead"),)


def test_unmatched_rows_are_counted_once_in_a_run(project: Path) -> None:
    with session_of(project) as session:
        unmatched = Unmatched(session)
        assert unmatched.of("conversion") == (FOUND,)
        assert unmatched.of("ratio") == (FOUND,)
        assert len(session.statements) == 1
        assert unmatched.of("aggregate") == ()


def test_rows_without_an_id_are_counted_apart(project: Path) -> None:
    edit(project, EVENTS, "{id: lead_id,", "{id: \"nullif(lead_id, 'a')\",")
    with session_of(project) as session:
        (found,) = Unmatched(session).of("conversion")
    assert (found.rows, found.unmatched, found.without_id) == (12, 3, 2)


def test_what_is_left_out_is_not_unmatched(project: Path) -> None:
    edit(project, EVENTS, "time: at", "time: at\nexclude: {late: lead_id = 'g'}")
    with session_of(project) as session:
        (found,) = Unmatched(session).of("conversion")
    assert (found.rows, found.unmatched) == (10, 1)


def test_they_are_plain_values_to_publish(project: Path) -> None:
    with session_of(project) as session:
        assert Unmatched(session).diagnostics("conversion") == {
            "unmatched": [
                {"dataset": "events", "system": "crm", "method": "crosswalk ids by crm", "rows": 12,
                 "unmatched": 3, "without_id": 0}
            ]
        }  # fmt: skip
        assert Unmatched(session).diagnostics("aggregate") == {}


def test_a_count_that_fails_is_unknown_and_no_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(self: Session, source: str, select: object) -> None:
        raise SourceRejected(source, "no")

    monkeypatch.setattr(Session, "fetch", fetch)
    with session_of(project) as session:
        (found,) = Unmatched(session).of("conversion")
    assert found == Match("events", "lead", "crm", "crosswalk ids by crm")


def test_an_explanation_says_who_rows_belong_to(project: Path) -> None:
    catalog = catalog_of(project)
    assert explain(catalog, project, "derived", NOW).matches == (FOUND,)
    assert explain(catalog, project, "aggregate", NOW).matches == ()
