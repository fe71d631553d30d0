"""A real Prometheus reads the history of the example company from our server."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from api.prometheus.remote_read.answer import Histories, answer
from api.prometheus.remote_read.wire import Asked, Match, Matcher
from metrics.analysis.vintages import milliseconds
from tests.api.northwind import NOW, build

pytestmark = pytest.mark.prometheus

DAY = 86_400.0
AT = NOW.timestamp()
CONVERSION = 'kpi_lead_to_opportunity_ratio{grain="quarter",by="",vintage="current"}'


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    project = build(tmp_path_factory.mktemp("northwind"))
    yield project
    project.store.close()


HELD = Histories()


def ours(company, at: float, name: str = "kpi_.*|scorecard_target", vintage: str = "current"):
    """Return what we hold for an instant, by labels."""
    matchers = (Matcher("__name__", Match.REGEX, name), Matcher("vintage", Match.EQUAL, vintage))
    end = round(at * 1000)
    found = answer(company, HELD, Asked(end - 300_000, end, matchers))
    return {one.labels: float(one.values[0]) for one in found}


def values(company, grain: str = "quarter"):
    """Return the values of conversions by the start of their periods."""
    stored = company.store.latest("lead_to_opportunity", by=())
    return {str(one.period.start): one.value for one in stored if one.grain.value == grain}


@pytest.mark.parametrize("days", [0, 1, 200, 500, 900])
@pytest.mark.parametrize("vintage", ["current", "first"])
def test_every_series_at_an_instant(company, peer, days, vintage):
    at = AT - days * DAY
    expected = ours(company, at, vintage=vintage)
    found = peer.instant(f'{{__name__=~"kpi_.+|scorecard_target",vintage="{vintage}"}}', at)
    assert found == expected
    assert len(expected) > 100 or days == 900


@pytest.mark.parametrize("shift", [0.0, 12_345.678])
@pytest.mark.parametrize("step", [DAY, 7 * DAY, 30 * DAY])
def test_each_step_of_a_range(company, peer, shift, step):
    start = datetime(2024, 6, 1, tzinfo=UTC).timestamp() + shift
    (line,) = peer.range(CONVERSION, start, AT, step).values()
    stepped = int((AT - start) // step) + 1
    expected = [ours(company, start + k * step, "kpi_lead_to_opportunity_ratio") for k in range(stepped)]
    key = (("__name__", "kpi_lead_to_opportunity_ratio"), ("grain", "quarter"), ("vintage", "current"))
    assert [value for _, value in line] == [seen[key] for seen in expected if key in seen]
    assert len(line) == sum(key in seen for seen in expected) > 5


def test_an_offset_is_the_value_of_then(company, peer):
    assert list(peer.instant(f"{CONVERSION} offset 90d", AT).values()) == [values(company)["2026-01-01"]]
    assert list(peer.instant(CONVERSION, AT).values()) == [values(company)["2026-04-01"]]


def test_the_end_of_a_window_turns_the_value_to_the_millisecond(company, peer):
    turn = milliseconds(datetime(2026, 6, 29, 23, tzinfo=UTC)) / 1000
    assert list(peer.instant(CONVERSION, turn - 0.001).values()) == [values(company)["2025-10-01"]]
    assert list(peer.instant(CONVERSION, turn).values()) == [values(company)["2026-01-01"]]


def test_an_average_over_time_counts_days(company, peer):
    (found,) = peer.instant(f"avg_over_time({CONVERSION}[90d])", AT).values()
    days = [list(ours(company, t, "kpi_lead_to_opportunity_ratio").items())
            for t in range(int((AT - 90 * DAY) // DAY + 1) * 86_400, int(AT) + 1, 86_400)]  # fmt: skip
    key = (("__name__", "kpi_lead_to_opportunity_ratio"), ("grain", "quarter"), ("vintage", "current"))
    line = [dict(each)[key] for each in days]
    assert found == pytest.approx(sum(line) / len(line), rel=1e-12)
    assert len(line) == 90
    assert len(set(line)) == 2


def test_a_subquery_looks_back_over_a_year(company, peer):
    (found,) = peer.instant(f"max_over_time({CONVERSION}[365d:30d])", AT).values()
    assert found == values(company)["2025-07-01"]


def test_segments_are_compared_and_joined_with_targets(company, peer):
    best = peer.instant(
        'max by (channel) (kpi_lead_to_opportunity_ratio{grain="quarter",by="channel",vintage="current"})', AT
    )
    stored = [one for one in company.store.latest("lead_to_opportunity", by=("channel",))
              if one.grain.value == "quarter" and str(one.period.start) == "2026-04-01"]  # fmt: skip
    assert best == {(("channel", one.dimensions[0][1]),): one.value for one in stored}
    goal = 'scorecard_target{metric="lead_to_opportunity",kind="goal",vintage="current"}'
    (gap,) = peer.instant(f"{CONVERSION} - on(grain) {goal}", AT).values()
    assert gap == pytest.approx(values(company)["2026-04-01"] - 0.24, rel=1e-12)


def test_live_series_and_history_never_answer_one_query(company, peer):
    live = 'kpi_lead_to_opportunity_ratio{grain="quarter",by=""}'
    deadline = time.monotonic() + 60
    while not (found := peer.instant(live, time.time())) and time.monotonic() < deadline:
        time.sleep(0.2)
    # The scraped series alone: without a vintage nothing is read from the history.
    assert [dict(key).get("vintage") for key in found] == [None]
    assert list(found.values()) == [values(company)["2026-04-01"]]
    past = peer.instant(live.replace("}", ',vintage="current"}'), time.time())
    assert [dict(key).get("vintage") for key in past] == ["current"]
    assert peer.instant(live.replace("}", ',vintage=""}'), time.time()).keys() == found.keys()


def test_a_bad_pattern_is_refused_by_prometheus_itself_and_ours_compile_alike(company, peer):
    found = peer.instant('{__name__="kpi_lead_to_opportunity_ratio",vintage="current",channel!~"(o|p).*",'
                         'by="channel",grain="quarter"}', AT)  # fmt: skip
    assert {dict(key)["channel"] for key in found} == {"referral"}
