"""Every panel of every dashboard says the store's numbers in a real Prometheus, before and after a restatement."""

from __future__ import annotations

import re
import time

import pytest

from grafana.build import build as build_files
from tests.api.northwind import NOW
from tests.grafana import company as example
from tests.grafana.reading import choices, dashboards, filled, targets
from tests.prometheus.expected import Expected
from tests.prometheus.forms import said
from tests.prometheus.servers import DEADLINE

pytestmark = pytest.mark.prometheus

DAY = 86_400.0
AT = NOW.timestamp()


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    project = example.build(tmp_path_factory.mktemp("company"))
    yield project
    project.store.close()


@pytest.fixture(scope="module")
def expressions(company):
    """All expressions, each with every choice of the variables in it, of panels and of annotations."""
    found = {}
    for name, dashboard in dashboards(
        build_files(company.catalog, company.board, url="http://x", on=NOW)
    ).items():
        values = choices(dashboard, to=AT)
        written = [target["expr"] for _, target in targets(dashboard)]
        written += [each["expr"] for each in dashboard["annotations"]["list"] if "expr" in each]
        for expression in written:
            for text in filled(expression, values):
                found.setdefault(text, set()).add(name)
    return found


def settled(peer, company, at=AT):
    """Wait until Prometheus has scraped all that the store holds; return an instant after that."""
    took = "max by (metric) (kpi_refresh_duration_seconds)"
    expected, deadline = Expected(company).of(took, at), time.monotonic() + DEADLINE
    while bare(peer.instant(took, time.time())) != expected:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    # What is read first may have been written since: a scrape that began after now holds it all.
    whole = time.time() + 1
    while min(peer.instant("timestamp(up)", time.time()).values()) < whole:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return round(time.time(), 3)


def bare(found):
    return {tuple(pair for pair in key if pair[0] not in ("__name__", "job", "instance")): value
            for key, value in found.items()}  # fmt: skip


def held(company, peer, expressions, now):
    """Return what each expression answers, once it is equal to the store's numbers."""
    expected, answered = Expected(company), {}
    for expression in expressions:
        instants = (AT, AT - 250 * DAY) if "vintage" in expression else (now,)
        for at in instants:
            found = peer.instant(expression, at)
            assert bare(found) == pytest.approx(said(expected, expression, at), rel=1e-12), expression
            kinds = {dict(key).get("vintage") for key in found}
            assert len(kinds) <= 1, f"{expression} returns live series and history together"
            kept = re.match(r"kpi_|scorecard_", expression) and "vintage" in expression
            assert kinds <= ({"current"} if kept else {None})
            answered[expression, at if "vintage" in expression else None] = bare(found)
    return answered


def test_every_panel_says_what_the_store_says_before_and_after_a_restatement(company, peer, expressions):
    before = held(company, peer, expressions, settled(peer, company))
    assert len(before) > 400
    # Not all metrics have all grains; enough of them say something for a comparison of numbers.
    filled_before = {key for key, found in before.items() if found}
    assert len(filled_before) > 300
    for dashboard in set().union(*expressions.values()):
        assert any(before[key] for key in before if dashboard in expressions[key[0]]), dashboard
    example.restate(company)
    after = held(company, peer, expressions, settled(peer, company))
    past = [
        key for key in filled_before if key[1] is not None and re.match(r"kpi_(?!period_end)\w+\{", key[0])
    ]
    assert len(past) > 150
    # The same query, the same old timestamp, another value.
    assert [key for key in past if after[key] == before[key]] == []
    assert [key for key in past if after[key].keys() != before[key].keys()] == []


def test_a_range_over_the_restated_past(company, peer):
    expression = 'kpi_revenue_gbp{grain="quarter",by="",vintage="current"}'
    expected = Expected(company)
    (line,) = peer.range(expression, AT - 700 * DAY, AT, 7 * DAY).values()
    assert len(line) == 101
    for at, value in line:
        (known,) = expected.of(expression, at).values()
        assert value == known
