"""What lifetime values and paybacks mean, in plain Python and as slowly as it likes.

Written from the published semantics alone and importing nothing of the product, as `reference` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from tests.soundness.reference import (
    TICK,
    Cell,
    Frame,
    Moment,
    Result,
    Row,
    Segment,
    Span,
    has_come,
    plus,
    plus_months,
    segment_of,
)

UNIT_DAYS = {"day": Fraction(1), "week": Fraction(7), "month": Fraction(1461, 48)}


@dataclass
class Customer:
    """One customer: its purchases in order, of which the first decides cohort and segment."""

    orders: list[Row] = field(default_factory=list)

    @property
    def first(self) -> Row:
        return self.orders[0]


def customers(frame: Frame, rows: Sequence[Row], *, days: bool) -> list[Customer]:
    """Return the customers with the purchases that are known by the watermark."""
    edge: Moment = frame.calendar.day(frame.t - TICK) if days else frame.t
    found: dict[str, Customer] = {}
    known = [row for row in rows if row["t"] is not None and row["who"] is not None and row["t"] <= edge]
    for row in sorted(known, key=lambda row: (row["t"], row["id"])):
        found.setdefault(row["who"], Customer()).orders.append(row)
    return list(found.values())


def cohorts(frame: Frame, people: Sequence[Customer]) -> dict[Cell, list[Customer]]:
    """Return who belongs to each cohort and segment; the total stands for every period."""
    found: dict[Cell, list[Customer]] = {}
    for grain in frame.grains:
        starts = [start for start, _ in frame.periods(grain)]
        for cut in frame.cuts:
            if not cut:
                found |= {(grain, start, ()): [] for start in starts}
            for each in people:
                start = frame.calendar.start(frame.calendar.day(each.first["t"]), grain)
                cell: tuple[str, date | None, Segment] = (grain, start, segment_of(each.first, cut))
                if start in starts:
                    found.setdefault(cell, []).append(each)
    return found


def end_of(frame: Frame, cell: Cell) -> date | None:
    grain, start, _ = cell
    return None if start is None else frame.calendar.end(start, grain)


def passed(frame: Frame, moment: Moment, *, days: bool) -> bool:
    """Tell whether an exclusive end lies at or before the watermark."""
    return moment <= (frame.calendar.day(frame.t) if days else frame.t)  # type: ignore[operator]


def worth(row: Row) -> Fraction:
    return Fraction(row["x"] or 0)


# -- historic ---------------------------------------------------------------------------------------


def historic(frame: Frame, people: Sequence[Customer], horizon: Span, margin: Fraction, discount: float,
             *, days: bool) -> dict[Cell, Result]:  # fmt: skip
    """Average what customers brought within the horizon, over those whose horizon has passed."""
    zone, calendar = frame.calendar.zone, frame.calendar
    found: dict[Cell, Result] = {}
    for cell, cohort in cohorts(frame, people).items():
        if not cohort:
            found[cell] = Result(None, 0, 0, "no_data")
            continue
        done = [each for each in cohort if passed(frame, plus(each.first["t"], horizon, zone), days=days)]
        total: Any = 0
        for each in done:
            until = plus(each.first["t"], horizon, zone)
            for row in each.orders:
                if row["t"] < until:
                    since = (calendar.day(row["t"]) - calendar.day(each.first["t"])).days
                    factor = (1 + discount) ** (-since / 365.25) if discount else 1
                    total += worth(row) * margin * (factor if discount else 1)
        final = len(done) == len(cohort) and frame.final(end_of(frame, cell), horizon)
        shown = bool(done) and (final or len(done) >= frame.min_sample)
        state = "provisional"
        if final:
            state = "small_sample" if len(done) < frame.min_sample else "final"
        found[cell] = Result(
            total / len(done) if shown else None, total, len(done), state,
            Fraction(len(done), len(cohort)),  # type: ignore[arg-type]
        )  # fmt: skip
    return found


# -- simple -----------------------------------------------------------------------------------------


def simple(frame: Frame, people: Sequence[Customer], horizon: Fraction, unit: str, margin: Fraction,
           discount: float) -> dict[Cell, Result]:  # fmt: skip
    """Margin per active customer and unit, as long as a customer stays, at most `horizon` units."""
    calendar = frame.calendar
    running = calendar.start(calendar.day(frame.t), unit)
    assert running is not None
    found: dict[Cell, Result] = {}
    for cell, cohort in cohorts(frame, people).items():
        if not cohort:
            found[cell] = Result(None, 0, 0, "no_data")
            continue
        active = at_risk = lost = followed = 0
        amount = Fraction(0)
        for each in cohort:
            units = {calendar.start(calendar.day(row["t"]), unit) for row in each.orders}
            over = sorted(start for start in units if start is not None and start < running)
            active += len(over)
            amount += sum(
                worth(row) for row in each.orders if calendar.start(calendar.day(row["t"]), unit) in over
            )
            watched = [start for start in over if calendar.end(start, unit) < running]
            at_risk += len(watched)
            followed += bool(watched)
            lost += sum(1 for start in watched if calendar.end(start, unit) not in units)
        final = frame.final(end_of(frame, cell), (2, unit))
        shown = followed > 0 and (final or followed >= frame.min_sample)
        value: float | None = None
        if shown:
            stay = (1 - Fraction(lost, at_risk)) / Fraction(
                (1 + discount) ** (UNIT_DAYS[unit] / Fraction(1461, 4))
            )
            whole = int(horizon)
            powers = sum((stay**k for k in range(whole)), start=Fraction(0)) + (horizon - whole) * stay**whole
            value = float(margin * amount / active * powers)
        state = "provisional"
        if final:
            state = "no_data" if not shown else "small_sample" if followed < frame.min_sample else "final"
        found[cell] = Result(
            value, value * len(cohort) if value is not None else None, len(cohort), state,
            Fraction(followed, len(cohort)),  # type: ignore[arg-type]
        )  # fmt: skip
    return found


# -- payback ----------------------------------------------------------------------------------------


def months_after(first: date, day: date) -> int:
    """Return how many whole months lie between two days; a month end clamps."""
    months = 0
    while plus_months(first, months + 1) <= day:
        months += 1
    return months


def payback(frame: Frame, people: Sequence[Customer], costs: Sequence[Row], horizon: int, margin: Fraction
            ) -> dict[Cell, Result]:  # fmt: skip
    """Find the first month of age by which a cohort's margin per customer reaches its cost per customer."""
    today = frame.calendar.day(frame.t)
    return {
        cell: _payback(frame, cell, cohort, cost, horizon, margin, today) if cohort and cost > 0
        else Result(None, 0, cost, "no_data")  # type: ignore[arg-type]
        for cell, (cohort, cost) in _acquired(frame, people, costs).items()
    }  # fmt: skip


