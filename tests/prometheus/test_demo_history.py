"""A real Prometheus scrapes the demo company and reads its three years, before and after a restatement."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from api.demo import NOW
from api.prometheus.remote_read.answer import Histories
from metrics.operations.refresh import Refresher
from tests.api.prometheus.remote_read.agreement import live_series, past_series, plain_reading
from tests.prometheus.servers import DEADLINE

pytestmark = pytest.mark.prometheus

INSTANTS = tuple(
    datetime(*day, tzinfo=UTC)
    for day in (
        (2026, 10, 13, 6),
        (2026, 7, 4, 1, 30),
        (2026, 1, 15),
        (2025, 6, 5),
        (2024, 11, 1),
        (2024, 1, 20),
    )
)
EVERY = '{{__name__=~"kpi_.+|scorecard_target",vintage="{vintage}"}}'
REVENUE = 'kpi_revenue_gbp{grain="month",by="",vintage="%s"}'
# A month's revenue is final when it has settled for three days: May's stands at the end of June.
MAY, JUNE, END_OF_JUNE = date(2025, 5, 1), date(2025, 6, 1), datetime(2025, 6, 30, tzinfo=UTC)
LATE = """\
copy (
  select * from read_parquet('{old}')
  union all
  select * replace ('LATE' || order_id as order_id, timestamp '{synced}' as synced_at) from read_parquet('{old}')
  where {chosen}
) to '{new}' (format parquet)
"""
CHOSEN = (
    "ordered_at >= timestamp '2025-05-06' and ordered_at < timestamp '2025-05-20' and currency = 'GBP' "
    "and status <> 'cancelled'"
)


@pytest.fixture(scope="module")
def company(own_demo):
    """Return the demo as this module's own project, which a test restates."""
    return own_demo


def asked(peer, at, vintage="current"):
    """Return what Prometheus reads of every metric at an instant, without the vintage."""
    found = peer.instant(EVERY.format(vintage=vintage), at.timestamp())
    return {tuple(pair for pair in key if pair[0] != "vintage"): value for key, value in found.items()}


def values(found):
    beside = ("kpi_period_end_timestamp_seconds", "scorecard_target")
    return {key: value for key, value in found.items() if dict(key)["__name__"] not in beside}


@pytest.mark.parametrize("at", INSTANTS, ids=str)
def test_every_metric_is_what_the_store_holds(company, peer, at):
    held = {name: company.store.latest(name) for name in company.catalog.metrics}
    found = asked(peer, at)
    assert values(found) == plain_reading(company, at, held)
    assert len(found) > (2_000 if at.year > 2024 else 100)


def test_what_is_scraped_is_the_history_of_now(company, peer):
    expected = live_series(company, NOW)
    assert past_series(company, NOW) == expected
    deadline, found = time.monotonic() + DEADLINE, {}
    while len(found) < len(expected) and time.monotonic() < deadline:
        time.sleep(0.3)
        scraped = peer.instant(
            '{__name__=~"kpi_.+|scorecard_target",__name__!~"kpi_source_.*|kpi_dataset_.*|kpi_metric_.*|kpi_refresh_.*|kpi_survey_.*|kpi_to_date_.*",__name__!~".*_provisional.*",'
            'grain!="all"}', time.time(),
        )  # fmt: skip
        found = {tuple(pair for pair in key if pair[0] not in ("job", "instance")): value
                 for key, value in scraped.items()}  # fmt: skip
    assert found == expected
    assert not any("vintage" in dict(key) for key in scraped)


def test_the_first_is_what_was_published_first(company, peer):
    at = INSTANTS[2]
    assert asked(peer, at, "first") == past_series(company, at, "first")
    # The demo's second refresh has restated what the first one had published.
    assert asked(peer, at, "first") != asked(peer, at)


def test_a_restatement_changes_old_timestamps_and_not_what_was_first_said(company, peer):
    orders = company.root / "data" / "sales" / "orders.parquet"
    query, at = REVENUE % "current", END_OF_JUNE.timestamp()
    (before,), (first,) = (peer.instant(REVENUE % vintage, at).values() for vintage in ("current", "first"))
    with duckdb.connect() as connection:
        (added,) = connection.execute(
            f"select sum(amount) from read_parquet('{orders}') where {CHOSEN}"
        ).fetchone()
        new = orders.with_suffix(".new")
        connection.execute(LATE.format(old=orders, new=new, chosen=CHOSEN, synced="2026-10-13 02:00:00"))
    new.rename(orders)
    assert added > 1_000
    refresher = Refresher(company.catalog, company.root, company.store, lambda: NOW + timedelta(hours=1))
    assert refresher.refresh(["revenue"]).failed == ()
    (after,) = peer.instant(query, at).values()
    assert after == pytest.approx(before + float(added), rel=1e-12)
    total = company.store.latest("revenue", by=(), start=MAY, end=JUNE)
    assert [one.value for one in total if one.grain == "month"] == [after]
    assert list(peer.instant(REVENUE % "first", at).values()) == [first]
    # The month before and the months after stay as they were; so does all else that is asked of then.
    line = dict(next(iter(peer.range(query, at - 86_400 * 60, at + 86_400 * 60, 86_400).values())))
    assert len(set(line.values())) == 5
    held = {name: company.store.latest(name) for name in company.catalog.metrics}
    for instant in (END_OF_JUNE, INSTANTS[0]):
        assert values(asked(peer, instant)) == plain_reading(company, instant, held)
    assert past_series(company, NOW, histories=Histories()) == live_series(company, NOW)
