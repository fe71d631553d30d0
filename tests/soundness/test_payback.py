"""Paybacks say what the plain reference says."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from metrics.expression import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds.clv import Margin, Orders
from metrics.kinds.payback import Options
from metrics.model import Reference
from tests.soundness import reference as plain
from tests.soundness import reference_clv as clv
from tests.soundness.generators import agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.test_clv import dataset
from tests.soundness.world import E, World, metric

CUTS = ((), ("ch",))


@given(st.data())
def test_observed(data: st.DataObject) -> None:
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(grains())
    log, settle = data.draw(logs(most=30, people=7)), data.draw(st.sampled_from((0, 3)))
    cost = data.draw(logs(most=12))
    horizon = data.draw(st.sampled_from((1, 3, 12)))
    world = World(
        {"log": log.table(), "cost": cost.table()},
        {"log": dataset(log.timezone, settle=Span.parse(f"{settle} days")), "cost": dataset(cost.timezone)},
        **company(calendar),
    )  # fmt: skip
    options = Options(
        "customer", Orders("log", E("x")), Margin(rate=0.25), Reference("cost", parse_measure("sum(x)")),
        Span.parse(f"{horizon} months"),
    )  # fmt: skip
    one = metric("m", "payback", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=2)
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), settle, 2)
    people = clv.customers(frame, log.read(), days=log.kind == "date")
    expected = clv.payback(frame, people, cost.read(), horizon, Fraction(1, 4))
    agree(world.compute(one, now), expected, parts=True, maturity=True)
