"""Many metrics become few scans, inputs come first, and a guard that does not hold fails whoever needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from metrics.engine.outcome import Outcome
from metrics.engine.planner import Planner
from metrics.engine.schedule import MetricRequest, request_for
from metrics.engine.session import Session
from metrics.errors import ComputationError, SourceMissing, UnknownMetric
from metrics.expressions.nodes import Name
from metrics.grain import Grain
from metrics.sql.periods import TimeFrame
from metrics.sql.rows import Rows
from metrics.sql.scope import Scope, Selectable
from tests.metrics.live import ORDERS, TICKETS, Live, aggregate, at

NOW = at("2026-04-01T06:00")


@pytest.fixture
def live(tmp_path: Path) -> Live:
    project = Live(tmp_path / "p")
    project.fill(90)
    return project


@pytest.fixture
def session(live: Live) -> Iterator[Session]:
    with Session(live.catalog, live.root, NOW) as opened:
        yield opened


def compute(session: Session, *metrics: str) -> dict[str, Outcome]:
    wanted = metrics or tuple(session.catalog.metrics)
    return {outcome.metric: outcome for outcome in Planner(session).compute(requests(session, *wanted))}


def kinds_of(session: Session) -> list[str]:
    """Tell what each statement was for."""
    return [
        "extent" if " AS first" in each.sql or " AS last" in each.sql
        else "guard" if " AS found" in each.sql
        else "scan"
        for each in session.statements
    ]  # fmt: skip


def january(outcome: Outcome, **dimensions: str) -> float | None:
    segment = tuple(sorted(dimensions.items()))
    return next(
        each.value for each in outcome.estimates
        if each.period.grain is Grain.MONTH and str(each.period.start) == "2026-01-01" and each.dimensions == segment
    )  # fmt: skip


# -- shared scans -----------------------------------------------------------------------------------

EIGHT = {
    "orders_count": ("count", ""),
    "amount_sum": ("sum(amount)", "dimensions: [channel]\n"),
    "amount_avg": ("avg(amount)", ""),
    "amount_max": ("max(amount)", "where: kept\n"),
    "amount_median": ("median(amount)", "grains: [month, year]\n"),
    "customers": ("count_distinct(customer)", "where: amount > 10\n"),
    "first_orders": ("count_new(customer)", ""),
}


def eight(live: Live) -> None:
    live.only("kept_promises")
    for name, (measure, more) in EIGHT.items():
        live.define(f"metrics/sales/{name}.yml", aggregate(name, "orders", measure, more))


def test_eight_metrics_on_one_dataset_are_one_scan_and_one_extent(live: Live) -> None:
    eight(live)
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session)
        assert kinds_of(session) == ["extent", "scan"]
        assert {name: outcome.error for name, outcome in found.items()} == dict.fromkeys(found)
    kept = [n for n in range(1, 32) if n % 3]
    assert {name: january(outcome) for name, outcome in found.items()} == {
        "orders_count": 31, "amount_sum": 496, "amount_avg": 16, "amount_max": 31, "amount_median": 16,
        "customers": 5, "first_orders": 5, "kept_promises": len(kept) / 31,
    }  # fmt: skip
    assert january(found["amount_sum"], channel="web") == 240


def test_a_metric_has_only_the_grains_and_cuts_that_it_asked_for(live: Live) -> None:
    eight(live)
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session)
    assert {each.period.grain for each in found["amount_median"].estimates} == {Grain.MONTH, Grain.YEAR}
    assert {each.dimensions for each in found["orders_count"].estimates} == {()}


@pytest.mark.parametrize(
    "more",
    [
        "over: trailing 2 months\n",
        "time: synced_at\n",
        "where: ordered_at < period_end()\n",
    ],
)
def test_rows_that_are_read_in_another_way_are_a_scan_of_their_own(live: Live, more: str) -> None:
    live.only("kept_promises")
    live.define("metrics/sales/other.yml", aggregate("other", "orders", "count", more))
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session)
        assert [outcome.error for outcome in found.values()] == [None, None]
        assert kinds_of(session).count("scan") == 2


def test_metrics_on_two_datasets_are_two_scans(session: Session) -> None:
    compute(session, "revenue", "kept_promises", "complaints")
    assert sorted(kinds_of(session)) == ["extent", "extent", "scan", "scan"]


def test_a_cross_source_ratio_shares_the_scans_of_both_sides(session: Session) -> None:
    found = compute(session, "revenue", "complaints", "contact_rate", "revenue_per_complaint")
    assert sorted(kinds_of(session)) == ["extent", "extent", "scan", "scan"]
    assert {each.source for each in session.statements} == {"shop", "desk"}
    assert found["contact_rate"].sources == ("desk", "shop")
    assert january(found["contact_rate"]) == 1.0


BAD = aggregate("bad", "orders", "sum(cast(customer as integer))")


def test_a_failed_shared_scan_is_run_once_then_each_metric_alone(live: Live) -> None:
    eight(live)
    live.define("metrics/sales/bad.yml", BAD)
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session)
        assert [name for name, outcome in found.items() if outcome.error] == ["bad"]
        assert january(found["amount_sum"]) == 496
        # The shared scan, and then one each for the nine.
        assert kinds_of(session).count("scan") == 10


def test_a_failed_extent_is_read_once(live: Live) -> None:
    live.only("revenue", "kept_promises")
    live.define(
        "datasets/orders.yml",
        ORDERS.replace("loaded_at: synced_at", "complete_through: cast(customer as date)"),
    )
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session)
        assert all(outcome.error is not None for outcome in found.values())
        assert len(session.statements) == 1


# -- inputs first -------------------------------------------------------------------------------------


def test_inputs_come_first_and_once(session: Session) -> None:
    found = compute(session, "revenue_per_complaint", "complaints")
    assert sorted(found) == ["complaints", "revenue", "revenue_per_complaint"]
    assert list(found)[-1] == "revenue_per_complaint"
    assert january(found["revenue_per_complaint"]) == 16.0


# -- guards ---------------------------------------------------------------------------------------------

ACCOUNTS = "dataset: accounts\nsource: shop\ntable: accounts\nkey: account\n"
LOOKED_UP = ORDERS.replace(
    "dimensions: {channel: channel}",
    "dimensions: {channel: channel, region: accounts.region}\nlookups: {accounts: {dataset: accounts, on: customer}}",
)


def with_accounts(live: Live, rows: str) -> None:
    live.only("kept_promises")
    live.define("datasets/accounts.yml", ACCOUNTS)
    live.define("datasets/orders.yml", LOOKED_UP)
    for name in ("north", "south"):
        live.define(
            f"metrics/sales/{name}.yml",
            aggregate(name, "orders", "sum(amount)", f"where: accounts.region = '{name}'\n"),
        )
    live.sql("shop", f"create table accounts as select * from (values {rows}) as r(account, region)")


def test_a_lookup_whose_keys_are_unique_passes_its_guard_once(live: Live) -> None:
    with_accounts(live, "('c0', 'north'), ('c1', 'north'), ('c2', 'south')")
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session)
        assert sorted(kinds_of(session)) == ["extent", "guard", "scan"]
    assert january(found["north"]) == sum(n for n in range(1, 32) if n % 5 in (0, 1))
    assert january(found["south"]) == sum(n for n in range(1, 32) if n % 5 == 2)


def test_a_lookup_that_would_fan_out_fails_whoever_reads_it(live: Live) -> None:
    with_accounts(
        live, "('c0', 'north'), ('c0', 'south'), ('c1', 'north'), ('c1', 'north'), (null, 'x'), (null, 'x')"
    )
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session)
        assert kinds_of(session).count("guard") == 1
    errors = {name: str(outcome.error) for name, outcome in found.items() if outcome.error}
    assert errors == {
        name: f"metric '{name}': 2 keys of 'accounts' (account) stand on more than one row, so a lookup would fan out"
        for name in ("north", "south")
    }
    assert january(found["kept_promises"]) == 21 / 31


def test_an_amount_without_a_rate_fails_whoever_adds_it_up(live: Live) -> None:
    live.only("revenue", "kept_promises")
    live.define("company.yml", "company: Live\ntimezone: UTC\ncurrency: {report: GBP, rates: "
                "{dataset: fx, from: base, to: quote, date: day, rate: rate, max_age: 31 days}}\n")  # fmt: skip
    live.define(
        "datasets/fx.yml", "dataset: fx\nsource: shop\ntable: fx\nkey: [day, base, quote]\ntime: day\n"
    )
    euros = "case when channel = 'web' then 'EUR' else 'GBP' end"
    live.define(
        "datasets/orders.yml", ORDERS + f'columns: {{amount: {{expression: amount, currency: "{euros}"}}}}\n'
    )
    live.sql("shop", "create table fx as select * from (values (date '2026-01-01', 'EUR', 'GBP', 0.5), "
             "(date '2026-02-01', 'EUR', 'GBP', 0.25)) as r(day, base, quote, rate)")  # fmt: skip
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session)
    # A rate serves for 31 days: 4 March on has none, which is web's 14 even days from 4 to 30 March.
    missing = len([n for n in range(1, 91) if n % 2 == 0 and n >= 31 + 28 + 4])
    assert str(found["revenue"].error) == (
        f"metric 'revenue': {missing} rows of 'orders' have no exchange rate to GBP for column 'amount'"
    )
    assert found["kept_promises"].error is None
    live.sql("shop", "insert into fx values (date '2026-03-04', 'EUR', 'GBP', 0.5)")
    with Session(live.catalog, live.root, NOW) as session:
        assert january(compute(session)["revenue"]) == 256 + 240 * 0.5


def test_a_guard_that_fails_belongs_to_its_metric(live: Live) -> None:
    with_accounts(live, "('c0', 'north'), ('c0', 'south')")
    with Session(live.catalog, live.root, NOW) as session:
        planner = Planner(session)
        kept, north = planner.plan(requests(session, "kept_promises", "north"))
        assert kept.error is None
        # Nothing that would fan out is in the scan of another.
        assert kept.scans == kept.requests
        message = "metric 'north': 1 keys of 'accounts' (account) stand on more than one row, so a lookup would fan out"
        assert str(north.error) == message
        with pytest.raises(ComputationError) as caught:
            planner.answer(north)
        assert caught.value is north.error
        assert kinds_of(session) == ["extent", "guard"]


# -- plans ----------------------------------------------------------------------------------------------


class Orders:
    """Counts the orders that a plan's frame knows, or those of a region."""

    def __init__(self, region: str | None = None) -> None:
        self.region = region

    def source_dataset(self) -> str:
        return "orders"

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        rows = Rows(scope, scope.catalog.datasets["orders"])
        where = when.known(rows.time(None))
        if self.region is not None:
            where.append(rows.value(Name(("accounts", "region"))).sql == self.region)
        inner = rows.select({"one": sa.literal(1)}, where).subquery()
        return [((Grain.ALL,), sa.select(sa.func.count().label("orders")).select_from(inner))]

    def read(self, answers: Sequence[tuple[tuple[Grain, ...], Any]]) -> int:
        [(_, counted)] = answers
        return int(counted.scalar())


