"""A dimension that is called like a label of the scraped target has one name, live and in the history."""

from __future__ import annotations

import time

import pytest

from api.app import create_app
from tests.api.northwind import NOW, build
from tests.prometheus.servers import DEADLINE, prometheus, serving

pytestmark = pytest.mark.prometheus

ADDED = {"channel": "edge", "namespace": "production"}
QUERY = 'kpi_revenue_gbp{grain="quarter"%s}'


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    project = build(tmp_path_factory.mktemp("northwind"))
    with serving(create_app(project, now=lambda: NOW)) as address:
        yield address
    project.store.close()


def series(found):
    """Return the labels and values of series, without what is of the target or the vintage alone."""
    foreign = ("job", "instance", "namespace", "vintage")
    return {tuple(pair for pair in key if pair[0] not in foreign): value for key, value in found.items()}


def live(server):
    deadline = time.monotonic() + DEADLINE
    while not (found := series(server.instant(QUERY % "", time.time()))):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def test_the_labels_of_live_series_are_those_of_the_history(target, tmp_path):
    with prometheus(tmp_path / "prometheus", target, labels=ADDED) as server:
        past = series(server.instant(QUERY % ',vintage="current"', NOW.timestamp()))
        # The total has no channel, and so it stays; the target's own does not come in its place.
        assert {dict(key).get("channel") for key in past} == {None, "organic", "paid search"}
        assert live(server) == past


def test_without_honoured_labels_they_are_renamed(target, tmp_path):
    with prometheus(tmp_path / "prometheus", target, labels=ADDED, honor=False) as server:
        found = live(server)
        assert {dict(key)["channel"] for key in found} == {"edge"}
        assert {dict(key).get("exported_channel") for key in found} == {None, "organic", "paid search"}


def test_only_equality_reaches_the_history(target, tmp_path):
    with prometheus(tmp_path / "prometheus", target) as server:
        at = NOW.timestamp()
        assert server.instant(QUERY % ',vintage="first"', at)
        for matcher in ('=~"current"', '=~"current|first"', '!="first"', '!=""'):
            assert server.instant(QUERY % f",vintage{matcher}", at) == {}
