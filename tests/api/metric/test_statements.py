import pytest

from api.metric.statements import StatementReader
from api.project.project import Project
from metrics.errors import UnknownMetric
from tests.api.northwind import FILES, NOW, write_definitions

ORDERS = "order_id,ordered_at,price\n1,2026-01-05 10:00:00,12.5\n2,2026-02-05 10:00:00,7.5\n"


@pytest.fixture
def shop(tmp_path):
    """Return a project with one metric over a file."""
    files = {
        "company.yml": FILES["company.yml"],
        "sources.yml": 'sources: {files: {url: "duckdb:///:memory:"}}\n',
        "datasets/orders.yml": "dataset: orders\nsource: files\nfiles: orders.csv\nkey: order_id\ntime: ordered_at\n",
        "metrics/sales/orders.yml": (
            "metric: orders\nlabel: Orders\nkind: aggregate\ndataset: orders\nmeasure: count\n"
            "direction: none\nleads: sales\ngrains: [month]\n"
        ),
    }
    write_definitions(tmp_path, files)
    (tmp_path / "orders.csv").write_text(ORDERS)
    project = Project.open(tmp_path, "sqlite://")
    yield project
    project.store.close()


def test_the_sql_is_what_the_source_got(shop):
    found = StatementReader(lambda: NOW)(shop, "orders")
    assert found.error is None
    assert {one.source for one in found.selects} == {"files"}
    assert "count(" in found.selects[-1].text.lower()


def test_it_is_asked_once_for_each_definition(shop):
    read = StatementReader(lambda: NOW)
    first = read(shop, "orders")
    (shop.root / "orders.csv").unlink()
    assert read(shop, "orders") is first


def test_an_error_is_told_without_its_cause_and_not_kept(shop):
    read = StatementReader(lambda: NOW)
    (shop.root / "orders.csv").rename(shop.root / "away.csv")
    found = read(shop, "orders")
    assert found.error == "The metric could not be computed (SourceMissing); `scorecard explain` says why."
    (shop.root / "away.csv").rename(shop.root / "orders.csv")
    assert read(shop, "orders").error is None


def test_an_unknown_metric(shop):
    with pytest.raises(UnknownMetric):
        StatementReader(lambda: NOW)(shop, "order")
