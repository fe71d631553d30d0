"""How a metric moved, as its page says it."""

from __future__ import annotations

from dataclasses import replace

from api.app import create_app
from metrics.observation import State
from tests.api.northwind import NOW, fill


def page(client, **query):
    answer = client.get("/catalogue/lead_to_opportunity", query_string=query)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_a_change_stands_with_its_interval_and_what_can_be_said(client):
    said = page(client, grain="quarter", by="channel")
    assert "How it moved to 2026-Q2" in said
    assert "no clear change" in said
    assert "By channel, against 2026-Q1" in said
    assert "Adds by mix" in said
    # Nothing was restated, so nothing is said of it.
    assert "was first published as" not in said


def test_a_restatement_is_said_where_it_happened(fresh):
    fill(fresh, "kept_promises")
    run = fresh.store.last_success("kept_promises")
    old = fresh.store.latest("kept_promises")
    new = [one if one.value is None else replace(one, run="later", value=one.value - 0.01, lower=None, upper=None)
           for one in old if one.state is not State.NO_DATA]  # fmt: skip
    fresh.store.write(replace(run, id="later"), new)
    said = " ".join(
        create_app(fresh, now=lambda: NOW).test_client().get("/catalogue/kept_promises").text.split()
    )
    assert "was first published as" in said
    assert "−1.0 points by later data" in said


def test_a_metric_without_an_earlier_value_has_no_section(client):
    said = client.get("/catalogue/lifetime_value_to_cost").text
    assert "How it moved" not in said
