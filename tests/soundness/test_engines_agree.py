# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""The same definitions over the same rows give the same numbers on DuckDB and on PostgreSQL.

The server sorts by language, keeps another time zone and writes dates the other way round, so that whatever
leans on an engine's own habits shows. Counts, integers and decimals are equal, floats within 1e-9.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import ArgumentError

from metrics.catalog.company import Currency, Rates
from metrics.catalog.dataset import Lookup, Validity
from metrics.catalog.metric import Metric
from metrics.catalog.options import At, Over, Reference, Window
from metrics.engine.outcome import Outcome
from metrics.errors import ExpressionError, SourceError
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds.aggregate import options as aggregate
from metrics.kinds.conversion import options as conversion
from metrics.kinds.conversion.options import Basis, PeriodBy, Reentry, Skipped
from metrics.kinds.proportion import options as proportion
from metrics.kinds.ratio import options as ratio
from metrics.observation import FLOATS
from metrics.source import Source
from metrics.sql.rows import Rows
from tests.postgres_server import PostgresServer
from tests.soundness.generators import AFTER, CLOCK, DAYS, same
from tests.soundness.served import Served
from tests.soundness.test_expressions import NOW, TABLE, WELL_FORMED
from tests.soundness.test_expressions import world as expressions
from tests.soundness.world import (
    E,
    World,
    at,
    by_cell,
    columns,
    dimensions,
    entities,
    metric,
    table,
    until_now,
)

pytestmark = pytest.mark.postgres


# -- one company --------------------------------------------------------------------------------------

# Ids that languages and bytes sort differently.
PEOPLE = ("a", "B", "_c", "a-1", "É", "Z", "z")
CHANNELS = ("paid", "Paid", "ÉTÉ", " web\u00a0", "")
CURRENCIES = ("GBP", "EUR", "eur", "USD")
EVENTS = {"id": "text", "who": "text", "t": "naive", "u": "instant", "d": "date", "stage": "text", "ch": "text",
          "amount": "decimal", "cur": "text", "score": "integer", "x": "float", "yes": "boolean",
          "owner": "text"}  # fmt: skip
STAYS = {"id": "text", "start": "instant", "stop": "instant", "fee": "decimal", "plan": "text"}
GRAINS = (Grain.MONTH, Grain.WEEK, Grain.FISCAL_QUARTER, Grain.ALL)


def company(events: Sequence[tuple[Any, ...]], touches: Sequence[tuple[Any, ...]],
            owners: Sequence[tuple[Any, ...]], stays: Sequence[tuple[Any, ...]],
            stock: Sequence[tuple[Any, ...]]) -> World:  # fmt: skip
    fx = [(base, "GBP", day, Decimal(rate)) for base, rate in (("EUR", "0.843217"), ("USD", "0.791113"))
          for day in (date(2015, 12, 1), date(2016, 2, 29), date(2016, 10, 30))]  # fmt: skip
    accounts = [(who, f"seg {index % 3}" if index else None) for index, who in enumerate(PEOPLE[:-1])]
    moved = {"key": ("id",), "time": E("t"), "timezone": "Europe/London", "complete_through": until_now(),
             "entities": entities(lead="who")}  # fmt: skip
    return World(
        {
            "events": table(EVENTS, events),
            "accounts": table({"id": "text", "seg": "text"}, accounts),
            "touches": table({"id": "text", "who": "text", "t": "naive", "ch": "text"}, touches),
            "owners": table({"who": "text", "start": "naive", "team": "text"}, owners),
            "stays": table(STAYS, stays),
            "stock": table({"day": "date", "item": "text", "quantity": "integer"}, stock),
            "fx": table({"base": "text", "quote": "text", "day": "date", "rate": "decimal"}, fx),
        },
        {
            "events": {
                **moved,
                "lookups": {
                    "account": Lookup("accounts", (E("who"),)),
                    "boss": Lookup("owners", (E("owner"),), valid_at=E("t")),
                    "first": Lookup("touches", by="lead", pick="first", before=E("t"), within=Span.parse("60 days")),
                    "last": Lookup("touches", by="lead", pick="last"),
                },
                "columns": {**columns(tidy="lower(trim(ch))", late="hours_between(t, u)"),
                            "money": replace(columns(money="amount")["money"], currency=E("cur"))},
                "dimensions": dimensions(ch="ch", tidy="tidy", seg="account.seg", team="boss.team", touch="first.ch",
                                         latest="last.ch", yes="yes", score="score", d="d"),
            },
            "fx": {},
            "accounts": {"key": ("id",)},
            "touches": {"key": ("id",), "time": E("t"), "timezone": "Europe/London", "entities": entities(lead="who")},
            "owners": {"key": ("who", "start"), "timezone": "Europe/London", "valid": Validity(E("start"))},
            "stays": {"key": ("id",), "valid": Validity(E("start"), E("stop")), "dimensions": dimensions(plan="plan"),
                      "complete_through": until_now()},
            "stock": {"valid": Validity(snapshot=E("day")), "dimensions": dimensions(item="item"),
                      "complete_through": until_now()},
        },
        zone="Europe/London", week_starts="sunday", fiscal_year_starts="april",
        currency=Currency("GBP", Rates("fx", E("base"), E("quote"), E("day"), E("rate"), Span.parse("400 days"))),
    )  # fmt: skip