def payback_simple(frame: Frame, people: Sequence[Customer], costs: Sequence[Row], margin: Fraction
                   ) -> dict[Cell, Result]:  # fmt: skip
    """Divide the cost of a new customer by the margin that an active one brings a month."""
    calendar = frame.calendar
    orders = [row for each in people for row in each.orders]
    found: dict[Cell, Result] = {}
    for cell, (cohort, cost) in _acquired(frame, people, costs).items():
        grain, start, segment = cell
        if not cohort or cost <= 0:
            found[cell] = Result(None, 0, cost, "no_data")  # type: ignore[arg-type]
            continue
        cut = [name for name, _ in segment]
        own = [row for row in orders if calendar.start(calendar.day(row["t"]), grain) == start
               and segment_of(row, cut) == segment]  # fmt: skip
        active = {(row["who"], calendar.start(calendar.day(row["t"]), "month")) for row in own}
        monthly = sum(map(worth, own), start=Fraction(0)) * margin / len(active) if active else Fraction(0)
        each = cost / len(cohort)
        end = end_of(frame, cell)
        state = "small_sample" if len(cohort) < frame.min_sample else "final"
        state = state if frame.final(end) else "provisional"
        value = each / monthly if monthly > 0 else None
        found[cell] = Result(value, each, monthly, state)  # type: ignore[arg-type]
    return found


def _acquired(frame: Frame, people: Sequence[Customer], costs: Sequence[Row]
              ) -> dict[Cell, tuple[list[Customer], Fraction]]:  # fmt: skip
    """Return each cohort with what it cost; a cost without customers has a cell too."""
    calendar = frame.calendar
    cells = cohorts(frame, people)
    spent: dict[Cell, Fraction] = {}
    for row in costs:
        for grain in frame.grains:
            for cut in frame.cuts:
                if not has_come(frame, row["t"]):
                    continue
                start = calendar.start(calendar.day(row["t"]), grain)
                if grain != "all" and start not in [each for each, _ in frame.periods(grain)]:
                    continue
                cell: Cell = (grain, start, segment_of(row, cut))
                spent[cell] = spent.get(cell, Fraction(0)) + worth(row)
                cells.setdefault(cell, [])
    return {cell: (cohort, spent.get(cell, Fraction(0))) for cell, cohort in cells.items()}


def _payback(frame: Frame, cell: Cell, cohort: Sequence[Customer], cost: Fraction, horizon: int,
             margin: Fraction, today: date) -> Result:  # fmt: skip
    calendar = frame.calendar
    firsts = [calendar.day(each.first["t"]) for each in cohort]
    total, reached = Fraction(0), None
    for month in range(1, horizon + 1):
        done = [
            each for each, first in zip(cohort, firsts, strict=True) if plus_months(first, month) <= today
        ]
        if len(done) < len(cohort) and len(done) < frame.min_sample:
            break
        brought = sum(
            worth(row)
            for each in done
            for row in each.orders
            if months_after(calendar.day(each.first["t"]), calendar.day(row["t"])) == month - 1
        )
        total += Fraction(brought) * margin / len(done)
        if total >= cost / len(cohort):
            reached = month
            break
    months = reached if reached is not None else horizon
    done_all = sum(1 for first in firsts if plus_months(first, months) <= today)
    state = "provisional"
    if done_all == len(cohort) and frame.final(end_of(frame, cell), (months, "month")):
        state = "small_sample" if len(cohort) < frame.min_sample else "final"
    value = None if reached is None else float(reached)
    maturity = Fraction(done_all, len(cohort))
    return Result(value, total * len(cohort), cost, state, maturity)  # type: ignore[arg-type]
