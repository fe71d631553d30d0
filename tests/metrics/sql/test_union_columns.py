"""A union of wide tables: only the columns that are asked for must fit each other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from metrics.data_check import check_data
from metrics.grain import Grain
from metrics.loading.loader import load
from metrics.operations.query import MetricQuery, answer
from metrics.operations.refresh import Refresher
from metrics.store.store import Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)

FILES = {
    "data/calls.csv": "id,at,done,note\n1,2026-01-05 10:00:00,true,x\n2,2026-02-03 10:00:00,false,y\n",
    "data/visits.csv": "id,at,done,note\n7,2026-01-06 10:00:00,4,z\n",
    "definitions/company.yml": "company: Wide\ntimezone: UTC\ncurrency: GBP\ndepartments: {sales: {label: Sales}}\n",
    "definitions/sources.yml": 'sources: {files: {url: "duckdb:///:memory:"}}\n',
    "definitions/datasets/calls.yml": "dataset: calls\nsource: files\nfiles: data/calls.csv\ntime: at\n",
    "definitions/datasets/visits.yml": "dataset: visits\nsource: files\nfiles: data/visits.csv\ntime: at\n",
    "definitions/datasets/touches.yml": "dataset: touches\nunion: [{dataset: calls}, {dataset: visits}]\n"
    "time: at\nentities: {touch: id}\n",
    "definitions/metrics/sales/touched.yml": "metric: touched\nlabel: Touches\ndirection: none\nkind: aggregate\n"
    "dataset: touches\nmeasure: count\ngrains: [month]\n",
}


def _project(root: Path, **more: str) -> Path:
    for name, text in {**FILES, **more}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def _findings(root: Path) -> list[str]:
    loaded = load(root, ("departments",))
    assert loaded.catalog is not None
    return [str(found) for found in check_data(loaded.catalog, loaded.places, root, NOW)]


def test_columns_that_differ_by_chance_do_no_harm(tmp_path: Path) -> None:
    root = _project(tmp_path)
    assert _findings(root) == []
    catalog = load(root, ("departments",)).catalog
    assert catalog is not None
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    assert Refresher(catalog, root, store, lambda: NOW).refresh().failed == ()
    found = answer(MetricQuery("touched", Grain.MONTH), catalog, root, store, NOW).observations
    assert [each.value for each in found] == [2.0]  # The visits reach to January alone.
    store.close()


def test_one_that_is_asked_for_must_fit(tmp_path: Path) -> None:
    name = "definitions/datasets/touches.yml"
    root = _project(tmp_path, **{name: FILES[name] + "where: \"note <> '' and done\"\n"})
    assert _findings(root) == [
        f"{name}:5:24 expression-type the parts of the union give 'done' different types: boolean, integer"
    ]


def test_a_standard_that_is_a_span_reads_no_column(tmp_path: Path) -> None:
    within = (
        "metric: soon\nlabel: Soon\ndirection: up\nkind: duration\nentity: touch\nfrom: {dataset: touches}\n"
        "to: {dataset: touches}\nstatistic: share_within\nwithin: 4h\nwindow: 7 days\n"
    )
    assert _findings(_project(tmp_path, **{"definitions/metrics/sales/soon.yml": within})) == []