# -- its metrics ---------------------------------------------------------------------------------------


def aggregates() -> list[Metric]:
    plain = {"grains": GRAINS, "min_sample": 2}
    measures = ("count", "count(ch)", "count_distinct(who)", "count_distinct(tidy)", "count_new(lead)", "sum(money)",
                "sum(amount)", "sum(score)", "sum(x)", "avg(money)", "avg(score)", "avg(x)", "min(amount)", "max(x)",
                "median(x)", "percentile(score, 0.9)", "sum(yes)", "sum(amount * score)", "sum(round(amount / 3, 2))",
                "avg(late)", "sum(days_between(d, t))", "sum(case when ch like '%\\%' or ch < 'a' then 1 else 0 end)",
                "sum(months_between(d, u))", "sum(floor(amount))", "sum(cast(x as integer))",
                "count_distinct(concat(ch, '-', x, '-', score, '-', yes, '-', d))")  # fmt: skip
    dims = itertools.cycle(
        (("ch",), ("tidy",), ("seg",), ("team",), ("touch",), ("latest",), ("yes",), ("score", "d"))
    )
    found = [
        metric(f"measure {text}", "aggregate", aggregate.Options("events", parse_measure(text)),
               dimensions=next(dims), **plain)
        for text in measures
    ]  # fmt: skip
    for over in ("trailing 2 months", "trailing 10 days", "to_date"):
        for text in ("sum(money)", "count_new(lead)", "median(score)"):
            options = aggregate.Options("events", parse_measure(text), over=Over.parse(over))
            found.append(metric(f"{text} {over}", "aggregate", options, dimensions=("ch",), **plain))
    for where in ("stage = 'a' and score > 1", "yes is not true", "t >= period_start() + 3 days",
                  "u < '2016-10-30 01:30'", "ch in ('paid', null) or ch between 'P' and 'p'"):  # fmt: skip
        options = aggregate.Options("events", parse_measure("count"), where=E(where))
        grains = GRAINS[:-1] if "period" in where else GRAINS
        found.append(metric(f"where {where}", "aggregate", options, grains=grains, dimensions=("seg",)))
    for stamp in ("u", "d", "t + 1 month", "case when yes then u end"):
        options = aggregate.Options("events", parse_measure("sum(money)"), time=E(stamp))
        found.append(metric(f"by {stamp}", "aggregate", options, dimensions=("team",), **plain))
    for edge, name, text in itertools.product(At, ("stays", "stock"), ("count", "sum(fee)", "sum(quantity)")):
        if (name == "stays") != (text == "sum(quantity)") and not (name == "stock" and text == "sum(fee)"):
            options = aggregate.Options(name, parse_measure(text), at=edge)
            one = metric(f"{name} {text} {edge}", "aggregate", options, **plain,
                         dimensions=("plan" if name == "stays" else "item",))  # fmt: skip
            found.append(replace(one, grains=(Grain.MONTH, Grain.DAY)))
    return found


