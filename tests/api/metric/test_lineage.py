import pytest

from api.metric.lineage import edges, nodes
from metrics.errors import UnknownMetric


def test_a_derived_metric_reads_metrics_datasets_and_sources(northwind):
    found = nodes(northwind.catalog, "lifetime_value_to_cost")
    assert set(found) == {
        ("metric", "revenue"),
        ("metric", "acquisition_cost"),
        ("dataset", "orders"),
        ("dataset", "leads"),
        ("source", "crm"),
    }


def test_edges_say_what_reads_what(northwind):
    assert set(edges(northwind.catalog, "lifetime_value_to_cost")) == {
        (("metric", "revenue"), ("metric", "lifetime_value_to_cost")),
        (("metric", "acquisition_cost"), ("metric", "lifetime_value_to_cost")),
        (("dataset", "orders"), ("metric", "revenue")),
        (("dataset", "orders"), ("metric", "acquisition_cost")),
        (("dataset", "leads"), ("metric", "acquisition_cost")),
        (("source", "crm"), ("dataset", "orders")),
        (("source", "crm"), ("dataset", "leads")),
    }


def test_an_unknown_metric(northwind):
    with pytest.raises(UnknownMetric):
        edges(northwind.catalog, "none")
