# Sources hold naive times, so tests write them.
# ruff: noqa: DTZ001
"""Net shares say what the plain reference says, the net promoter score among them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import strategies as st

from metrics.catalog.options import Over
from metrics.grain import Grain, Span
from metrics.kinds.net_share.options import Options
from metrics.kinds.proportion.options import LatestPer, Within
from tests.soundness import reference as plain
from tests.soundness import reference_lifecycle as lifecycle
from tests.soundness.generators import agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.world import E, World, at, by_cell, dimensions, entities, metric, table, until_now


def _before(moment: plain.Moment, now: datetime, calendar: plain.Calendar) -> bool:
    return moment < now if isinstance(moment, datetime) else moment < calendar.day(now)


@drawn(st.data())
def test_net_shares(engine: Engine, data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    by = data.draw(st.sampled_from((None, None, "t", "y")))
    within, valid = data.draw(st.sampled_from(("period", "all"))), data.draw(st.booleans())
    # Below 6 the two conditions may both hold: such a row counts for neither side.
    low = data.draw(st.sampled_from((0, 2, 5)))
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
    options = Options(
        "log", E("x >= 3"), E(f"x <= {low}"), of=E("x is not null") if valid else None,
        latest_per=LatestPer("person", None if by == "t" else E(by), Within(within)) if by else None,
        over=Over(trailing=Span.parse(f"{over[0]} {over[1]}")) if isinstance(over, tuple) else Over(),
    )  # fmt: skip
    one = metric(
        "m", "net_share", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=3
    )
    rows = log.read()
    frame = plain.Frame(calendar, wanted, ((), ("ch",)), now, first_day(calendar, rows), 0, 3,
                        plain.late(calendar, now, rows))  # fmt: skip
    expected = lifecycle.net_share(
        frame, rows, lambda row: row["x"] is not None and row["x"] >= 3,
        lambda row: row["x"] is not None and row["x"] <= low,
        of=lambda row: not valid or row["x"] is not None, latest_by=by, within=within, over=over,
    )  # fmt: skip
    agree(
        engine.holding(world).compute(one, now), expected, parts=True, intervals=True, frame=frame, over=over
    )


@pytest.mark.parametrize(
    ("promoters", "detractors", "passives", "value", "lower", "upper"),
    [
        # p 1/2, d 1/6, n 324: Var 5/9, SE .0414.
        (162, 54, 108, 1 / 3, 1 / 3 - 1.959964 * 0.0414087, 1 / 3 + 1.959964 * 0.0414087),
        (12, 0, 0, 1.0, 1.0, 1.0),
        (0, 1, 11, -1 / 12, -0.239710, 0.073044),
        (11, 0, 1, 11 / 12, 0.760290, 1.0),
    ],
)
def test_net_promoter_score(
    promoters: int, detractors: int, passives: int, value: float, lower: float, upper: float
) -> None:
    scores = [10] * promoters + [6] * detractors + [8] * passives
    rows = [(str(index), datetime(2024, 1, 5), score) for index, score in enumerate(scores)]
    world = World(
        {"answers": table({"id": "text", "t": "naive", "score": "integer"}, rows)},
        {"answers": {"key": ("id",), "time": E("t"), "complete_through": until_now()}},
    )
    one = metric(
        "nps", "net_share", Options("answers", E("score >= 9"), E("score <= 6")), grains=(Grain.MONTH,)
    )
    [found] = by_cell(world.compute(one, at("2024-02-01T00:00"))).values()
    assert found.value == pytest.approx(value)
    assert (found.lower, found.upper) == (pytest.approx(lower, abs=1e-6), pytest.approx(upper, abs=1e-6))
    assert (found.numerator, found.denominator) == (promoters - detractors, len(scores))
    assert found.state.value == "final"