def shares() -> list[Metric]:
    common = {"grains": GRAINS, "dimensions": ("ch", "seg"), "cuts": (("ch", "seg"),), "min_sample": 3}
    found = []
    for within, over in itertools.product(proportion.Within, ("period", "trailing 2 months")):
        latest = proportion.LatestPer("lead", E("d"), within)
        options = proportion.Options("events", E("score >= 4"), of=E("score is not null"), latest_per=latest,
                                     over=Over.parse(over))  # fmt: skip
        found.append(metric(f"latest {within} {over}", "proportion", options, **common))
    found.append(metric("share", "proportion", proportion.Options("events", E("yes")), **common))
    money, leads = parse_measure("sum(money)"), parse_measure("count_new(lead)")
    for name, options in {
        "per lead": ratio.Options(Reference("events", money), Reference("events", leads), entity="lead"),
        "pooled": ratio.Options(Reference("events", money), Reference("events", parse_measure("sum(x)"), time=E("u"))),
        "over stock": ratio.Options(Reference("events", money, time=E("d")),
                                    Reference("stays", parse_measure("count"), at=At.PERIOD_END)),
        "trailing": ratio.Options(Reference("events", money),
                                  Reference("events", parse_measure("count_distinct(lead)")), entity="lead",
                                  over=Over.parse("trailing 2 months")),
    }.items():  # fmt: skip
        some = {} if name == "over stock" else {"dimensions": ("ch",)}
        found.append(metric(name, "ratio", options, grains=GRAINS[:-1], min_sample=3, **some))
    return found


def conversions() -> list[Metric]:
    start, end = Reference("events", where=E("stage = 'a'")), Reference("events", where=E("stage = 'b'"))
    found = []
    for basis, by, again, skipped, window in itertools.product(
        Basis, PeriodBy, Reentry, Skipped, ("36 hours", "15 days", "1 month", "ever")
    ):
        if skipped is Skipped.IMPLIED and (again is not Reentry.FIRST or basis is Basis.PERIOD):
            continue
        if basis is Basis.PERIOD and (by is not PeriodBy.ENTERED or window != "ever"):
            continue
        options = conversion.Options("lead", start, end, Window.parse(window), basis, by, again, skipped)
        name = f"{basis} {by} {again} {skipped} {window}"
        found.append(
            metric(name, "conversion", options, grains=GRAINS, dimensions=("tidy", "team"), min_sample=2)
        )
    days = conversion.Options("lead", start, replace(end, time=E("d")), Window.parse("15 days"))
    return [*found, metric("to a day", "conversion", days, grains=GRAINS, dimensions=("ch",), min_sample=2)]


METRICS = {each.metric: each for each in (*aggregates(), *shares(), *conversions())}

# -- its rows ------------------------------------------------------------------------------------------


