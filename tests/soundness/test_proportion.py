# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Proportions say what the plain reference says, with one answer an entity or with all."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from metrics.catalog.options import Over
from metrics.grain import Grain, Span
from metrics.kinds.proportion.options import LatestPer, Options, Within
from tests.soundness import reference as plain
from tests.soundness.generators import agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now


def _before(moment: plain.Moment, now: datetime, calendar: plain.Calendar) -> bool:
    return moment < now if isinstance(moment, datetime) else moment < calendar.day(now)


@drawn(st.data())
def test_shares(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    by = data.draw(st.sampled_from((None, "t", "y", "t")))
    within, valid = data.draw(st.sampled_from(("period", "all"))), data.draw(st.booleans())
    over: str | plain.Span = "period"
    if data.draw(st.integers(0, 3)) == 0:
        wanted, over = ("month", "quarter"), data.draw(st.sampled_from(((2, "month"), (45, "day"))))
    log = data.draw(logs(most=40)).only(lambda row: row["t"] is None or _before(row["t"], now, calendar))
    world = World(
        {"log": log.table()},
        {"log": {"key": ("id",), "time": E("t"), "timezone": log.timezone, "entities": entities(person="who"),
                 "dimensions": dimensions(ch="ch"), "complete_through": until_now()}},
        **company(calendar),
    )  # fmt: skip
    latest = LatestPer("person", None if by == "t" else E(by), Within(within)) if by else None
    options = Options(
        "log", E("x >= 3"), of=E("x is not null") if valid else None, latest_per=latest,
        over=Over(trailing=Span.parse(f"{over[0]} {over[1]}")) if isinstance(over, tuple) else Over(),
    )  # fmt: skip
    one = metric(
        "m", "proportion", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=3
    )
    rows = log.read()
    frame = plain.Frame(calendar, wanted, ((), ("ch",)), now, first_day(calendar, rows), 0, 3,
                        plain.late(calendar, now, rows))  # fmt: skip
    expected = plain.proportion(
        frame, rows, lambda row: row["x"] is not None and row["x"] >= 3,
        of=lambda row: not valid or row["x"] is not None, latest_by=by, within=within, over=over,
    )  # fmt: skip
    agree(
        engine.holding(world).compute(one, now), expected, parts=True, intervals=True, frame=frame, over=over
    )


ANSWERS = {"id": "text", "who": "text", "t": "naive", "x": "integer"}


def share(
    rows: list[tuple[str, str | None, datetime, int]], **options: object
) -> dict[str, tuple[float, float]]:
    world = World(
        {"log": table(ANSWERS, rows)},
        {
            "log": {
                "key": ("id",),
                "time": E("t"),
                "entities": entities(person="who"),
                "complete_through": until_now(),
            }
        },
    )
    one = metric("m", "proportion", Options("log", E("x >= 4"), **options), grains=(Grain.MONTH, Grain.ALL))  # type: ignore[arg-type]
    found = by_cell(world.compute(one, at("2024-04-01T00:00")))
    return {
        f"{grain} {start or ''}".strip(): (each.numerator or 0, each.denominator or 0)
        for (grain, start, _), each in found.items()
        if each.denominator
    }


def test_ties_of_the_latest_answer_go_to_the_greatest_key() -> None:
    rows = [
        ("1", "u", datetime(2024, 1, 5), 1),
        ("3", "u", datetime(2024, 1, 5), 5),
        ("2", "u", datetime(2024, 1, 5), 1),
    ]
    assert share(rows, latest_per=LatestPer("person")) == {"month 2024-01-01": (1, 1), "all": (1, 1)}


def test_the_latest_of_all_counts_in_its_own_period_alone() -> None:
    rows = [("1", "u", datetime(2024, 1, 5), 5), ("2", "u", datetime(2024, 2, 5), 1)]
    assert share(rows, latest_per=LatestPer("person", within=Within.ALL)) == {
        "month 2024-02-01": (0, 1),
        "all": (0, 1),
    }
    assert share(rows, latest_per=LatestPer("person")) == {
        "month 2024-01-01": (1, 1), "month 2024-02-01": (0, 1), "all": (0, 1),
    }  # fmt: skip


def test_unknown_people_are_not_one_person() -> None:
    rows = [
        ("1", None, datetime(2024, 1, 5), 5),
        ("2", None, datetime(2024, 1, 6), 1),
        ("3", "u", datetime(2024, 1, 7), 5),
    ]
    assert share(rows, latest_per=LatestPer("person")) == {"month 2024-01-01": (1, 1), "all": (1, 1)}
    assert share(rows) == {"month 2024-01-01": (2, 3), "all": (2, 3)}
