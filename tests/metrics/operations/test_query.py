"""A question is answered from the store where it holds the answer, and live where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from metrics.errors import GrainNotAllowed, SourceMissing, UnknownDimension, UnknownMetric
from metrics.grain import Grain
from metrics.observation import Observation
from metrics.operations.query import Answer, MetricQuery, Origin, answer
from metrics.store.store import Store
from tests.metrics.live import REVENUE, Live, aggregate, at

NOW = at("2026-04-01T06:00")
JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, number, 1) for number in range(1, 5))


@pytest.fixture
def live(tmp_path: Path) -> Live:
    project = Live(tmp_path / "p")
    project.fill(90)
    return project


@pytest.fixture
def store(live: Live) -> Iterator[Store]:
    with Store.open(live.url) as opened:
        live.refresh(opened)
        yield opened


def ask(live: Live, store: Store, metric: str = "revenue", grain: Grain = Grain.MONTH, *by: str,
        now: datetime | None = None, **more: Any) -> Answer:  # fmt: skip
    query = MetricQuery(metric, grain, by, **more)
    return answer(query, live.catalog, live.root, store, now or live.clock.now)


def shown(found: Answer) -> list[tuple[Any, ...]]:
    return [
        (each.period.start, *(value for _, value in each.dimensions), each.value)
        for each in found.observations
    ]


TOTALS = [(JANUARY, 496.0), (FEBRUARY, 1274.0), (MARCH, 2325.0), (APRIL, 0.0)]


# -- from the store or live -------------------------------------------------------------------------------


def test_the_store_answers_what_it_holds(live: Live, store: Store) -> None:
    found = ask(live, store)
    assert (found.origin, found.watermark) == (Origin.STORE, at("2026-04-01T05:00"))
    assert shown(found) == TOTALS
    assert all(each.run for each in found.observations)
    cut = ask(live, store, "revenue", Grain.QUARTER, "channel")
    assert cut.origin is Origin.STORE
    assert [row for row in shown(cut) if row[0] == JANUARY] == [
        (JANUARY, "phone", 256.0 + 644 + 1125), (JANUARY, "web", 240.0 + 630 + 1200),
    ]  # fmt: skip


def _plain(rows: tuple[Observation, ...]) -> list[tuple[Any, ...]]:
    return [
        (each.definition_hash, each.period, each.dimensions, each.state, each.value, each.numerator, each.denominator,
         each.lower, each.upper, each.sample_size, each.maturity, each.watermark)
        for each in rows
    ]  # fmt: skip


@pytest.mark.parametrize(
    "metric", ["revenue", "csat", "kept_promises", "contact_rate", "revenue_per_complaint"]
)
def test_store_and_live_say_the_same(live: Live, store: Store, metric: str) -> None:
    held = ask(live, store, metric)
    fresh = ask(live, store, metric, as_of=live.clock.now)
    assert (held.origin, fresh.origin) == (Origin.STORE, Origin.LIVE)
    assert _plain(held.observations) == _plain(fresh.observations)
    assert held.watermark == fresh.watermark


@pytest.mark.parametrize(
    ("grain", "periods"), [(Grain.DAY, 91), (Grain.WEEK, 14), (Grain.YEAR, 1), (Grain.ALL, 1)]
)
def test_a_grain_that_is_not_stored_is_computed_and_not_kept(
    live: Live, store: Store, grain: Grain, periods: int
) -> None:
    found = ask(live, store, "revenue", grain)
    assert (found.origin, len(found.observations)) == (Origin.LIVE, periods)
    assert sum(each.value or 0 for each in found.observations) == 496 + 1274 + 2325
    assert {each.run for each in found.observations} == {None}
    assert store.latest("revenue", grain=grain) == ()


def test_grain_all_of_a_plain_count(live: Live, store: Store) -> None:
    live.define("metrics/sales/orders_count.yml", aggregate("orders_count", "orders", "count"))
    assert shown(ask(live, store, "orders_count", Grain.ALL)) == [(None, 90.0)]


def test_a_cut_that_is_not_stored_is_computed(live: Live, store: Store) -> None:
    live.define("datasets/orders.yml", (live.root / "definitions/datasets/orders.yml").read_text()
                .replace("{channel: channel}", "{channel: channel, buyer: customer}"))  # fmt: skip
    live.define("metrics/sales/revenue.yml", REVENUE.replace("[channel]", "[channel, buyer]"))
    live.refresh(store)
    assert ask(live, store, "revenue", Grain.MONTH, "buyer").origin is Origin.STORE
    both = ask(live, store, "revenue", Grain.MONTH, "channel", "buyer", start=JANUARY, end=FEBRUARY)
    assert both.origin is Origin.LIVE
    # Dimensions stand in their own order: buyer before channel.
    by_hand: dict[tuple[str, str], float] = {}
    for n in range(1, 32):
        key = f"c{n % 5}", "web" if n % 2 == 0 else "phone"
        by_hand[key] = by_hand.get(key, 0.0) + n
    assert shown(both) == [(JANUARY, *key, value) for key, value in sorted(by_hand.items())]
    # Combinations that are listed are stored, in whatever order they are asked for.
    live.define(
        "metrics/sales/revenue.yml",
        REVENUE.replace("[channel]", "[channel, buyer]\ncuts: [[channel, buyer]]"),
    )
    assert ask(live, store, "revenue", Grain.MONTH, "buyer", "channel").origin is Origin.LIVE
    live.refresh(store)
    held = ask(live, store, "revenue", Grain.MONTH, "channel", "buyer", start=JANUARY, end=FEBRUARY)
    assert held.origin is Origin.STORE
    assert shown(held) == shown(both)


def test_a_changed_definition_is_computed_until_it_is_refreshed(live: Live, store: Store) -> None:
    live.define("metrics/sales/revenue.yml", REVENUE + "where: kept\n")
    kept = float(sum(n for n in range(1, 32) if n % 3))
    found = ask(live, store)
    assert (found.origin, shown(found)[0]) == (Origin.LIVE, (JANUARY, kept))
    live.refresh(store)
    found = ask(live, store)
    assert (found.origin, shown(found)[0]) == (Origin.STORE, (JANUARY, kept))


def test_newer_rows_are_computed_until_they_are_refreshed(live: Live, store: Store) -> None:
    live.clock.now = at("2026-05-01T06:00")
    live.fill(120)
    april = float(sum(range(91, 121)))
    found = ask(live, store)
    assert (found.origin, found.watermark) == (Origin.LIVE, at("2026-05-01T05:00"))
    assert shown(found)[3] == (APRIL, april)
    # So are those that only an input of a formula has.
    assert ask(live, store, "revenue_per_complaint").origin is Origin.LIVE
    live.refresh(store)
    assert ask(live, store).origin is Origin.STORE
    assert shown(ask(live, store))[3] == (APRIL, april)


def test_a_source_that_is_away_leaves_the_last_good_value(live: Live, store: Store) -> None:
    live.clock.now = at("2026-05-01T06:00")
    live.file("shop").unlink()
    found = ask(live, store)
    assert (found.origin, found.watermark) == (Origin.STORE, at("2026-04-01T05:00"))
    assert shown(found) == TOTALS
    # What the store does not hold cannot be said.
    with pytest.raises(SourceMissing) as refused:
        ask(live, store, "revenue", Grain.WEEK)
    assert str(refused.value) == "source 'shop': no file data/shop.duckdb"


def test_a_metric_that_was_never_refreshed_is_computed(live: Live, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}") as empty:
        found = ask(live, empty)
        assert (found.origin, shown(found)) == (Origin.LIVE, TOTALS)
        assert empty.latest("revenue") == ()


# -- bounds, as of and as known ---------------------------------------------------------------------------


@pytest.mark.parametrize("as_of", [None, NOW], ids=["store", "live"])
@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (None, None, [JANUARY, FEBRUARY, MARCH, APRIL]),
        (FEBRUARY, None, [FEBRUARY, MARCH, APRIL]),
        (date(2026, 2, 2), None, [MARCH, APRIL]),
        (None, MARCH, [JANUARY, FEBRUARY]),
        (None, date(2026, 3, 2), [JANUARY, FEBRUARY, MARCH]),
        (FEBRUARY, MARCH, [FEBRUARY]),
        (MARCH, MARCH, []),
    ],
)
def test_periods_that_start_within_the_bounds(
    live: Live, store: Store, start: date | None, end: date | None, months: list[date], as_of: datetime | None
) -> None:
    found = ask(live, store, start=start, end=end, as_of=as_of)
    assert [each.period.start for each in found.observations] == months
    assert found.origin is (Origin.LIVE if as_of else Origin.STORE)


def test_as_of_hides_what_came_later(live: Live, store: Store) -> None:
    # The row of 10 February came on the 11th at 5 o'clock.
    found = ask(live, store, as_of=at("2026-02-11T05:00"))
    assert (found.origin, found.watermark) == (Origin.LIVE, at("2026-02-10T05:00"))
    assert [(*row, str(each.state)) for row, each in zip(shown(found), found.observations, strict=True)] == [
        (JANUARY, 496.0, "final"), (FEBRUARY, float(sum(range(32, 41))), "provisional"),
    ]  # fmt: skip
    assert shown(ask(live, store)) == TOTALS


def test_as_known_shows_what_the_store_said_then(live: Live, store: Store) -> None:
    live.clock.now = at("2026-04-02T06:00")
    live.sql("shop", "update orders set amount = 100 where order_id = 10")
    live.refresh(store)
    then = ask(live, store, as_known=at("2026-04-02"))
    assert (then.origin, then.watermark, shown(then)) == (Origin.STORE, None, TOTALS)
    assert shown(ask(live, store, as_known=at("2026-04-03")))[0] == (JANUARY, 586.0)
    assert shown(ask(live, store, as_known=at("2026-03-31"))) == []
    # No source is asked.
    live.file("shop").unlink()
    assert shown(ask(live, store, as_known=at("2026-04-02"))) == TOTALS


def test_as_known_of_a_grain_that_is_not_stored_is_refused(live: Live, store: Store) -> None:
    with pytest.raises(GrainNotAllowed) as refused:
        ask(live, store, "revenue", Grain.WEEK, as_known=NOW)
    assert str(refused.value) == "metric 'revenue' has no grain 'week'; it has: month, quarter"


def test_a_vanished_segment_is_left_out_and_an_empty_total_is_not(live: Live, store: Store) -> None:
    live.sql("desk", "delete from tickets where channel = 'phone'")
    live.clock.now = at("2026-04-01T07:00")
    live.refresh(store)
    assert {row[1] for row in shown(ask(live, store, "complaints", Grain.MONTH, "channel"))} == {"web"}
    assert shown(ask(live, store, "contact_rate"))[3] == (APRIL, None)


# -- what cannot be asked -----------------------------------------------------------------------------------


def test_an_unknown_metric_is_said(live: Live, store: Store) -> None:
    with pytest.raises(UnknownMetric) as refused:
        ask(live, store, "revenu")
    assert str(refused.value) == "no metric is called 'revenu' (did you mean 'revenue'?)"


@pytest.mark.parametrize("more", [{}, {"as_known": NOW}, {"as_of": NOW}], ids=["now", "as_known", "as_of"])
def test_an_unknown_dimension_is_said(live: Live, store: Store, more: dict[str, datetime]) -> None:
    with pytest.raises(UnknownDimension) as refused:
        ask(live, store, "revenue", Grain.MONTH, "chanel", **more)
    assert str(refused.value) == "metric 'revenue' has no dimension 'chanel' (did you mean 'channel'?)"
    with pytest.raises(UnknownDimension) as refused:
        ask(live, store, "kept_promises", Grain.MONTH, "channel", **more)
    assert str(refused.value) == "metric 'kept_promises' has no dimension 'channel'"
