"""Paybacks say what the plain reference says."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from metrics.catalog.options import Reference
from metrics.engine.outcome import Outcome
from metrics.expressions.parser import parse_measure
from metrics.grain import Grain, Span
from metrics.kinds.clv.options import Margin, Orders
from metrics.kinds.payback.options import Form, Options
from tests.soundness import reference as plain
from tests.soundness import reference_clv as clv
from tests.soundness.generators import agree, calendars, company, first_day, grains, logs, nows
from tests.soundness.served import Engine, drawn
from tests.soundness.test_clv import dataset
from tests.soundness.world import E, World, metric

CUTS = ((), ("ch",))


LONG = ("month", "quarter", "year", "fiscal_quarter", "fiscal_year", "all")


@drawn(st.data())
def test_observed(engine: Engine, data: st.DataObject) -> None:
    horizon = data.draw(st.sampled_from((1, 3, 12)))
    frame, people, cost, outcome = paid_back(engine, data, Form.OBSERVED, horizon, grains())
    agree(outcome, clv.payback(frame, people, cost, horizon, Fraction(1, 4)), parts=True, maturity=True,
          frame=frame)  # fmt: skip


@drawn(st.data())
def test_simple(engine: Engine, data: st.DataObject) -> None:
    longer = st.lists(st.sampled_from(LONG), min_size=1, max_size=3, unique=True).map(tuple)
    frame, people, cost, outcome = paid_back(engine, data, Form.SIMPLE, 12, longer)
    agree(outcome, clv.payback_simple(frame, people, cost, Fraction(1, 4)), parts=True, frame=frame)


def paid_back(
    engine: Engine, data: st.DataObject, form: Form, horizon: int, asked: st.SearchStrategy[tuple[str, ...]]
) -> tuple[plain.Frame, list[clv.Customer], list[plain.Row], Outcome]:
    """Compute a payback over drawn logs; return what the reference needs to know, and what was found."""
    calendar, now, wanted = data.draw(calendars()), data.draw(nows()), data.draw(asked)
    log, settle = data.draw(logs(most=30, people=7)), data.draw(st.sampled_from((0, 3)))
    cost = data.draw(logs(most=12))
    world = World(
        {"log": log.table(), "cost": cost.table()},
        {"log": dataset(log.timezone, settle=Span.parse(f"{settle} days")), "cost": dataset(cost.timezone)},
        **company(calendar),
    )  # fmt: skip
    options = Options(
        "customer", Orders("log", E("x")), Margin(rate=0.25), Reference("cost", parse_measure("sum(x)")),
        Span.parse(f"{horizon} months"), form,
    )  # fmt: skip
    one = metric("m", "payback", options, dimensions=("ch",), grains=tuple(map(Grain, wanted)), min_sample=2)
    frame = plain.Frame(calendar, wanted, CUTS, now, first_day(calendar, log.read()), settle, 2,
                        plain.late(calendar, now, log.read(), cost.read()))  # fmt: skip
    people = clv.customers(frame, log.read(), days=log.kind == "date")
    return frame, people, cost.read(), engine.holding(world).compute(one, now)
