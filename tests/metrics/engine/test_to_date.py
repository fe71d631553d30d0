"""What is to date is computed in the run, of what can be compared, and its failure takes no value away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.engine.to_date import ToDates, _rounds, stretches
from metrics.grain import Calendar
from metrics.kinds.aggregate.kind import Aggregation
from metrics.observation import Offset, State
from metrics.store.store import Store
from tests.metrics.live import ORDERS, Live, aggregate, at

# 100 days of rows, the last synced on 11 April at 5 o'clock: April has ten whole days.
APRIL, MARCH = Calendar().parse("2026-04"), Calendar().parse("2026-03")


@pytest.fixture
def live(tmp_path: Path) -> Live:
    project = Live(tmp_path / "p")
    project.fill(100)
    project.clock.now = at("2026-04-11T06:00")
    return project


@pytest.fixture
def store(live: Live) -> Iterator[Store]:
    with Store.open(live.url) as opened:
        yield opened


def test_a_refresh_stores_it_with_the_run(live: Live, store: Store) -> None:
    live.refresh(store)
    revenue = store.to_date("revenue")
    # Order n is of day n and worth n: 91 to 100 of April, 60 to 69 of March, nothing known of a year before.
    said = {offset: (revenue[APRIL, offset].days, revenue[APRIL, offset].value) for offset in Offset}
    assert said == {Offset.NONE: (10, 955.0), Offset.PERIOD: (10, 645.0), Offset.YEAR: (10, None)}
    assert revenue[APRIL, Offset.PERIOD].period == MARCH
    assert revenue[APRIL, Offset.YEAR].state is State.NO_DATA
    # A formula is made of what it is made of, at the same days.
    assert store.to_date("revenue_per_complaint")[APRIL, Offset.PERIOD].value == 64.5
    # The value of the open month itself stays what it is.
    (open_one,) = store.latest("revenue", by=(), start=APRIL.start, grain=APRIL.grain)
    assert (open_one.value, open_one.state) == (955.0, State.PROVISIONAL)


def test_what_says_nothing_new_is_not_written_again(live: Live, store: Store) -> None:
    live.refresh(store, "revenue")
    live.refresh(store, "revenue")
    live.fill(101)
    live.clock.now = at("2026-04-12T06:00")
    live.refresh(store, "revenue")
    assert store.to_date("revenue")[APRIL, Offset.NONE].days == 11
    assert store.to_date("revenue", at("2026-04-11T06:00")) == {}
    assert store.to_date("revenue", at("2026-04-11T06:01"))[APRIL, Offset.NONE].days == 10


def test_days_are_whole(live: Live, store: Store) -> None:
    live.define("datasets/orders.yml", ORDERS.replace("loaded_at: synced_at", "complete_through: ordered_at"))
    live.refresh(store, "revenue")
    # Until noon of the tenth: nine days, while the value so far has the order of that noon.
    assert store.to_date("revenue")[APRIL, Offset.NONE].value == 955.0 - 100
    assert store.to_date("revenue")[APRIL, Offset.PERIOD].value == 645.0 - 69


def test_one_pass_reads_all_periods_of_a_metric(live: Live) -> None:
    with Session(live.catalog, live.root, live.clock.now) as session:
        planner = Planner(session)
        outcomes = _computed(planner, "revenue", "contact_rate")
        before = len(session.statements)
        beside = ToDates(planner)
        assert [len(beside.of(each)) for each in outcomes] == [6, 6]
        # The ratio's denominator and revenue are of one dataset, but not one scan: three in all.
        assert len(session.statements) - before == 3


def test_a_failure_takes_no_value_away(live: Live, store: Store, monkeypatch: pytest.MonkeyPatch,
                                       caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    finish = Aggregation.finish

    def failing(self, metric, frame, results):  # type: ignore[no-untyped-def]
        if frame.only:
            raise ValueError("no")
        return finish(self, metric, frame, results)

    monkeypatch.setattr(Aggregation, "finish", failing)
    assert live.refresh(store, "revenue").failed == ()
    assert store.to_date("revenue") == {}
    assert store.latest("revenue", by=(), start=APRIL.start, grain=APRIL.grain)
    assert caplog.messages == ["metric revenue: nothing is compared to date: no"]


def test_a_kind_that_cannot_be_compared_is_not(live: Live) -> None:
    text = aggregate("wide", "orders", "count").replace("kind: aggregate", "kind: surge")
    live.define("metrics/sales/wide.yml", text.replace("measure: count", "baseline: 8"))
    with Session(live.catalog, live.root, live.clock.now) as session:
        planner = Planner(session)
        (outcome,) = _computed(planner, "wide")
        assert ToDates(planner).of(outcome) == ()


def _computed(planner: Planner, *names: str) -> list[Outcome]:
    return list(planner.compute([request_for(planner.catalog.metric(name)) for name in names]))


def test_what_was_known_on_one_day_is_read_in_one_round() -> None:
    calendar, today = Calendar(), at("2026-10-13T00:00").date()
    bases = ("2026-09", "2026-10", "2026-Q3", "2026-Q4")
    known = {
        one for name in bases for one in stretches(calendar.parse(name), today, calendar).values()
    }  # fmt: skip
    rounds = _rounds(known)
    assert sorted(one for each in rounds for one in each) == sorted(known)
    for each in rounds:
        assert len({one.period for one in each}) == len(each)
    days = [{one.until for one in each} for each in rounds]
    assert sum(map(len, days)) == len(set.union(*days))
    # September and the third quarter are wanted as they are and as what October and the fourth are set against.
    assert len(rounds) == 2