def rows(chance: random.Random, size: int) -> World:
    """Make a company up: times tend to sit on month ends, clock changes and one another."""
    moments: list[datetime] = []

    def moment() -> datetime:
        if moments and chance.random() < 0.4:
            found = chance.choice(moments) + chance.choice(AFTER)
        else:
            day = chance.choice(DAYS)
            found = datetime(day.year, day.month, day.day) + chance.choice(CLOCK)
        moments.append(found)
        return found

    def maybe(value: Any, share: float = 0.1) -> Any:
        return None if chance.random() < share else value

    def cents(most: int) -> Decimal:
        return Decimal(chance.randrange(-most, most)) / 1000

    def event(number: int) -> tuple[Any, ...]:
        t = moment()
        # Both instants of the hour that London has twice are there.
        u = chance.choice((at("2016-10-30T00:30"), at("2016-10-30T01:30"), at(t.isoformat())))
        return (f"{chance.choice('aAbB_-é')}{number}", maybe(chance.choice(PEOPLE)), maybe(t, 0.03), maybe(u),
                maybe((t + chance.choice(AFTER)).date()), chance.choice("aab"), maybe(chance.choice(CHANNELS)),
                maybe(cents(99999)), chance.choice(CURRENCIES), maybe(chance.randrange(0, 6)),
                maybe(chance.randrange(-4000, 4000) / 7), maybe(chance.random() < 0.5),
                maybe(chance.choice(PEOPLE)))  # fmt: skip

    events = [event(number) for number in range(size)]
    touches = [(f"{chance.choice('aAbB_-é')}{number}", maybe(chance.choice(PEOPLE)), maybe(moment()),
                maybe(chance.choice(CHANNELS))) for number in range(size // 2)]  # fmt: skip
    begun = {(chance.choice(PEOPLE), moment()) for _ in range(size // 4)}
    # In London two local times may be one instant, so an owner changes once a day at most.
    owners = {(who, start.date()): (who, datetime(start.year, start.month, start.day, 12), f"team {index % 3}")
              for index, (who, start) in enumerate(sorted(begun))}  # fmt: skip
    stays = []
    for number in range(size // 2):
        start = at(moment().isoformat())
        stop = maybe(start + chance.choice(AFTER) + timedelta(days=chance.randrange(0, 200)), 0.4)
        stays.append((f"s{number}", start, stop, maybe(cents(99999)), maybe(chance.choice(CHANNELS))))
    stock = [
        (day, item, maybe(chance.randrange(-5, 50)))
        for day in DAYS
        for item in CHANNELS
        if chance.random() < 0.6
    ]
    return company(events, touches, list(owners.values()), stays, stock)


def agree(world: World, server: PostgresServer, metrics: Sequence[Metric], now: datetime,
          as_of: datetime | None = None) -> dict[str, Outcome]:  # fmt: skip
    """Assert that both engines compute the same, errors included; return what they compute."""
    ours = world.outcomes(*metrics, now=now, as_of=as_of)
    theirs = Served.of(world, server.url).outcomes(*metrics, now=now, as_of=as_of)
    for name, one in ours.items():
        other = theirs[name]
        assert str(one.error) == str(other.error), name
        assert one.watermark == other.watermark, name
        assert len(one.estimates) == len(other.estimates), name
        exact = name.removeprefix("measure ").startswith(
            ("count", "sum(money", "sum(amount", "sum(score", "stays", "stock")
        )
        cells = by_cell(other)
        for cell, left in by_cell(one).items():
            right = cells[cell]
            assert (left.state, left.sample_size) == (right.state, right.sample_size), (name, cell)
            for part in FLOATS:
                mine, yours = getattr(left, part), getattr(right, part)
                assert mine == yours if exact else same(mine, yours), (name, cell, part, mine, yours)
    return ours


def test_a_large_log_gives_the_same_numbers(server: PostgresServer) -> None:
    world = rows(random.Random(20161030), 800)
    found = agree(world, server, list(METRICS.values()), at("2016-12-20T08:00"))
    assert [(name, str(each.error)) for name, each in found.items() if each.error] == []
    # Something must have been compared: every metric has values.
    empty = [name for name, each in found.items() if not any(one.value is not None for one in each.estimates)]
    assert empty == []


@given(st.data())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_small_logs_give_the_same_numbers(server: PostgresServer, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(METRICS)), min_size=6, max_size=6, unique=True))
    world = rows(data.draw(st.randoms(use_true_random=False)), data.draw(st.integers(0, 30)))
    now = data.draw(
        st.sampled_from(("2016-02-29T12:00", "2016-10-30T01:00", "2016-10-30T01:15", "2017-03-01T00:00"))
    )
    as_of = data.draw(st.none() | st.just(at("2016-10-30T01:00")))
    agree(world, server, [METRICS[name] for name in names], at(now), as_of)


# -- expressions ---------------------------------------------------------------------------------------

# What engines are known to read each in their own way.
HABITS = [
    "substr(s, -2)", "substr(s, 0, 2)", "substr(s, -5, 3)", "substr('abcdef', 4, -2)", "substr(s, n - 9, n - 5)",
    "split_part('a-b-c', '-', -1)", "split_part('a-b-c', '-', 0)", "split_part('abc', '', 2)", "split_part(s, s, 1)",
    "split_part('a-b', '-', 9)", "trim('\u00a0\u3000a\t ')", "lower('ÉA')", "upper('éa')", "s like 'W\\%'",
    "'a\\b' like 'a\\b'", "'a\\%' like 'a\\%'", "floor(n)", "concat(f, floor(n), m, b, d, u)", "cast(1.0 as text)",
    "cast(cast(n as double) as text)", "cast(b as integer)", "cast(b as double)", "cast(b as decimal)",
    "cast(n as boolean)", "cast(f as boolean)", "cast(m as boolean)", "cast('12.5' as integer)",
    "cast('1e3' as integer)", "cast(' 12 ' as integer)", "cast(f as integer)", "cast(-m as integer)",
    "cast(cast('3.5' as double) as integer)", "cast('2024-2-9' as date)", "cast('2024/02/09' as date)",
    "cast('2024-02-09T12:00:00Z' as date)", "cast('2024-02-09 01:02:03.1234567' as timestamp)",
    "cast('2024-02-09 24:00' as timestamp)", "cast('2024-10-27 01:30' as timestamp)",
    "cast('2024-03-31 01:30' as timestamp)", "cast('yes' as boolean)", "cast('T' as boolean)", "null + null", "-null",
    """json_text('{"a": [1, {"b": "x"}]}', 'a[1].b')""", """json_text('{"a": [1, 2]}', 'a.1')""",
    """json_text('{"a": [{"b": 1}]}', 'a.b')""", """json_text('{"a b": true, "c-d": 2}', 'a b')""",
    """json_text('{"a b": true, "c-d": 2}', 'c-d')""", "json_text('[1]', 'a')", "least('a', 'B')",
    "greatest(s, 'a', null)",
    "concat(lower(s), s, upper('é')) >= s", "round(f * 0.333333333333, 5)", "hours_between(d, d + 1 day)",
    "cast(m * m as text)", "cast(u as text)", "'é' > 'z'", "as_of() + 1 month", "n / m * 3", "m * m * m * m",
]  # fmt: skip
# Here one of them reads what the other refuses, or both refuse: never two values.
REFUSED = ["cast('x' as integer)", "cast('09-02-2024' as date)", "cast('01/02/03' as date)", "cast('today' as date)",
           "cast('Jan 5 2024' as date)", "cast('2024-02-30' as date)", "cast('2024-02-09 01:02:60' as timestamp)",
           "cast('now' as timestamp)", "cast('20240209' as date)", "cast('on' as boolean)", "json_text('nope', 'a')",
           "json_text(j, 'a[*]')", "json_text(j, '')", """json_text(j, 'a."b"')"""]  # fmt: skip


@pytest.fixture(scope="module")
def opened(server: PostgresServer) -> Any:
    here = expressions()
    with here.rows("log", NOW) as duck, Served.of(here, server.url).rows("log", NOW) as served:
        yield duck, served


def evaluate(side: tuple[Rows, Source], text: str) -> tuple[Any, ...]:
    rows, source = side
    select = rows.select({"k": rows.value(E("id").node).sql, "v": rows.value(E(text).node).sql}).order_by("k")
    return tuple(source.fetch(select)["v"])


def test_every_expression_means_the_same(opened: Any) -> None:
    found = {text: evaluate(opened[1], text) for text, *_ in TABLE}
    assert found == {text: (first, second) for text, first, second in TABLE}


@pytest.mark.parametrize("text", HABITS)
def test_habits_of_an_engine_do_not_show(opened: Any, text: str) -> None:
    duck, served = (evaluate(side, text) for side in opened)
    assert served == duck


@pytest.mark.parametrize("text", REFUSED)
def test_nothing_is_guessed(opened: Any, text: str) -> None:
    with pytest.raises((SourceError, ExpressionError)):
        evaluate(opened[1], text)


@given(WELL_FORMED)
@settings(max_examples=600, suppress_health_check=list(HealthCheck))
def test_nested_expressions_agree(opened: Any, text: str) -> None:
    try:
        duck = evaluate(opened[0], text)
    except (ExpressionError, SourceError, ArgumentError):
        return
    try:
        served = evaluate(opened[1], text)
    except SourceError as error:
        refusal = str(error)
    else:
        refusal = ""
    # A value may be refused, never the expression.
    assert "does not exist" not in refusal, text
    assert "not unique" not in refusal, text
    if refusal:
        return
    for left, right in zip(duck, served, strict=True):
        assert left == right or (isinstance(left, float) and same(left, right)), (text, duck, served)


# -- texts that are times -------------------------------------------------------------------------------

FORMS = ("%d-%m-%y", "%Y-%m-%d", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S.%fZ", "%d %b %Y", "%Y%m%d", "%Y%m%d%H%M%S",
         "100%% %y%m", "%m.%Y", "%H:%M", "(%d) [%m] %Y")  # fmt: skip
TEXTS = ("1-2-24", "01-02-24", "31-12-68", "31-12-69", "2024-02-29", "2023-02-29", "2024-02-31", "2024-13-01",
         "2024-00-10", "2024-1-2", " 2024-01-02 ", "2024-01-02x", "29/02/2024 23:59", "29/02/2024 24:00",
         "1/2/2024 1:2", "5 jan 2024", "5 JAN 2024", "5 January 2024",
         "2024-01-02T10:11:12.5Z", "2024-01-02T10:11:12.123456Z",
         "2024-01-02T10:11:12.1234567Z", "20240229", "20230229", "20240102101112", "100% 2402", "7.2024", "23:59",
         "24:00", "(1) [2] 2024", "", "soon", None)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("strict", [False, True])
def test_texts_are_read_by_a_format_or_not_at_all(server: PostgresServer, form: str, strict: bool) -> None:
    lines = [(f"{index:02d}", text) for index, text in enumerate(TEXTS)]
    world = World({"log": table({"id": "text", "s": "text"}, lines)}, {"log": {}})

    duck, served = (read(side, form, strict=strict) for side in (world, Served.of(world, server.url)))
    assert served == duck
    assert strict or any(value is not None for value in duck)


def read(world: World, form: str, *, strict: bool) -> list[Any]:
    """Return what each text is read as; a year before 1000 is a text that does not fit."""
    with world.rows("log", NOW) as (found, source):
        value = source.dialect.parse_time(found.value(E("s").node).sql, form, strict=strict)
        key, values = found.value(E("id").node).sql, []
        for number in range(len(TEXTS)):
            try:
                row = source.fetch(found.select({"v": value}, [key == f"{number:02d}"])).one()
                values.append(None if row["v"] is None or row["v"].year < 1000 else row["v"])
            except SourceError:
                values.append("refused")
    return [
        "refused" if strict and value is None and TEXTS[index] else value
        for index, value in enumerate(values)
    ]


def test_a_format_that_cannot_be_read_is_refused(server: PostgresServer) -> None:
    world = World({"log": table({"id": "text", "s": "text"}, [("1", "x")])}, {"log": {}})
    with Served.of(world, server.url).rows("log", NOW) as (found, source):
        for form in ("%Y-%j", "%d %d", "%Y-%"):
            with pytest.raises(ExpressionError) as error:
                source.dialect.parse_time(found.value(E("s").node).sql, form, strict=True)
            known = "%H, %M, %S, %Y, %b, %d, %f, %m, %y"
            assert (
                str(error.value) == f"the format {form!r} cannot be read: PostgreSQL takes {known}, once each"
            )
