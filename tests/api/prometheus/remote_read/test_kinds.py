"""Every kind's history at this instant is what is live, through a real refresh of the golden project."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.project.project import Project
from metrics.catalog.dataset import CompleteThrough
from metrics.catalog.definition_hash import definition_hash
from metrics.grain import NO_SPAN, Span
from metrics.loading.loader import load
from metrics.operations.refresh import Refresher
from metrics.store.store import Store
from scorecard.model import Board
from tests.api.prometheus.remote_read.agreement import live_series, past_series, plain_reading

GOLDEN = Path(__file__).parents[3] / "golden" / "project"
NOW = datetime(2024, 7, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    """Return the golden project, computed as if its rows were complete and settled after two days."""
    root = tmp_path_factory.mktemp("golden") / "project"
    shutil.copytree(GOLDEN, root)
    catalog = load(root).catalog
    assert catalog is not None
    datasets = {name: replace(each, complete_through=CompleteThrough(lag=NO_SPAN), settle=Span.parse("2 days"))
                for name, each in catalog.datasets.items()}  # fmt: skip
    catalog = replace(catalog, datasets=datasets)
    with Store.open("sqlite://") as store:
        summary = Refresher(catalog, root, store, lambda: NOW).refresh()
        assert [str(line.error) for line in summary.failed] == []
        hashes = {name: definition_hash(catalog, name) for name in catalog.metrics}
        yield Project(root, catalog, Board(), store, (), hashes)


def test_now_is_what_is_live(golden):
    live = live_series(golden, NOW)
    assert live == past_series(golden, NOW)
    assert live == past_series(golden, NOW, "first")
    kinds = {metric.kind for metric in golden.catalog.metrics.values()}
    shown = {kind for kind in kinds if any(dict(key)["__name__"].startswith(f"kpi_{kind}") for key in live)}
    assert shown == kinds


@pytest.mark.parametrize("days", [0, 13, 40, 75, 100, 140, 400])
def test_the_past_is_what_the_store_holds(golden, days):
    at = NOW - timedelta(days=days)
    stored = {name: golden.store.latest(name) for name in golden.catalog.metrics}
    found = past_series(golden, at)
    values = {key: value for key, value in found.items()
              if dict(key)["__name__"] != "kpi_period_end_timestamp_seconds"}  # fmt: skip
    assert values == plain_reading(golden, at, stored)
    assert bool(values) is (days < 400)
