"""A condition that turns on a day goes by the event's own day; what ends a case goes by the day on which it began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import strategies as st

from metrics.catalog.dataset import Condition, Stretch
from metrics.catalog.options import Reference
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain
from metrics.kinds.aggregate.options import Options as Aggregate
from tests.soundness import reference as plain
from tests.soundness.generators import DAYS, agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.test_conversion import CUTS, WINDOWS, dataset, options
from tests.soundness.world import E, World, metric, until_now

MEANINGS = ("ch = 'paid'", "ch is null", "stage = 'a'", "not (y > 0)", "true")


def meets(text: str, row: plain.Row) -> bool:
    """Tell whether a row meets one of the meanings; what is unknown is not met."""
    told = {
        "ch = 'paid'": row["ch"] == "paid",
        "ch is null": row["ch"] is None,
        "stage = 'a'": row["stage"] == "a",
        "not (y > 0)": row["y"] is not None and not row["y"] > 0,
        "true": True,
    }
    return told[text]


@st.composite
def dated(draw: st.DrawFn) -> list[tuple[date | None, str]]:
    """Draw what is meant from which day on; None is from the beginning."""
    days = sorted(draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True)))
    return [(day, draw(st.sampled_from(MEANINGS))) for day in (None, *days)]


def condition(held: Sequence[tuple[date | None, str]]) -> Condition:
    """Return it as a definition has it."""
    ends = [*(day for day, _ in held[1:]), None]
    return tuple(Stretch(E(text), day, until) for (day, text), until in zip(held, ends, strict=True))


def meant(held: Sequence[tuple[date | None, str]], day: date, row: plain.Row) -> bool:
    """Tell whether a row meets what is meant on a day."""
    return meets([text for since, text in held if since is None or since <= day][-1], row)


def on(
    calendar: plain.Calendar, held: Sequence[tuple[date | None, str]], rows: Sequence[plain.Row]
) -> list[Any]:
    """Return the rows that meet what is meant on their own day."""
    return [row for row in rows if row["t"] is None or meant(held, calendar.day(row["t"]), row)]


@drawn(st.data(), examples=40)
def test_rows_go_by_their_own_day(engine: Engine, data: st.DataObject) -> None:
    calendar, now, held = data.draw(calendars()), data.draw(nows()), data.draw(dated())
    log, wanted = data.draw(logs(most=25)), data.draw(grains())
    world = World(
        {"log": log.table()},
        {"log": dataset(log, complete_through=until_now(), conditions={"meant": condition(held)})},
        **company(calendar),
    )
    kept = log.only(lambda row: row["t"] is None or meant(held, calendar.day(row["t"]), row))
    # The same rows, chosen by hand: their coverage is that of the whole log.
    other = replace(world, tables={"log": log.table()}, datasets={"log": dataset(
        log, complete_through=until_now(), conditions={"meant": E(_ids(kept))})})  # fmt: skip
    one = metric("m", "aggregate", Aggregate("log", parse_measure("count"), where=E("meant")),
                 dimensions=("ch",), grains=tuple(map(Grain, wanted)))  # fmt: skip
    found, expected = engine.holding(world).compute(one, now), engine.holding(other).compute(one, now)
    assert [each for each in found.estimates] == [each for each in expected.estimates]


def _ids(kept: Any) -> str:
    listed = ", ".join(f"'{row['id']}'" for row in kept.rows)
    return f"id in ({listed})" if listed else "false"


@drawn(st.data(), examples=40)
def test_a_success_goes_by_the_day_of_its_entry(engine: Engine, data: st.DataObject) -> None:
    calendar, now = data.draw(calendars()), data.draw(nows())
    began, ended = data.draw(dated()), data.draw(dated())
    starts, successes = data.draw(logs(most=20)), data.draw(logs(most=20))
    wanted = data.draw(grains())
    implied = data.draw(st.booleans())
    reentry = "first" if implied else data.draw(st.sampled_from(("first", "last")))
    period_by = data.draw(st.sampled_from(("entered", "matured")))
    ask = plain.Conversion(data.draw(st.sampled_from(WINDOWS)), "cohort", period_by, reentry, implied)
    world = World(
        {"starts": starts.table(), "successes": successes.table()},
        {
            "starts": dataset(starts, complete_through=until_now(), conditions={"began": condition(began)}),
            "successes": dataset(
                successes, complete_through=until_now(), conditions={"ended": condition(ended)}
            ),
        },
        **company(calendar),
    )
    sides = Reference("starts", where=E("began")), Reference("successes", where=E("ended"))
    one = metric("m", "conversion", options(ask, *sides), dimensions=("ch",), grains=tuple(map(Grain, wanted)),
                 min_sample=1)  # fmt: skip
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, starts.read()), 0, 1,
                        plain.late(calendar, now, starts.read(), successes.read()))  # fmt: skip
    days = "date" in (starts.kind, successes.kind)
    entered = on(calendar, began, starts.read())
    entries = {}
    for entry in plain.entries_of(replace(ask, implied=False), plain._known(frame, entered, days), []):
        entries[entry.row["who"]] = calendar.day(entry.t)
    known = {row["id"]: row for row in plain._known(frame, successes.read(), days)}

    def counts(row: plain.Row) -> bool:
        if row["id"] not in known:
            return True
        own = calendar.day(row["t"])
        day = entries.get(row["who"], own)
        return meant(ended, min(day, own) if implied else day, row)

    kept = [row for row in successes.read() if counts(row)]
    expected = plain.conversion(frame, ask, entered, kept, days=days)
    agree(
        engine.holding(world).compute(one, now),
        expected,
        parts=True,
        intervals=True,
        maturity=True,
        frame=frame,
    )
