"""An entity with a crosswalk is followed across systems, never joined to more than one row."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import MetricRequest
from metrics.engine.session import Session
from metrics.grain import Grain
from metrics.loading.loader import load
from tests.metrics.test_data_check import GOLDEN, with_crosswalk


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN, tmp_path / "p")
    return tmp_path / "p"


def computed(root: Path) -> Outcome:
    loaded = load(root)
    assert loaded.catalog is not None
    assert [str(found) for found in loaded.findings] == []
    with Session(loaded.catalog, root, datetime(2024, 6, 1, tzinfo=UTC)) as session:
        return list(Planner(session).compute([MetricRequest("conversion_implied", (Grain.ALL,), ((),))]))[-1]


def test_two_ids_of_one_entity_are_one_and_unknown_ids_are_nobody(project: Path) -> None:
    # Without a crosswalk: a, b, c, d, e, f, g entered, of which a, d, e, g converted within 30 days.
    (before,) = computed(project).estimates
    assert (before.numerator, before.denominator) == (4.0, 7.0)
    # a and b are one lead A, f and g nobody: A, C, D, E, of which A, D, E converted.
    with_crosswalk(project, "crm,a,A\ncrm,b,A\ncrm,c,C\ncrm,d,D\ncrm,e,E\nother,f,F\n")
    (after,) = computed(project).estimates
    assert (after.numerator, after.denominator) == (3.0, 4.0)


def test_an_id_that_stands_for_two_entities_fails_the_metric(project: Path) -> None:
    with_crosswalk(project, "crm,a,A\ncrm,a,B\n")
    outcome = computed(project)
    assert str(outcome.error) == (
        "metric 'conversion_implied': 1 ids of 'crm' in 'ids' stand for more than one entity"
    )