def requests(session: Session, *metrics: str) -> list[MetricRequest]:
    return [request_for(session.catalog.metric(name)) for name in metrics]


def test_two_metrics_that_share_a_scan_are_answered_by_one_statement(session: Session) -> None:
    planner = Planner(session)
    revenue, kept = planner.plan(requests(session, "revenue", "kept_promises"))
    assert kinds_of(session) == ["extent"]
    assert revenue.frame.watermark == kept.frame.watermark == at("2026-04-01T05:00")
    assert revenue.sources == kept.sources == ("shop",)
    [shared], [also] = revenue.scans.values(), kept.scans.values()
    assert shared == also
    assert {item for plan in (revenue, kept) for own in plan.requests.values() for item in own.items} == {
        *shared.items
    }
    [(name, cells)] = planner.answer(revenue).items()
    assert planner.answer(kept)[next(iter(kept.requests))] == cells
    assert kinds_of(session) == ["extent", "scan"]
    [item] = revenue.requests[name].items
    assert cells[Grain.MONTH, date(2026, 1, 1), ()][item] == 496


def test_metrics_that_are_planned_apart_share_nothing(session: Session) -> None:
    planner = Planner(session)
    [revenue], [kept] = (planner.plan(requests(session, name)) for name in ("revenue", "kept_promises"))
    assert revenue.scans == revenue.requests
    assert kept.scans == kept.requests
    assert kinds_of(session) == ["extent"]


