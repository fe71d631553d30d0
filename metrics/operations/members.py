"""Who would be counted by another definition and who no longer: counts of both sets' differences, made by the source.

Only counts leave the source. Where a kind cannot say who it counts, or the two sets lie in different places, nothing
is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement, visitors

from metrics.catalog.metric import Metric
from metrics.engine.outcome import as_metric_error
from metrics.engine.plan import Plan
from metrics.engine.planner import Planner
from metrics.engine.schedule import MetricRequest
from metrics.grain import Grain
from metrics.kind import kind_of
from metrics.request import Members
from metrics.sql.scope import Selectable


@dataclass(frozen=True)
class Counted:
    """How many are in the denominator, and how many of them in the numerator."""

    all: int = 0
    counted: int = 0

    @property
    def share(self) -> float | None:
        """Return which share of them is in the numerator, None of nobody."""
        return self.counted / self.all if self.all else None


@dataclass(frozen=True)
class Change:
    """Who is counted in a period before and after; who would leave it, and who would enter.

    Of those who stay, `lost` would no longer be in the numerator, and `gained` would newly be.
    """

    before: Counted = Counted()
    after: Counted = Counted()
    leaving: Counted = Counted()
    entering: Counted = Counted()
    lost: int = 0
    gained: int = 0

    @property
    def nothing(self) -> bool:
        """Tell whether the same are counted in the same way."""
        return not (self.leaving.all or self.entering.all or self.lost or self.gained)


@dataclass(frozen=True)
class Turnover:
    """Who would be counted and who no longer, by the first day of each period of a grain, and what they are called."""

    grain: Grain
    noun: str
    outcome: str | None
    changes: Mapping[date, Change]


def turnover(
    base: Planner, head: Planner, metrics: tuple[Metric, Metric], grain: Grain, until: datetime | None
) -> Turnover | None:
    """Return who would be counted and who no longer, up to a watermark; None where it is not known."""
    asked: list[tuple[Planner, Plan, Members]] = []
    for planner, metric in zip((base, head), metrics, strict=True):
        [plan] = planner.plan([MetricRequest(metric.metric, (grain,), ((),))], until)
        members = kind_of(metric).members(metric, plan.frame) if plan.error is None else None
        if members is None:
            return None
        asked.append((planner, plan, members))
    places = {planner.session.source_of(members.source_dataset()) for planner, _, members in asked}
    nouns = {(members.noun, members.outcome) for *_, members in asked}
    if len(places) != 1 or len(nouns) != 1:
        return None
    try:
        sides = [
            members.rows(planner.session.scope(members.source_dataset()), plan.time_frame, grain)
            for planner, plan, members in asked
        ]
        if [column.name for column in sides[0].c] != [column.name for column in sides[1].c]:
            return None
        found = base.session.fetch(places.pop(), _compared(sides[0], _renamed(sides[1])))
    except Exception as error:  # the values are known without it
        as_metric_error(metrics[1].metric, error)
        return None
    changes = {}
    for day, *counts in found.rows(*found.names):
        numbers = [int(each or 0) for each in counts]
        before, after, leaving, entering = (Counted(*numbers[at : at + 2]) for at in range(0, 8, 2))
        changes[day] = Change(before, after, leaving, entering, *numbers[8:])
    [(noun, outcome)] = nouns
    return Turnover(grain, noun, outcome, changes)


def _renamed(rows: sa.Subquery) -> sa.Subquery:
    """Return rows that were just made with other names for their common tables: the other side's bear the same."""
    for part in visitors.iterate(rows):
        if isinstance(part, sa.CTE):
            part.name = f"{part.name}_head"
    return rows


def _compared(base: sa.Subquery, head: sa.Subquery) -> Selectable:
    """Return by period how many there are on either side, on one alone, and counted on one alone."""
    own = [column.name for column in base.c if column.name.startswith("member")]
    same = sa.and_(base.c.period == head.c.period, *(base.c[name] == head.c[name] for name in own))
    gone, come = head.c.period.is_(None), base.c.period.is_(None)
    both = sa.and_(sa.not_(gone), sa.not_(come))
    was, will = (sa.func.coalesce(side.c.counted, sa.false()) for side in (base, head))
    wanted: list[ColumnElement[Any]] = []
    for inside, counted in ((sa.not_(come), was), (sa.not_(gone), will), (gone, was), (come, will)):
        wanted += [inside, sa.and_(inside, counted)]
    wanted += [sa.and_(both, was, sa.not_(will)), sa.and_(both, will, sa.not_(was))]
    day = sa.func.coalesce(base.c.period, head.c.period).label("period")
    lines = sa.select(day, *(each.label(f"n{place}") for place, each in enumerate(wanted)))
    rows = lines.select_from(sa.outerjoin(base, head, same, full=True)).subquery("c")
    counts = [sa.func.count().filter(rows.c[f"n{place}"]).label(f"n{place}") for place in range(len(wanted))]
    return sa.select(rows.c.period, *counts).group_by(rows.c.period)
