"""How the customers, or the revenue, of a period's start became those of its end, customer by customer."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tests.soundness.reference import Cell, Frame, Row, segment_of, stretch
from tests.soundness.reference_lifecycle import (
    Retention,
    Standing,
    _begins,
    _comparable,
    _known_by,
    begun,
    known_back,
)

NAMES = ("start", "new", "expansion", "contraction", "churn", "reactivation", "end")
Amounts = dict[str, Fraction | None]


def bridge(
    frame: Frame, ask: Retention, standing: Standing, rows: Sequence[Row], *, days: bool
) -> dict[Cell, Amounts]:
    """Return the components of every cell that has a customer; `rows` are all that make customers."""
    shown = [row for row in _comparable(frame, rows, days, "t") if _known_by(frame, row["t"], days)]
    found: dict[Cell, Amounts] = {}
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            if start is not None and end is not None and not known_back(frame, ask, start, end):
                found[grain, start, ()] = dict.fromkeys(NAMES)
                continue
            if start is None or end is None or not begun(frame, start, end, ask.over):
                continue
            before, after, others = standing(grain, start, end)
            low: Any = _begins(frame, stretch(frame, start, end, ask.over)[0], days)
            high: Any = _begins(frame, end, days)
            for who in {*before, *after}:
                mine = [row for row in shown if row["who"] == who]
                came = min(
                    (row for row in mine if low <= row["t"] < high),
                    key=lambda row: (row["t"], row["id"]),
                    default=None,
                )
                fresh = came is not None and not any(row["t"] < low for row in mine)
                row = before[who].row if who in before else came
                assert row is not None
                then, now = _worth(ask.measure, who, before, after, others)
                for cut in frame.cuts:
                    cell = found.setdefault(
                        (grain, start, segment_of(row, cut)), dict.fromkeys(NAMES, Fraction(0))
                    )
                    _add(cell, then, now, who in before, who in after, fresh)
    for cell in found.values():
        if ask.measure == "logo":
            cell["expansion"] = cell["contraction"] = None
    return found


def _worth(measure: str, who: Any, before: Any, after: Any, others: Any) -> tuple[Fraction, Fraction]:
    if measure == "logo":
        return Fraction(who in before), Fraction(who in after)
    then = before[who].worth if who in before else Fraction(0)
    now = after[who].worth if who in after else min(Fraction(0), others.get(who, Fraction(0)))
    if measure == "nrr":
        return then, now
    return max(then, Fraction(0)), max(now, Fraction(0)) if who in after else Fraction(0)


def _add(cell: dict[str, Any], then: Fraction, now: Fraction, was: bool, there: bool, fresh: bool) -> None:
    cell["end"] += now
    if not was:
        cell["new" if fresh else "reactivation"] += now
        return
    cell["start"] += then
    if not there:
        cell["churn"] += then - now
    elif now > then:
        cell["expansion"] += now - then
    else:
        cell["contraction"] += then - now
