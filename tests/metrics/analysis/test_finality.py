"""When values become final, held against what a refresh says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from metrics.analysis.finality import Finality, Outlook
from metrics.catalog.dataset import CompleteThrough
from metrics.engine.partly_covered import Beginning
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.grain import NO_SPAN, Grain, Span
from metrics.loading.loader import load
from metrics.observation import PUBLISHED, Observation, State
from tests.metrics.live import Live

ORDERS = """\
dataset: orders
source: sheets
files: data/orders.csv
key: order_id
time: ordered_at
settle: 3 days
complete_through: {lag: 0 days}
entities: {customer: customer}
"""
SHARE = """\
metric: share
label: Share
direction: up
kind: proportion
dataset: orders
share: "amount > 10"
min_sample: 1
grains: [month, week]
"""
AGAIN = """\
metric: again
label: Again
direction: up
kind: conversion
entity: customer
from: {dataset: orders, where: "amount > 10"}
to: {dataset: orders, where: "amount <= 10"}
window: 1 month
reentry: last
skipped: recorded
min_sample: 1
grains: [month, week]
"""
BOTH = """\
metric: both
label: Both
direction: up
kind: derived
formula: share * again
grains: [month, week]
"""
ROWS = "order_id,ordered_at,customer,amount\n" + "\n".join(
    f"{number},2026-{1 + number % 4:02}-{1 + number % 28:02} 10:00:00,{number // 2},{number % 23}"
    for number in range(120)
)


def test_a_value_is_final_from_the_instant_that_is_told_beforehand(tmp_path):
    live = Live(tmp_path)
    live.only()
    for name in ("orders", "tickets", "surveys"):
        live.define(f"datasets/{name}.yml", None)
    live.define("datasets/orders.yml", ORDERS)
    for name, text in (("share", SHARE), ("again", AGAIN), ("both", BOTH)):
        live.define(f"metrics/service/{name}.yml", text)
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "orders.csv").write_text(ROWS)
    catalog = live.catalog
    finality = Finality(catalog)
    turns: dict[str, set[datetime]] = {}
    for name in ("share", "again", "both"):
        periods = [catalog.company.calendar.parse(text) for text in ("2026-02", "2026-W06")]
        turns[name] = {at for period in periods if (at := finality.at(name, period)) is not None}
        for period in periods:
            at = finality.at(name, period)
            assert at is not None
            for now, final in ((at - timedelta(microseconds=1), False), (at, True)):
                with Session(catalog, tmp_path, now) as session:
                    outcome = list(Planner(session).compute([request_for(catalog.metric(name))]))[-1]
                assert outcome.error is None
                states = {seen.period: seen.state for seen in outcome.estimates if not seen.dimensions}
                assert (states[period] is State.FINAL) is final, (name, period, now)
    assert datetime(2026, 3, 4, tzinfo=UTC) in turns["share"]
    assert datetime(2026, 4, 4, tzinfo=UTC) in turns["again"]
    assert turns["both"] == turns["again"]


GOLDEN = Path(__file__).parents[2] / "golden" / "project"
NAMES = sorted(path.stem for path in (GOLDEN / "definitions" / "metrics" / "golden").glob("*.yml"))
LATE = datetime(2025, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def golden():
    """Return the golden project's catalog as if its rows were complete up to now, settling for two days."""
    catalog = load(GOLDEN).catalog
    assert catalog is not None
    through, settle = CompleteThrough(lag=NO_SPAN), Span.parse("2 days")
    datasets = {name: replace(each, complete_through=through, settle=settle)
                for name, each in catalog.datasets.items()}  # fmt: skip
    return replace(catalog, datasets=datasets)


def states(catalog, name, now):
    with Session(catalog, GOLDEN, now) as session:
        outcome = list(Planner(session).compute([request_for(catalog.metric(name))]))[-1]
    assert outcome.error is None
    return {each.key: each for each in outcome.estimates}


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_closes_at_the_instant_that_is_told(golden, name):
    finality = Finality(golden)
    closed = [each for each in states(golden, name, LATE).values()
              if each.state in PUBLISHED and each.period.end is not None]  # fmt: skip
    if name == "win_back_excluded":
        # A window that never ends leaves every period open.
        assert closed == []
        return
    told = {each.key: finality.at(name, each.period, each.dimensions, each.value) for each in closed}
    instants = sorted({at for at in told.values() if at is not None})
    turn = instants[len(instants) // 2]
    before, after = (states(golden, name, now) for now in (turn - timedelta(microseconds=1), turn))
    for each in closed:
        at = told[each.key]
        assert at is not None
        for seen, now in ((before, turn - timedelta(microseconds=1)), (after, turn)):
            assert (each.key in seen and seen[each.key].state in PUBLISHED) is (at <= now), (each.key, now)
    assert turn in told.values()


# -- what an open value waits for -------------------------------------------------------------------------------------


def outlook(
    catalog,
    name,
    text,
    value=1.0,
    state=State.PROVISIONAL,
    begins=None,
    watermark=datetime(2024, 3, 10, tzinfo=UTC),
):
    period = catalog.company.calendar.parse(text)
    seen = Observation(name, "h", 1, period.grain, period, (), state, watermark, watermark, value=value)
    return Finality(catalog).outlook(seen, begins or {})


def test_an_open_value_says_on_which_local_day_it_becomes_final(golden):
    assert outlook(golden, "aggregate", "2024-03") == Outlook(date(2024, 4, 3))
    assert outlook(golden, "aggregate", "2024-03").words == "final on 3 Apr 2024"
    assert outlook(golden, "conversion", "2024-03").words == "final on 3 May 2024"
    # What is made of others waits for the last of them.
    assert outlook(golden, "derived", "2024-03").words == "final on 3 Apr 2024"


def test_nothing_is_said_of_what_is_settled_or_not_known(golden):
    assert outlook(golden, "aggregate", "2024-01", state=State.FINAL) == Outlook()
    # Its time is over, and it has not become final: more than time is wanted.
    assert outlook(golden, "aggregate", "2024-01") == Outlook()
    # A window that never ends, and a payback that no month has seen yet.
    assert outlook(golden, "win_back_excluded", "2024-03") == Outlook()
    assert outlook(golden, "payback", "2024-03", value=None) == Outlook()
    assert outlook(golden, "payback", "2024-03", value=2.0).words == "final on 3 Jun 2024"


def test_a_period_that_is_covered_in_part_waits_for_nothing(golden):
    begins = {Grain.MONTH: Beginning("late_spend", date(2024, 3, 4), date(2024, 3, 1))}
    found = outlook(golden, "aggregate", "2024-03", begins=begins)
    assert (found.final_on, found.words) == (None, "late spend begins on 4 March 2024")
    assert outlook(golden, "aggregate", "2024-04", begins=begins).words == "final on 3 May 2024"
