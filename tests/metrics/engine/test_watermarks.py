"""From when to when data reaches: watermarks by every rule, and first rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from metrics.catalog.options import Reference
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.engine.watermarks import Extent, Extents
from metrics.errors import ExpressionError
from metrics.expressions.parser import parse
from metrics.grain import Grain
from tests.metrics.live import COMPANY, ORDERS, TICKETS, Live, aggregate, at

NOW = at("2026-04-01T06:00")
LAST_SYNC, LAST_ORDER = at("2026-04-01T05:00"), at("2026-03-31T12:00")


@pytest.fixture
def live(tmp_path: Path) -> Live:
    project = Live(tmp_path / "p")
    project.fill(90)
    return project


def extent(
    live: Live, dataset: str = "orders", now: datetime = NOW, as_of: datetime | None = None, time: str = ""
) -> Extent:
    with Session(live.catalog, live.root, now, as_of) as session:
        found = Extents(session).of(session.catalog.datasets[dataset], parse(time).node if time else None)
    return replace(found, gap=None)


def watermark(live: Live, *bases: str, used: tuple[str, ...] = (), now: datetime = NOW) -> datetime | None:
    with Session(live.catalog, live.root, now) as session:
        return Extents(session).watermark([Reference(name) for name in bases], set(used))


def orders(live: Live, *changes: tuple[str, str]) -> None:
    text = ORDERS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    live.define("datasets/orders.yml", text)


# -- the watermark of one dataset -----------------------------------------------------------------------

SYNCED = "loaded_at: synced_at\n"


@pytest.mark.parametrize(
    ("instead", "through"),
    [
        pytest.param(SYNCED, LAST_SYNC, id="loaded_at"),
        pytest.param("", LAST_ORDER, id="time"),
        pytest.param("complete_through: ordered_at\n" + SYNCED, LAST_ORDER, id="complete_through before loaded_at"),
        pytest.param("complete_through: synced_at - 1 day\n", at("2026-03-31T05:00"), id="an expression"),
        pytest.param("complete_through: {time: synced_at}\n", LAST_SYNC, id="time written out"),
        pytest.param("complete_through: {lag: 1 day}\n", at("2026-03-31T06:00"), id="lag"),
        pytest.param("complete_through: {lag: 90m}\n", at("2026-04-01T04:30"), id="lag in minutes"),
        pytest.param("complete_through: {dataset: tickets}\n", LAST_ORDER, id="another dataset by its time"),
        pytest.param("complete_through: {dataset: tickets, time: synced_at}\n", LAST_SYNC, id="another's column"),
        pytest.param("complete_through: date(ordered_at)\n", at("2026-04-01T00:00"), id="DATE"),
    ],
)  # fmt: skip
def test_until_when_a_dataset_is_complete(live: Live, instead: str, through: datetime) -> None:
    orders(live, (SYNCED, instead))
    assert extent(live) == Extent(date(2026, 1, 1), through)


def test_a_lag_is_counted_by_the_companys_calendar(live: Live) -> None:
    live.define("company.yml", COMPANY.replace("UTC", "Europe/London"))
    orders(live, (SYNCED, "complete_through: {lag: 1 day}\n"))
    # Clocks went forward in the night before: a day ago it was 23 hours earlier.
    now = at("2026-03-29T12:00")
    assert extent(live, now=now).through == at("2026-03-28T13:00")


def test_a_date_completes_its_day_in_the_companys_zone(live: Live) -> None:
    live.define("company.yml", COMPANY.replace("UTC", "America/New_York"))
    assert extent(live, "surveys", now=at("2026-04-02T00:00")).through == at("2026-04-01T04:00")


@pytest.mark.parametrize("now", [at("2026-03-31T20:00"), at("2026-03-31T00:00")])
def test_no_dataset_is_complete_beyond_now(live: Live, now: datetime) -> None:
    assert extent(live, "surveys", now=now).through == now


def test_a_row_dated_after_now_does_not_say_that_data_is_complete(live: Live) -> None:
    with_it = (at("2026-04-02T06:00"), at("2027-01-01T00:00"))
    live.sql("shop", "update orders set ordered_at = '2206-03-31 12:00' where order_id = 7")
    # It arrived like all others, and its time has not come.
    assert extent(live, now=with_it[0]) == Extent(date(2026, 1, 1), LAST_SYNC, ahead=1)
    orders(live, (SYNCED, ""))
    assert extent(live, now=with_it[0]) == Extent(date(2026, 1, 1), LAST_ORDER, ahead=1)
    live.sql("shop", "update orders set ordered_at = '2027-01-01' where order_id = 8")
    assert extent(live, now=with_it[0]) == Extent(date(2026, 1, 1), LAST_ORDER, ahead=2)
    assert extent(live, now=with_it[1]) == Extent(date(2026, 1, 1), with_it[1], ahead=1)
    assert extent(live, as_of=with_it[0]) == Extent(date(2026, 1, 1), LAST_ORDER)


@pytest.mark.parametrize(
    "instead", [SYNCED, "complete_through: synced_at\n", "complete_through: synced_at - 1 day\n"]
)
def test_an_arrival_after_now_is_counted_apart(live: Live, instead: str) -> None:
    orders(live, (SYNCED, instead))
    before = extent(live)
    live.sql("shop", "update orders set synced_at = '2206-03-31' where order_id < 3")
    assert extent(live) == replace(before, arriving=2)


def test_a_log_dated_after_now_completes_nothing(live: Live) -> None:
    orders(live, (SYNCED, "complete_through: {dataset: tickets}\n"))
    live.sql("desk", "update tickets set opened_at = '2206-03-31' where ticket_id < 3")
    assert extent(live) == Extent(date(2026, 1, 1), LAST_ORDER, arriving=2)


def test_a_year_that_no_calendar_holds_lies_ahead(live: Live) -> None:
    live.sql("shop", "update orders set ordered_at = '20260-03-31 12:00' where order_id = 7")
    assert extent(live) == Extent(date(2026, 1, 1), LAST_SYNC, ahead=1)


def test_a_day_lies_ahead_once_it_is_not_the_local_day_of_now(live: Live) -> None:
    live.define("company.yml", COMPANY.replace("UTC", "Pacific/Auckland"))
    survey = live.file("sheets").read_text(encoding="utf-8")
    live.file("sheets").write_text(survey + "91,02/04/2026,5,web\n92,03/04/2026,5,web\n", encoding="utf-8")
    # Auckland is thirteen hours ahead: noon of the 1st is the 2nd there.
    assert extent(live, "surveys", now=at("2026-04-01T10:00")).ahead == 2
    now = at("2026-04-01T12:00")
    assert extent(live, "surveys", now=now) == Extent(date(2026, 1, 1), now, ahead=1)


def test_a_planned_time_lies_ahead_rightly(live: Live) -> None:
    # A plan that has next year has all that is before it.
    live.sql("shop", "update orders set ordered_at = '2027-01-01' where order_id = 7")
    planned = "types: {ordered_at: {type: timestamp, planned: true}}\n"
    orders(live, (SYNCED, planned))
    assert extent(live) == Extent(date(2026, 1, 1), NOW, ahead=1)
    orders(live, (SYNCED, planned + "columns: {due: ordered_at}\n"), ("time: ordered_at", "time: date(due)"))
    assert extent(live) == Extent(date(2026, 1, 1), NOW, ahead=1)
    live.define(
        "datasets/both.yml", "dataset: both\nunion: [{dataset: orders, columns: {at: due}}]\ntime: at\n"
    )
    live.define("datasets/linked.yml", "dataset: linked\nsource: shop\ntable: orders\nkey: order_id\ntime: orders.due\n"
                "lookups: {orders: {dataset: orders, on: order_id}}\n")  # fmt: skip
    for dataset in ("both", "linked"):
        assert extent(live, dataset) == Extent(date(2026, 1, 1), NOW, ahead=1)


def test_where_all_rows_lie_after_now_nothing_is_complete(live: Live) -> None:
    live.sql("shop", "update orders set ordered_at = ordered_at + interval 180 year")
    orders(live, (SYNCED, ""))
    with pytest.raises(ExpressionError) as refused:
        watermark(live, "orders")
    assert refused.value.message == (
        "dataset 'orders' has no rows up to now, and 90 after it: until when it is complete is not known"
    )


def test_as_of_stands_for_now_and_hides_what_came_later(live: Live) -> None:
    then = at("2026-02-10T04:00")
    # The row of 8 February came on the 9th, that of the 9th on the 10th at 5 o'clock.
    assert extent(live, as_of=then).through == at("2026-02-09T05:00")
    assert extent(live, "surveys", as_of=then).through == then
    orders(live, (SYNCED, "complete_through: {lag: 1 day}\n"))
    assert extent(live, as_of=then).through == at("2026-02-09T04:00")


def test_naive_times_are_of_the_datasets_zone(live: Live) -> None:
    orders(live, (SYNCED, "timezone: America/New_York\n"))
    assert extent(live).through == at("2026-03-31T16:00")


def test_rows_that_do_not_count_do_not_complete(live: Live) -> None:
    orders(
        live,
        (SYNCED, SYNCED + "where: order_id <= 80\nexclude: {test: order_id = 80, early: order_id < 3}\n"),
    )
    assert extent(live) == Extent(date(2026, 1, 3), at("2026-03-21T05:00"))


def test_a_dataset_without_rows_or_without_a_time_says_nothing(live: Live) -> None:
    live.sql("shop", "delete from orders")
    assert extent(live) == Extent(None, None)
    orders(live, (SYNCED, ""), ("time: ordered_at\n", ""))
    assert extent(live) == Extent(None, None)


# -- the watermark of what reads several ------------------------------------------------------------------


def test_the_least_watermark_bounds(live: Live) -> None:
    live.sql("desk", "delete from tickets where ticket_id > 80")
    assert watermark(live, "orders") == LAST_SYNC
    assert watermark(live, "orders", "tickets") == at("2026-03-22T05:00")
    assert watermark(live, "orders", used=("orders", "tickets")) == at("2026-03-22T05:00")


ACCOUNTS = "dataset: accounts\nsource: shop\ntable: accounts\nkey: account\n"


@pytest.mark.parametrize(
    ("more", "through"),
    [
        pytest.param("", LAST_SYNC, id="no time"),
        pytest.param("valid: {from: since}\n", LAST_SYNC, id="a history that last changed long ago"),
        pytest.param("time: since\n", at("2025-06-01T00:00"), id="time"),
        pytest.param("loaded_at: since\n", at("2025-06-01T00:00"), id="loaded_at"),
        pytest.param("complete_through: since\n", at("2025-06-01T00:00"), id="complete_through"),
        pytest.param("complete_through: {lag: 2 days}\n", at("2026-03-30T06:00"), id="lag"),
    ],
)
def test_a_lookup_bounds_only_where_it_says_how_far_it_reaches(
    live: Live, more: str, through: datetime
) -> None:
    live.define("datasets/accounts.yml", ACCOUNTS + more)
    live.sql(
        "shop",
        "create table accounts as select 'c0' as account, 'north' as region, timestamp '2025-06-01' as since",
    )
    assert watermark(live, "orders", used=("orders", "accounts")) == through


def test_a_metric_is_bounded_by_the_lookups_that_it_reads(live: Live) -> None:
    live.define("datasets/accounts.yml", ACCOUNTS + "loaded_at: since\n")
    live.sql(
        "shop",
        "create table accounts as select 'c0' as account, 'north' as region, timestamp '2026-03-10' as since",
    )
    orders(live, ("conditions:", "lookups: {accounts: {dataset: accounts, on: customer}}\nconditions:"))
    live.define(
        "metrics/sales/north.yml", aggregate("north", "orders", "count", "where: accounts.region = 'north'\n")
    )
    with Session(live.catalog, live.root, NOW) as session:
        assert Planner(session).watermark("revenue") == LAST_SYNC
        assert Planner(session).watermark("north") == at("2026-03-10T00:00")


def test_a_union_reaches_as_far_as_its_shortest_part(live: Live) -> None:
    live.define(
        "datasets/both.yml",
        "dataset: both\nunion: [{dataset: orders}, {dataset: returns}]\ntime: ordered_at\n",
    )
    live.define(
        "datasets/returns.yml",
        ORDERS.replace("dataset: orders", "dataset: returns").replace("table: orders", "table: returns"),
    )
    live.define("metrics/sales/both.yml", aggregate("both", "both", "count"))
    live.sql("shop", "create table returns as select * from orders where order_id between 3 and 60")
    with Session(live.catalog, live.root, NOW) as session:
        planner = Planner(session)
        # Sixty days: the last return is of 1 March, synced on the 2nd.
        assert planner.watermark("both") == at("2026-03-02T05:00")
        assert planner.extents.first([Reference("both")]) == date(2026, 1, 1)
        # Its latest row would hide the part that stands still.
        assert planner.extents.watermarks() == {
            "orders": at("2026-04-01T05:00"), "returns": at("2026-03-02T05:00")
        }  # fmt: skip
    live.define(
        "datasets/both.yml",
        "dataset: both\nunion: [{dataset: orders}, {dataset: returns}]\ntime: ordered_at\n"
        "complete_through: {lag: 1 day}\n",
    )
    with Session(live.catalog, live.root, NOW) as session:
        planner = Planner(session)
        planner.watermark("both")
        assert planner.extents.watermarks()["both"] == at("2026-03-31T06:00")


def test_what_reads_no_time_has_no_watermark(live: Live) -> None:
    live.define("datasets/accounts.yml", ACCOUNTS)
    live.sql("shop", "create table accounts as select 'c0' as account")
    live.define(
        "metrics/sales/accounts_count.yml",
        aggregate("accounts_count", "accounts", "count", "grains: [all]\n"),
    )
    with Session(live.catalog, live.root, NOW) as session:
        assert Planner(session).watermark("accounts_count") is None
        outcome = list(Planner(session).compute([request_for(session.catalog.metrics["accounts_count"])]))[-1]
    assert [(each.period.grain, each.value, str(each.state)) for each in outcome.estimates] == [
        (Grain.ALL, 1.0, "final")
    ]


# -- first rows ---------------------------------------------------------------------------------------------


def first(live: Live, *bases: Reference) -> date | None:
    with Session(live.catalog, live.root, NOW) as session:
        return Extents(session).first(bases)


def test_a_period_is_covered_from_where_every_side_has_rows(live: Live) -> None:
    live.sql("desk", "delete from tickets where ticket_id < 20")
    assert first(live, Reference("orders")) == date(2026, 1, 1)
    assert first(live, Reference("orders"), Reference("tickets")) == date(2026, 1, 20)
    live.sql("desk", "delete from tickets")
    assert first(live, Reference("orders"), Reference("tickets")) is None


def test_the_first_day_is_local_and_of_the_references_own_time(live: Live) -> None:
    live.define("company.yml", COMPANY.replace("UTC", "Pacific/Auckland"))
    live.sql("shop", "update orders set ordered_at = '2026-01-01 11:00' where order_id = 1")
    # Eleven o'clock in the morning is midnight in Auckland.
    assert first(live, Reference("orders")) == date(2026, 1, 2)
    assert first(live, Reference("orders", time=parse("date(ordered_at)"))) == date(2026, 1, 2)
    assert first(live, Reference("surveys")) == date(2026, 1, 1)
    assert first(live, Reference("orders", time=parse("synced_at"))) == date(2026, 1, 2)


def test_rows_without_a_time_come_before_nothing(live: Live) -> None:
    live.sql("shop", "update orders set ordered_at = null where order_id < 10")
    assert extent(live).first == date(2026, 1, 10)


def test_an_extent_is_read_once_for_each_time(live: Live) -> None:
    with Session(live.catalog, live.root, NOW) as session:
        dataset, extents = session.catalog.datasets["orders"], Extents(session)
        for node in (None, None, parse("synced_at").node, parse("synced_at").node):
            extents.of(dataset, node)
        assert len(session.statements) == 2


CAME_BACK = """\
metric: came_back
label: Came back
direction: up
kind: conversion
entity: customer
from: {dataset: orders}
to: {dataset: tickets}
window: 30 days
"""


def test_an_empty_later_stage_makes_no_conversion_final(live: Live) -> None:
    # A table that is being loaded anew is empty for a moment: nobody knows yet who converted.
    live.define("datasets/orders.yml", ORDERS)
    live.define("datasets/tickets.yml", TICKETS.replace("desk", "shop") + "entities: {customer: customer}\n")
    live.only("revenue")
    live.define("metrics/sales/came_back.yml", CAME_BACK)
    live.sql(
        "shop",
        "create table tickets as select order_id as ticket_id, ordered_at as opened_at, synced_at, channel, "
        "customer from orders limit 0",
    )
    with Session(live.catalog, live.root, NOW) as session:
        outcome = list(Planner(session).compute([request_for(session.catalog.metrics["came_back"])]))[-1]
    assert not any(
        each.value == 0.0 and str(each.state) in ("final", "small_sample") for each in outcome.estimates
    )
