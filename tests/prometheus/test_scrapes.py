"""While a refresh runs, every scrape and every remote read is whole: each metric as it was, or as it is now."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import cramjam
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from api.app import create_app
from api.project.project import Project
from api.prometheus.remote_read import wire
from api.prometheus.remote_read.wire import Match
from metrics.analysis.vintages import milliseconds
from metrics.catalog.definition_hash import definition_hash
from metrics.store.store import Store
from scorecard.model import Board
from tests.metrics.live import Live, aggregate
from tests.prometheus.servers import serving

METRICS = {f"figure_{number:02}": f"sum(amount + {number})" for number in range(12)}
OPENMETRICS = {"Accept": "application/openmetrics-text", "Accept-Encoding": "gzip"}
READERS, REFRESHES = 5, 4
EVERY = 0.1
"""Each of five readers begins a scrape every tenth of a second, late ones at once: 50 a second are asked for."""


@pytest.fixture
def company(tmp_path):
    live = Live(tmp_path)
    live.only("kept_promises", "complaints")
    for name, measure in METRICS.items():
        live.define(
            f"metrics/sales/{name}.yml", aggregate(name, "orders", measure, "dimensions: [channel]\n")
        )
    live.fill(90)
    with Store.open(live.url) as store:
        catalog = live.catalog
        hashes = {name: definition_hash(catalog, name) for name in catalog.metrics}
        yield live, Project(live.root, catalog, Board(), store, (), hashes)


def change(live, turn):
    """Load the rows of an even or an odd turn: other amounts, and a channel more."""
    live.fill(90)
    if turn % 2:
        live.sql("shop", "update orders set amount = amount * 2",
                 "update orders set channel = 'letter' where order_id % 5 = 0")  # fmt: skip


def refresh(live, project):
    assert live.refresh(project.store).failed == ()


def scrape(address):
    """Return, by metric, every series of a scrape with its value; and the names of all other families."""
    request = urllib.request.Request(f"http://{address}/metrics", headers=OPENMETRICS)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        said = bytes(cramjam.gzip.decompress(answer.read())).decode()
    # The parser itself refuses what is cut off, and a family that comes twice.
    found, others = {}, set()
    for family in text_string_to_metric_families(said):
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            owner = next((name for name in METRICS if sample.name.startswith(f"kpi_{name}")), None)
            if owner is None:
                others.add((sample.name, sample.labels.get("metric")))
                continue
            assert found.setdefault(owner, {}).setdefault(key, sample.value) is sample.value, key
    return found, others


def read(address, at):
    """Return, by metric, every series of the history at an instant."""
    request = wire._CLASSES["ReadRequest"]()
    query = request.queries.add(start_timestamp_ms=at - 300_000, end_timestamp_ms=at)
    query.matchers.add(type=Match.REGEX, name="__name__", value="kpi_figure_.*")
    query.matchers.add(type=Match.EQUAL, name="vintage", value="current")
    body = bytes(cramjam.snappy.compress_raw(request.SerializeToString()))
    post = urllib.request.Request(f"http://{address}/prometheus/api/v1/read", data=body)
    with urllib.request.urlopen(post, timeout=60) as answer:
        said = bytes(cramjam.snappy.decompress_raw(answer.read()))
    (result,) = wire._CLASSES["ReadResponse"].FromString(said).results
    found = {}
    for text in result.timeseries:
        one = wire._CLASSES["TimeSeries"].FromString(text)
        labels = {label.name: label.value for label in one.labels}
        (sample,) = one.samples
        key = tuple(sorted(labels.items()))
        owner = next(name for name in METRICS if labels["__name__"].startswith(f"kpi_{name}"))
        assert key not in found.setdefault(owner, {})
        found[owner][key] = sample.value
    return found


def test_no_series_is_lost_or_doubled_while_a_refresh_runs(company):
    live, project = company
    at = milliseconds(live.clock())
    with serving(create_app(project, now=live.clock)) as address:
        states, pasts = [], []
        for turn in (0, 1):
            change(live, turn)
            refresh(live, project)
            states.append(scrape(address))
            pasts.append(read(address, at))
        wholes = {name: [state[0][name] for state in states] for name in METRICS}
        assert all(len(new) > len(old) for old, new in wholes.values())
        assert states[0][1] == states[1][1]
        done, seen, faults = threading.Event(), Counter(), []

        def reader(number):
            due = time.monotonic() + number * EVERY / READERS
            while not done.wait(max(0.0, due - time.monotonic())):
                due += EVERY
                found, others = scrape(address)
                faults.extend(name for name, both in wholes.items() if found.get(name) not in both)
                if others != states[0][1]:
                    faults.append(others ^ states[0][1])
                mixed = {
                    wholes[name].index(found[name]) for name in METRICS if found.get(name) in wholes[name]
                }
                seen["scrapes"] += 1
                seen["in between"] += len(mixed) == 2
                if number == 0:
                    past = read(address, at)
                    faults.extend(
                        name for name in METRICS if past[name] not in [each[name] for each in pasts]
                    )
                    seen["reads"] += 1

        with ThreadPoolExecutor(READERS) as pool:
            began = time.monotonic()
            running = [pool.submit(reader, number) for number in range(READERS)]
            try:
                for turn in range(REFRESHES):
                    change(live, turn)
                    refresh(live, project)
            finally:
                done.set()
                lasted = time.monotonic() - began
            for each in running:
                each.result()
    # A busy machine may not come to 50 a second; what it came to is said where something is wrong.
    rate = f"{seen['scrapes'] / lasted:.0f} scrapes a second over {lasted:.0f} s: {dict(seen)}"
    assert faults == [], rate
    assert seen["reads"] > 0, rate
    # Scrapes have met a refresh on its way, else nothing was tried.
    assert seen["in between"] > 0, rate
