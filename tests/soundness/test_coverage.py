# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Coverage on DuckDB, and on PostgreSQL, says what plain sets say, whatever the logs."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.grain import Grain, Span
from metrics.kinds.coverage import Options, Seen, Share
from metrics.model import Crosswalk, EntityColumn, Identity
from metrics.unit import unit_of
from tests.postgres_server import PostgresServer
from tests.soundness import reference as plain
from tests.soundness.generators import Log, agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Served
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

NAMES = ("marketing", "sales", "service")
CUTS = ((), ("ch",))


def expected(frame: plain.Frame, seen: list[list[plain.Row]]) -> dict[plain.Cell, plain.Result]:
    """Take unions and intersections of who was seen, per period and segment."""
    sets: dict[plain.Cell, list[set[str]]] = {}
    for index, rows in enumerate(seen):
        for row in rows:
            day = row["t"] if not isinstance(row["t"], datetime) else None
            if row["t"] is None or row["who"] is None:
                continue
            edge: Any = frame.t if day is None else frame.calendar.day(frame.t - plain.TICK)
            if row["t"] > edge:
                continue
            for grain in frame.grains:
                start = frame.calendar.start(frame.calendar.day(row["t"]), grain)
                for cut in frame.cuts:
                    cell = (grain, start, plain.segment_of(row, cut))
                    sets.setdefault(cell, [set() for _ in seen])[index].add(row["who"])
    found = {}
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            cells = [cell for cell in sets if cell[:2] == (grain, start)]
            for cell in {*cells, (grain, start, ())}:
                each = sets.get(cell, [set() for _ in seen])
                n, k = len(set.union(*each)), len(set.intersection(*each))
                state = "no_data" if not n else "provisional" if not frame.final(end) else "final"
                state = "small_sample" if state == "final" and n < frame.min_sample else state
                value = Fraction(k, n) if n else None
                found[cell] = plain.Result(value, k, n, state, interval=plain.wilson(k, n))
    return found


def dataset(log: Log) -> dict[str, Any]:
    return {
        "key": ("id",), "time": E("t"), "timezone": log.timezone, "entities": entities(customer="who"),
        "dimensions": dimensions(ch="ch"), "complete_through": until_now(), "settle": Span.parse("2 days"),
    }  # fmt: skip


def drawn(data: st.DataObject, server: PostgresServer | None = None) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    share = data.draw(st.sampled_from(Share))
    names = NAMES[: 2 if share is Share.PAIRWISE else data.draw(st.integers(1, 3))]
    seen = {name: data.draw(logs(most=15)) for name in names}
    world = World({name: log.table() for name, log in seen.items()},
                  {name: dataset(log) for name, log in seen.items()}, **company(calendar))  # fmt: skip
    if server is not None:
        world = Served.of(world, server.url)
    least = data.draw(st.sampled_from((1, 3)))
    one = metric("m", "coverage", Options("customer", tuple(map(Seen, names)), share), dimensions=("ch",),
                 grains=tuple(map(Grain, wanted)), min_sample=least)  # fmt: skip
    firsts = [first_day(calendar, log.read()) for log in seen.values()]
    first = None if None in firsts else max(day for day in firsts if day is not None)
    frame = plain.Frame(calendar, wanted, CUTS, now, first, 2, least)
    agree(world.compute(one, now), expected(frame, [log.read() for log in seen.values()]), parts=True,
          intervals=True)  # fmt: skip


@given(st.data())
def test_any_logs(data: st.DataObject) -> None:
    drawn(data)


@pytest.mark.postgres
@given(st.data())
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_postgresql_says_the_same(postgres: PostgresServer, data: st.DataObject) -> None:
    drawn(data, postgres)


# -- by hand ------------------------------------------------------------------------------------------

SEEN = {"id": "text", "who": "text", "t": "naive", "paid": "boolean"}


def seen(*people: str | None, paid: bool = True, day: int = 5) -> Any:
    return table(SEEN, [(str(index), who, datetime(2024, 1, day), paid) for index, who in enumerate(people)])


def three() -> World:
    each = {
        "key": ("id",),
        "time": E("t"),
        "entities": entities(customer="who"),
        "complete_through": until_now(),
    }
    return World(
        {
            "marketing": seen("a", "b", "c", "c", None),
            "sales": seen("b", "c", "d"),
            "service": seen("c", "d", day=6),
        },
        {name: each for name in NAMES},
    )


def asked(*of: Seen, share: Share = Share.ALL, **more: Any) -> Any:
    return metric(
        "m", "coverage", Options("customer", of, share), grains=(Grain.MONTH,), min_sample=1, **more
    )


LATER = at("2024-03-01T00:00")
JANUARY = (Grain.MONTH, date(2024, 1, 1), ())


def test_seen_by_all_three() -> None:
    one = by_cell(three().compute(asked(*map(Seen, NAMES)), LATER))[JANUARY]
    assert (one.value, one.numerator, one.denominator, one.state.value) == (0.25, 1, 4, "final")


def test_of_two_it_is_the_jaccard_index() -> None:
    one = by_cell(three().compute(asked(Seen("marketing"), Seen("sales"), share=Share.PAIRWISE), LATER))[
        JANUARY
    ]
    assert (one.value, one.numerator, one.denominator) == (0.5, 2, 4)


def test_a_dataset_has_its_own_condition_and_time() -> None:
    of = Seen("marketing", where=E("not paid")), Seen("sales", time=E("t + 30 days"))
    found = by_cell(three().compute(asked(*of), LATER))
    # Marketing saw nobody, and sales in February alone.
    assert found[Grain.MONTH, date(2024, 2, 1), ()].denominator == 3
    assert found[Grain.MONTH, date(2024, 2, 1), ()].numerator == 0


def test_who_is_resolved_through_the_crosswalk_is_one_customer() -> None:
    each = {"key": ("id",), "time": E("t"), "complete_through": until_now()}
    ids = [("mail", "a@x", "A"), ("mail", "b@x", "B"), ("shop", "1", "A"), ("shop", "2", "C")]
    world = World(
        {"marketing": seen("a@x", "b@x", "nobody@x"), "sales": seen("1", "2"),
         "ids": table({"system": "text", "id": "text", "customer": "text"}, ids)},
        {
            "marketing": {**each, "entities": {"customer": EntityColumn(E("who"), "mail")}},
            "sales": {**each, "entities": {"customer": EntityColumn(E("who"), "shop")}},
            "ids": {},
        },
    )  # fmt: skip

    class Known(World):
        def catalog(self, *metrics: Any) -> Any:
            found = super().catalog(*metrics)
            crosswalk = Identity(Crosswalk("ids", "system", "id", "customer"))
            object.__setattr__(found, "identities", {"customer": crosswalk})
            return found

    one = asked(Seen("marketing"), Seen("sales"))
    found = by_cell(Known(world.tables, world.datasets).compute(one, LATER))[JANUARY]
    assert (found.numerator, found.denominator) == (1, 3)


def test_the_unit_is_a_share() -> None:
    one = asked(Seen("marketing"), Seen("sales"))
    assert unit_of(one, three().catalog(one)) == "ratio"