def test_what_cannot_be_planned_is_its_plans_error(live: Live) -> None:
    live.file("shop").unlink()
    with Session(live.catalog, live.root, NOW) as session:
        planner = Planner(session)
        revenue, complaints = planner.plan(requests(session, "revenue", "complaints"))
        assert str(revenue.error) == "source 'shop': no file data/shop.duckdb"
        assert revenue.requests == {}
        for ask in (planner.answer, lambda plan: planner.answer_query(plan, Orders())):
            with pytest.raises(SourceMissing, match=r"no file data/shop\.duckdb"):
                ask(revenue)
        assert list(planner.answer(complaints)) == list(complaints.requests)
        with pytest.raises(UnknownMetric):
            planner.plan([MetricRequest("revenu", (Grain.MONTH,), ((),))])


def test_a_formula_asks_nothing_of_sources(session: Session) -> None:
    planner = Planner(session)
    [plan] = planner.plan(requests(session, "revenue_per_complaint"))
    assert (plan.requests, plan.sources, planner.answer(plan)) == ({}, (), {})
    assert session.statements == []


def test_another_query_is_answered_in_a_plans_frame(live: Live) -> None:
    live.define(
        "datasets/orders.yml", ORDERS.replace("loaded_at: synced_at", "complete_through: {lag: 31 days}")
    )
    with Session(live.catalog, live.root, NOW) as session:
        planner = Planner(session)
        [plan] = planner.plan(requests(session, "revenue"))
        assert plan.frame.watermark == at("2026-03-01T06:00")
        # January's and February's orders alone.
        assert planner.answer_query(plan, Orders()) == 31 + 28


