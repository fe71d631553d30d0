"""What a scrape finds after real refreshes: odd names, caps, segments that vanish, sources that fail."""

from __future__ import annotations

import math

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as plain_families

from api.project.project import Project
from api.prometheus.exposition import Form, render
from metrics.catalog.definition_hash import definition_hash
from metrics.engine import cardinality as bounds
from metrics.store.store import Store
from scorecard.model import Board
from tests.metrics.live import Live, aggregate

ODD = (
    "two\nlines",
    'a "quote"',
    "back\\slash",
    "\\n",
    "trailing\\",
    "tab\there",
    "ünïcode ☕ 𝄞",
    " ",
    "(none)",
    "a,b{c}=d",
)
LONGEST = "é" * (bounds.LABEL_BYTES // 2)


@pytest.fixture
def live(tmp_path):
    found = Live(tmp_path)
    found.fill(90)
    return found


@pytest.fixture
def store(live):
    with Store.open(live.url) as store:
        yield store


def scraped(live, store, form=Form.TEXT):
    """Return every series of a scrape with its value."""
    catalog = live.catalog
    hashes = {name: definition_hash(catalog, name) for name in catalog.metrics}
    said = render(Project(live.root, catalog, Board(), store, (), hashes), live.clock(), form).decode()
    parse = plain_families if form is Form.TEXT else open_families
    found = {}
    for family in parse(said):
        for sample in family.samples:
            key = sample.name, tuple(sorted((name, value) for name, value in sample.labels.items() if value))
            assert key not in found
            assert math.isfinite(sample.value)
            found[key] = sample.value
    return found


def of(found, *names):
    """Return the series of metrics."""
    return {
        key: value
        for key, value in found.items()
        if key[0].startswith(tuple(f"kpi_{name}" for name in names))
    }


def channels(found):
    return {dict(labels).get("channel") for name, labels in found if name == "kpi_revenue_gbp"} - {None}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def money(live):
    """Make the currency of revenue known, so that its family has a unit."""
    live.define("metrics/sales/revenue.yml",
                aggregate("revenue", "orders", "sum(amount)", "unit: gbp\ndimensions: [channel]\n"))  # fmt: skip


@pytest.mark.parametrize("form", list(Form))
def test_names_of_segments_are_served_as_they_are(live, store, form):
    money(live)
    live.only("revenue")
    for number, name in enumerate((*ODD, LONGEST), 1):
        live.sql("shop", f"update orders set channel = {quoted(name)} where order_id % 11 = {number % 11}")
    live.sql("shop", "update orders set channel = 'nul' || chr(0) || 'l' where order_id = 50")
    assert live.refresh(store).failed == ()
    assert channels(scraped(live, store, form)) == {*ODD, LONGEST, "nul\0l"}


def test_a_label_that_is_too_long_fails_its_metric_alone_and_keeps_the_last_values(live, store):
    money(live)
    live.refresh(store)
    before = scraped(live, store)
    live.sql("shop", f"update orders set channel = {quoted(LONGEST + 'x')} where order_id = 90",
             "update orders set amount = amount + 1")  # fmt: skip
    summary = live.refresh(store)
    reason = "metric 'revenue': a value of dimension 'channel' takes 1,025 bytes of the 1,024 allowed: "
    reason += f"{LONGEST[:30]!r} and so on; shorten it by substr(), or cut by another dimension"
    inherited = f"metric 'revenue_per_complaint': its input 'revenue' failed: {reason}"
    assert {line.metric: str(line.error) for line in summary.failed} == {
        "revenue": reason, "revenue_per_complaint": inherited,
    }  # fmt: skip
    after = scraped(live, store)
    assert of(before, "revenue") == of(after, "revenue") != {}
    success = {dict(labels)["metric"]: value for (name, labels), value in after.items()
               if name == "kpi_refresh_success"}  # fmt: skip
    assert {name for name, value in success.items() if not value} == {"revenue", "revenue_per_complaint"}
    assert set(success) == set(live.catalog.metrics)
    run = store.last_run("revenue")
    assert run is not None
    assert run.error == reason


def test_too_many_series_keep_the_last_values(live, store, monkeypatch):
    money(live)
    live.refresh(store)
    before = scraped(live, store)
    monkeypatch.setattr(bounds, "SERIES_LIMIT", 6)
    live.sql("shop", "update orders set channel = 'c' || order_id, amount = amount + 1")
    failed = {line.metric: str(line.error) for line in live.refresh(store).failed}
    assert failed["revenue"] == (
        "metric 'revenue': 182 series exceed the 6 allowed: cut by fewer dimensions "
        "(channel has 90 values, such as 'c1')"
    )
    assert of(before, "revenue") == of(scraped(live, store), "revenue") != {}


def test_a_segment_that_vanished_leaves_at_the_next_success(live, store):
    money(live)
    live.refresh(store)
    assert channels(scraped(live, store)) == {"web", "phone"}
    live.sql("shop", "update orders set channel = 'phone'")
    # A failure shows the last good values, the segment among them.
    file = live.file("shop")
    away = file.rename(file.with_suffix(".away"))
    assert live.refresh(store).failed
    assert channels(scraped(live, store)) == {"web", "phone"}
    away.rename(file)
    assert live.refresh(store).failed == ()
    assert channels(scraped(live, store)) == {"phone"}


def test_a_source_that_fails_changes_no_value(live, store):
    live.refresh(store)
    before = scraped(live, store)
    live.file("shop").unlink()
    live.refresh(store)
    after = scraped(live, store)
    values = ("revenue", "kept_promises", "complaints", "csat", "contact_rate")
    assert of(before, *values) == of(after, *values) != {}
    up = {dict(labels)["source"]: value for (name, labels), value in after.items() if name == "kpi_source_up"}
    assert up == {"shop": 0.0, "desk": 1.0, "sheets": 1.0}


def test_null_and_nan_are_no_series(live, store):
    live.define(
        "metrics/sales/mean.yml", aggregate("mean", "orders", "avg(amount)", "dimensions: [channel]\n")
    )
    live.only("mean", "kept_promises")
    live.sql("shop", "alter table orders alter amount type double", "update orders set amount = null")
    assert live.refresh(store).failed == ()
    found = scraped(live, store)
    assert of(found, "mean") == {
        key: value for key, value in of(found, "mean").items() if "sample_size" in key[0]
    }
    assert of(found, "kept_promises") != {}
    live.sql("shop", "update orders set amount = 'nan' where channel = 'web'")
    [failed] = live.refresh(store).failed
    assert failed.metric == "mean"
    # What was there stays, and no NaN comes to it.
    assert of(scraped(live, store), "mean") == of(found, "mean")


def test_rows_that_went_missing_become_no_nought(live, store):
    live.only("revenue", "kept_promises")
    live.refresh(store)
    before = scraped(live, store)
    # A table that is loaded anew is empty for a moment.
    live.sql("shop", "delete from orders")
    assert len(live.refresh(store).failed) == 2
    assert (
        of(before, "revenue", "kept_promises") == of(scraped(live, store), "revenue", "kept_promises") != {}
    )


def test_text_that_is_no_utf_8_fails_where_it_is_read_and_nothing_else(live, store):
    live.refresh(store)
    before = scraped(live, store)
    file = live.file("sheets")
    file.write_bytes(file.read_bytes().replace(b"phone", b"ph\xffne", 1))
    assert [line.metric for line in live.refresh(store).failed] == ["csat"]
    assert of(before, "csat") == of(scraped(live, store), "csat") != {}
