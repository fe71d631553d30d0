# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Net share, retention and win-back give the same numbers on DuckDB and on PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from metrics.components import Line, components
from metrics.expression import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds import net_share, retention, win_back
from metrics.kinds.proportion import LatestPer
from metrics.model import Metric, Over, Window
from metrics.query import Query
from tests.postgres_server import PostgresServer
from tests.soundness.generators import same
from tests.soundness.served import Served
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

pytestmark = pytest.mark.postgres

ROWS = {"id": "text", "who": "text", "t": "naive", "d": "date", "stop": "instant", "ends": "date", "ch": "text",
        "amount": "decimal", "x": "integer"}  # fmt: skip
ACTIVITY = retention.Activity("log", where=E("x > 2"))
WORTH = retention.Worth(parse_measure("sum(amount)"))
HELD = retention.Subscription("log", E("t"), E("stop"), E("amount"), Span.parse("5 days"))
DAYS = retention.Subscription("log", E("d"), E("ends"), E("amount"), Span.parse("36 hours"))
GRAINS = (Grain.MONTH, Grain.WEEK, Grain.FISCAL_QUARTER, Grain.ALL)


@pytest.fixture(scope="module")
def server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    with postgres.fresh() as fresh:
        yield fresh


def world() -> World:
    rng = random.Random(7)
    rows: list[tuple[Any, ...]] = []
    for index in range(400):
        start = datetime(2016, 1, 1) + timedelta(hours=rng.randrange(24 * 300))
        stop = start + timedelta(hours=rng.randrange(24 * 80)) if rng.random() < 0.9 else None
        day = stop.date() if stop else None
        at_utc = at(stop.isoformat()) if stop else None
        amount = Decimal(rng.randrange(-2000, 20000)) / 100
        rows.append((f"r{index}", rng.choice("aBcDeÉfgHijklmn"), start, start.date(), at_utc, day,
                     rng.choice(("paid", "Paid", None)), amount, rng.randrange(11)))  # fmt: skip
    return World(
        {"log": table(ROWS, rows)},
        {"log": {"key": ("id",), "time": E("t"), "timezone": "Europe/London", "entities": entities(who="who"),
                 "dimensions": dimensions(ch="ch"), "complete_through": until_now()}},
        zone="Europe/London", week_starts="sunday", fiscal_year_starts="april",
    )  # fmt: skip


def metrics() -> Iterator[Metric]:
    plain = {"dimensions": ("ch",), "grains": GRAINS, "min_sample": 2}
    nps = net_share.Options("log", E("x >= 9"), E("x <= 6"), latest_per=LatestPer("who"))
    yield metric("net", "net_share", nps, **plain)
    for number, over in enumerate(("period", "to_date", "trailing 3 months")):
        for share in retention.Share:
            value = None if share is retention.Share.LOGO else WORTH
            for condition in ("in_period", "within 45 days", "within 36 hours"):
                options = retention.Options(share, "who", ACTIVITY, retention.ActiveIf.parse(condition), value=value,
                                            over=Over.parse(over))  # fmt: skip
                yield metric(
                    f"by_{condition.replace(' ', '_')}_{share}_{number}", "retention", options, **plain
                )
            for name, held in (("held", HELD), ("days", DAYS)):
                options = retention.Options(share, "who", subscription=held, over=Over.parse(over))
                yield metric(f"{name}_{share}_{number}", "retention", options, **plain)
    yield from curves()
    for basis in win_back.Basis:
        for number, grace in enumerate(("0 days", "30 hours")):
            more: dict[str, Any] = {
                "basis": basis,
                "grace": Span.parse(grace),
                "window": Window.parse("20 days"),
            }
            left_out = {"opted_out": E("who in ('a', 'B')"), "deceased": E("who = 'c' and x > 8")}
            silent = win_back.Options(
                "who", ACTIVITY, lapse_after=Span.parse("1 month"), exclude=left_out, **more
            )
            yield metric(f"silent_{basis}_{number}", "win_back", silent, **plain)
            for name, held in (("held", HELD), ("days", DAYS)):
                yield metric(f"{name}_{basis}_{number}", "win_back",
                             win_back.Options("who", subscription=held, **more), **plain)  # fmt: skip


def curves() -> Iterator[Metric]:
    plain: dict[str, Any] = {"dimensions": ("ch",), "grains": GRAINS[:3], "min_sample": 2}
    late = replace(ACTIVITY, acquired=E("case when x > 6 then t - 20 days end"))
    for share in retention.Share:
        value = None if share is retention.Share.LOGO else WORTH
        for number, condition in enumerate(("in_period", "within 45 days", "within 36 hours")):
            activity = late if number == 1 else ACTIVITY
            options = retention.Options(share, "who", activity, retention.ActiveIf.parse(condition), value=value,
                                        curve=True)  # fmt: skip
            yield metric(f"curve_{number}_{share}", "retention", options, **plain)
        for name, held in (("held", HELD), ("days", replace(DAYS, observed_from=date(2016, 2, 10)))):
            options = retention.Options(
                share, "who", subscription=held, curve=True, exclude={"out": E("who = 'e'")}
            )
            yield metric(f"curve_{name}_{share}", "retention", options, **plain)


def test_bridges(server: PostgresServer) -> None:
    one, now = world(), at("2016-10-20T09:00")
    other = Served.of(one, server.url)
    for each in metrics():
        if each.kind == "retention" and each.metric.endswith("_2"):
            query = Query(each.metric, Grain.MONTH, ("ch",))
            ours, theirs = (bridged(company, each, query, now) for company in (one, other))
            assert ours == theirs, each.metric
            assert any(line.amounts["new"] for line in ours), each.metric


def bridged(company: World, one: Metric, query: Query, now: datetime) -> list[Line]:
    """Return the components of a metric without its values."""
    with company.folder() as root:
        found = components(query, company.catalog(one), root, now)
    return [replace(line, observation=None) for line in found.lines]


def test_lifecycles(server: PostgresServer) -> None:
    one, asked, now = world(), list(metrics()), at("2016-10-20T09:00")
    other = Served.of(one, server.url)
    found, served = one.outcomes(*asked, now=now), other.outcomes(*asked, now=now)
    for each in asked:
        ours, theirs = found[each.metric], served[each.metric]
        assert (ours.error, theirs.error) == (None, None), each.metric
        assert ours.beside == theirs.beside, each.metric
        left, right = by_cell(ours), by_cell(theirs)
        assert left.keys() == right.keys(), each.metric
        assert any(cell.value is not None for cell in left.values()), each.metric
        for cell, mine in left.items():
            for name in ("state", "sample_size"):
                assert getattr(mine, name) == getattr(right[cell], name), (each.metric, cell, name)
            for name in ("value", "numerator", "denominator", "lower", "upper", "maturity"):
                assert same(getattr(mine, name), getattr(right[cell], name)), (each.metric, cell, name)
