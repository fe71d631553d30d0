"""What a kind asks of sources: a scan, which metrics may share, or a select of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from metrics.grain import Grain
from metrics.sql.cells import Answers
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Scan
from metrics.sql.scope import Scope, Selectable


class KindQuery(Protocol):
    """A select of a kind's own, which no other metric shares."""

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""

    def selects(self, scope: Scope, when: TimeFrame) -> list[tuple[tuple[Grain, ...], Selectable]]:
        """Return the selects, each with the grains that it answers."""

    def read(self, answers: Answers) -> Any:
        """Turn the columns that came back into what `finish` wants."""


class OnePass:
    """A query that joins rows to periods, each of which may end on a day of its own."""


def in_one_pass(request: Request) -> bool:
    """Tell whether periods that each end on a day of their own are answered together; else each is asked for alone."""
    if isinstance(request, Scan):
        return request.latest is None or request.latest.within_period
    return isinstance(request, OnePass)


class ComponentsQuery(KindQuery, Protocol):
    """A select that says how what there was at a period's start became what there is at its end."""

    @property
    def nothing(self) -> Mapping[str, Any]:
        """Return the components of a period and segment without anybody."""


class Members(Protocol):
    """Who or what a value counts: one row each, with the period that it counts in."""

    @property
    def noun(self) -> str:
        """Return what one of them is called: lead."""

    @property
    def outcome(self) -> str | None:
        """Return what is said of those in the numerator: converted; None where all are counted and none divided."""

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the select."""

    def rows(self, scope: Scope, when: TimeFrame, grain: Grain) -> sa.Subquery:
        """Return `period`, its first day, columns that begin with `member`, which tell who, and `counted`.

        `counted` tells whether it is in the numerator.
        """


Request = Scan | KindQuery
