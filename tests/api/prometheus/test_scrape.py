"""`/metrics` over HTTP: which form a scraper gets, compressed or not, and what is kept between scrapes."""

import gzip
import math
from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as plain_families
from sqlalchemy import Engine, event

from api.project.memory import Memory
from api.prometheus import scrape
from api.prometheus.exposition import Form, render
from api.prometheus.scrape import Exposition, form_of, wants_gzip
from tests.api.northwind import NOW, fill

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (PROMETHEUS, Form.OPENMETRICS),
        ("application/openmetrics-text", Form.OPENMETRICS),
        ("application/openmetrics-text; version=0.0.1", Form.OPENMETRICS),
        ("Application/OpenMetrics-Text; Version=1.0.0", Form.OPENMETRICS),
        ("text/plain;q=0.5, application/openmetrics-text;q=0.6", Form.OPENMETRICS),
        ("text/plain;q=0.6, application/openmetrics-text;q=0.5", Form.TEXT),
        ("text/plain, application/openmetrics-text", Form.TEXT),
        ("application/openmetrics-text; version=2.0.0, text/plain;q=0.1", Form.TEXT),
        ("application/openmetrics-text;q=0", Form.TEXT),
        ("application/openmetrics-text;q=much", Form.TEXT),
        ("text/html,application/xhtml+xml,*/*;q=0.8", Form.TEXT),
        ("*/*", Form.TEXT),
        (",;,", Form.TEXT),
        ("", Form.TEXT),
    ],
)
def test_the_form_is_what_the_scraper_prefers(accept, form):
    assert form_of(accept) is form


@pytest.mark.parametrize(
    ("header", "zipped"),
    [("gzip", True), ("deflate, GZIP;q=0.5", True), ("gzip;q=0", False), ("identity", False), ("", False)],
)
def test_gzip_where_it_is_taken(header, zipped):
    assert wants_gzip(header) is zipped


def lines(families):
    """Return every series with its value, and every family's words."""
    found = list(families)
    return (
        {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
         for family in found for sample in family.samples},
        {family.name: (family.documentation, family.type) for family in found},
    )  # fmt: skip


def test_both_forms_say_the_same(northwind):
    text = render(northwind, NOW).decode()
    opened = render(northwind, NOW, Form.OPENMETRICS).decode()
    assert lines(open_families(opened)) == lines(plain_families(text))
    assert opened.endswith("\n# EOF\n")
    assert opened.count("# EOF") == 1
    assert "# EOF" not in text


def test_a_unit_is_told_where_the_name_ends_in_it(northwind):
    families = {one.name: one for one in open_families(render(northwind, NOW, Form.OPENMETRICS).decode())}
    units = {name: family.unit for name, family in families.items() if family.unit}
    assert units["kpi_first_reply_seconds"] == "seconds"
    assert units["kpi_revenue_gbp"] == "gbp"
    assert units["kpi_kept_promises_ratio"] == "ratio"
    assert units["scorecard_coverage_ratio"] == "ratio"
    assert all(name.endswith(f"_{unit}") for name, unit in units.items())
    assert families["kpi_first_reply_seconds_lower"].unit == ""
    assert families["kpi_revenue_gbp_provisional"].unit == ""


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("zipped", [False, True])
def test_the_endpoint_serves_both_forms_plain_and_compressed(northwind, client, form, zipped):
    accept = PROMETHEUS if form is Form.OPENMETRICS else "text/plain"
    headers = {"Accept": accept, "Accept-Encoding": "gzip" if zipped else "identity"}
    answer = client.get("/metrics", headers=headers)
    assert answer.headers["Content-Type"] == form.content_type
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert answer.headers.get("Content-Encoding") == ("gzip" if zipped else None)
    body = gzip.decompress(answer.data) if zipped else answer.data
    assert body == render(northwind, NOW, form)


def test_no_number_is_unknown(northwind):
    found, _ = lines(open_families(render(northwind, NOW, Form.OPENMETRICS).decode()))
    assert found
    assert all(math.isfinite(value) for value in found.values())


def test_what_all_metrics_share_is_asked_of_the_store_once(northwind):
    asked = []

    def seen(connection, cursor, statement, *_):
        asked.append(statement)

    render(northwind, NOW)
    event.listen(Engine, "before_cursor_execute", seen)
    try:
        # Nothing is remembered of the reports: they are made again.
        render(replace(northwind, memory=Memory()), NOW)
    finally:
        event.remove(Engine, "before_cursor_execute", seen)
    # For the values of all metrics, for each report, and for what is told of definitions.
    reports = len(northwind.board.scorecards)
    assert sum("FROM to_date" in each for each in asked) == 1 + reports
    # How far the store has come is asked for each report too, in one row of many tables.
    runs = [each for each in asked if "FROM runs" in each and "FROM refreshes" not in each]
    assert sum("max(runs.number)" in each for each in runs) == 2 * (2 + reports)
    # Besides, each report asks for the last runs of the one metric that has had two definitions.
    assert len(runs) == 2 * (2 + reports) + 2 * reports


def test_nobody_waits_while_the_exposition_is_made_anew(fresh, monkeypatch):
    held = Exposition()
    fill(fresh, "revenue")
    old = held.text(fresh, NOW)
    fill(fresh, "kept_promises")
    made, asked = scrape._made, []

    def making(*given):
        asked.append(held.text(fresh, NOW))
        return made(*given)

    monkeypatch.setattr(scrape, "_made", making)
    new = held.text(fresh, NOW)
    assert asked == [old]
    assert new != old
    assert held.text(fresh, NOW) == new


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_an_unchanged_exposition_is_not_sent_again(client, encoding):
    first = client.get("/metrics", headers={"Accept-Encoding": encoding})
    again = client.get(
        "/metrics", headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/metrics", headers={"Accept-Encoding": encoding, "If-None-Match": '"another"'})
    assert (other.status_code, other.data) == (200, first.data)
