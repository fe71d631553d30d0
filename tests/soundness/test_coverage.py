# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Coverage says what plain sets say, whatever the logs."""

from __future__ import annotations

import itertools
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from metrics.catalog.dataset import Crosswalk, EntityColumn, Identity
from metrics.describe.units import unit_of
from metrics.grain import Grain, Span
from metrics.kinds.coverage.options import Options, Seen, Share
from tests.soundness import reference as plain
from tests.soundness.generators import Log, agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now

NAMES = ("marketing", "sales", "service")
CUTS = ((), ("ch",))


def expected(
    frame: plain.Frame, seen: list[list[plain.Row]], share: str = "all", names: tuple[str, ...] = ()
) -> dict[plain.Cell, plain.Result]:
    """Take unions and intersections of who was seen, per period and segment, and per pair of datasets."""
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
                for pair, n, k in told(each, share, names):
                    if pair and cell[2] and not n:
                        continue
                    state = "no_data" if not n else "provisional" if not frame.final(end) else "final"
                    state = "small_sample" if state == "final" and n < frame.min_sample else state
                    value = Fraction(k, n) if n else None
                    segment = (*cell[2], *((("pair", pair),) if pair else ()))
                    found[grain, start, segment] = plain.Result(
                        value, k, n, state, interval=plain.wilson(k, n)
                    )
    return found


def told(each: list[set[str]], share: str, names: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Return what is said of some sets of people: the pair, of how many, and how many."""
    if share == "all" or (share == "pairwise" and len(each) == 2):
        return [("", len(set.union(*each)), len(set.intersection(*each)))]
    found = []
    for one, other in itertools.permutations(range(len(each)), 2):
        both = len(each[one] & each[other])
        if share == "directed":
            found.append((f"{names[one]} -> {names[other]}", len(each[one]), both))
        elif one < other:
            found.append((f"{names[one]} & {names[other]}", len(each[one] | each[other]), both))
    return found


def dataset(log: Log) -> dict[str, Any]:
    return {
        "key": ("id",), "time": E("t"), "timezone": log.timezone, "entities": entities(customer="who"),
        "dimensions": dimensions(ch="ch"), "complete_through": until_now(), "settle": Span.parse("2 days"),
    }  # fmt: skip


@drawn(st.data())
def test_any_logs(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    share = data.draw(st.sampled_from(Share))
    names = NAMES[: data.draw(st.integers(1 if share is Share.ALL else 2, 3))]
    seen = {name: data.draw(logs(most=15)) for name in names}
    world = World({name: log.table() for name, log in seen.items()},
                  {name: dataset(log) for name, log in seen.items()}, **company(calendar))  # fmt: skip
    least = data.draw(st.sampled_from((1, 3)))
    one = metric("m", "coverage", Options("customer", tuple(map(Seen, names)), share), dimensions=("ch",),
                 grains=tuple(map(Grain, wanted)), min_sample=least)  # fmt: skip
    firsts = [first_day(calendar, log.read()) for log in seen.values()]
    first = None if None in firsts else max(day for day in firsts if day is not None)
    frame = plain.Frame(calendar, wanted, CUTS, now, first, 2, least,
                        plain.late(calendar, now, *(log.read() for log in seen.values())))  # fmt: skip
    wanted_cells = expected(frame, [log.read() for log in seen.values()], share.value, names)
    outcome = engine.holding(world).compute(one, now)
    agree(outcome, wanted_cells, parts=True, intervals=True, frame=frame)
    said = {name: told for name, told in outcome.diagnostics.items() if name != "partly_covered"}
    assert said == matches(calendar, now, seen)


def matches(calendar: plain.Calendar, now: datetime, seen: dict[str, Log]) -> dict[str, Any]:
    """Count the rows that are known by the watermark, and those of nobody."""
    found = {}
    for name, log in seen.items():
        edge = calendar.day(now - plain.TICK) if log.kind == "date" else now
        known = [row for row in log.read() if row["t"] is not None and row["t"] <= edge]
        nobody = sum(row["who"] is None for row in known)
        found[name] = {"method": "column who", "rows": len(known), "unmatched": 0, "without_id": nobody}
    return {"match": found}


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


def pairs(share: Share) -> dict[str, tuple[float | None, float | None]]:
    found = by_cell(three().compute(asked(*map(Seen, NAMES), share=share), LATER))
    return {segment[0][1]: (each.numerator, each.denominator) for (_, start, segment), each in found.items()
            if start == JANUARY[1]}  # fmt: skip


def test_each_two_of_three_have_a_jaccard_index_of_their_own() -> None:
    # Marketing saw a, b, c; sales b, c, d; service c, d.
    assert pairs(Share.PAIRWISE) == {
        "marketing & sales": (2, 4), "marketing & service": (1, 4), "sales & service": (2, 3),
    }  # fmt: skip


def test_what_one_has_seen_the_other_may_not_have() -> None:
    assert pairs(Share.DIRECTED) == {
        "marketing -> sales": (2, 3), "marketing -> service": (1, 3), "sales -> marketing": (2, 3),
        "sales -> service": (2, 3), "service -> marketing": (1, 2), "service -> sales": (2, 2),
    }  # fmt: skip


def test_a_dataset_that_stands_twice_is_told_apart_by_its_condition() -> None:
    of = Seen("marketing", where=E("paid")), Seen("marketing", where=E("not paid"))
    found = by_cell(three().compute(asked(*of, share=Share.DIRECTED), LATER))
    assert {segment for _, start, segment in found if start == JANUARY[1]} == {
        (("pair", "marketing where paid -> marketing where not paid"),),
        (("pair", "marketing where not paid -> marketing where paid"),),
    }


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
        {"marketing": seen("a@x", "b@x", "nobody@x", None), "sales": seen("1", "2"),
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

    one = asked(Seen("marketing", where=E("t < as_of()")), Seen("sales"))
    outcome = Known(world.tables, world.datasets).compute(one, LATER)
    found = by_cell(outcome)[JANUARY]
    assert (found.numerator, found.denominator) == (1, 3)
    assert outcome.diagnostics == {
        "match": {
            "marketing": {"method": "crosswalk ids by mail", "rows": 4, "unmatched": 1, "without_id": 1},
            "sales": {"method": "crosswalk ids by shop", "rows": 2, "unmatched": 0, "without_id": 0},
        }
    }


def test_the_unit_is_a_share() -> None:
    one = asked(Seen("marketing"), Seen("sales"))
    assert unit_of(one, three().catalog(one)) == "ratio"