def test_what_must_hold_for_another_query_is_counted_with_it(live: Live) -> None:
    with_accounts(live, "('c0', 'north'), ('c0', 'south')")
    with Session(live.catalog, live.root, NOW) as session:
        planner = Planner(session)
        [plan] = planner.plan(requests(session, "kept_promises"))
        assert planner.answer_query(plan, Orders()) == 90
        with pytest.raises(ComputationError, match=r"1 keys of 'accounts' .* a lookup would fan out"):
            planner.answer_query(plan, Orders("north"))
    live.sql("shop", "delete from accounts where region = 'south'")
    with Session(live.catalog, live.root, NOW) as session:
        planner = Planner(session)
        [plan] = planner.plan(requests(session, "kept_promises"))
        assert planner.answer_query(plan, Orders("north")) == 18


# -- watermarks of a metric -----------------------------------------------------------------------------


def test_a_metric_of_two_datasets_is_known_until_the_earlier_ends(live: Live) -> None:
    live.sql("desk", "delete from tickets where ticket_id > 80")
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session, "contact_rate", "revenue", "revenue_per_complaint")
        assert Planner(session).watermark("revenue") == at("2026-04-01T05:00")
        assert Planner(session).watermark("revenue_per_complaint") == at("2026-03-22T05:00")
    assert {name: outcome.watermark for name, outcome in found.items()} == {
        "revenue": at("2026-04-01T05:00"),
        "complaints": at("2026-03-22T05:00"),
        "contact_rate": at("2026-03-22T05:00"),
        "revenue_per_complaint": at("2026-03-22T05:00"),
    }
    march = [e for e in found["contact_rate"].estimates if str(e.period.start) == "2026-03-01"]
    assert {str(each.state) for each in march} == {"provisional"}


def test_settling_is_that_of_the_slowest_dataset(live: Live) -> None:
    live.define("datasets/tickets.yml", TICKETS + "settle: 5 days\n")
    with Session(live.catalog, live.root, NOW) as session:
        found = compute(session, "contact_rate", "revenue")
    states = {
        name: {str(each.period.start): str(each.state) for each in found[name].estimates
               if each.period.grain is Grain.MONTH and not each.dimensions}
        for name in ("contact_rate", "revenue")
    }  # fmt: skip
    assert states["revenue"]["2026-03-01"] == "final"
    assert states["contact_rate"]["2026-03-01"] == "provisional"
    assert states["contact_rate"]["2026-02-01"] == "final"
