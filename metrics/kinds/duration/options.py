"""The keys of a duration: from what to what, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import Any

from typing_extensions import override

from metrics.catalog.options import KindOptions, Reference
from metrics.expressions.nodes import Expression, Literal, SpanLiteral
from metrics.grain import Span, Unit
from metrics.kinds.duration.business_clock import Stopwatch

UNITS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0, "weeks": 604800.0}
"""The units that a duration may be declared in, and their seconds."""
DEFAULT_UNIT = "hours"


class Basis(StrEnum):
    """Label a case by its start, or count completed cases by their end."""

    FROM = "from"
    TO = "to"


class Statistic(StrEnum):
    """What is said of the durations of a period."""

    P50 = "p50"
    P90 = "p90"
    MEAN = "mean"
    SHARE_WITHIN = "share_within"

    @property
    def quantile(self) -> float | None:
        """Return which share of a percentile's cases took no longer."""
        return {Statistic.P50: 0.5, Statistic.P90: 0.9}.get(self)


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys; `within` is a span, or an expression over the `from` row that gives hours.

    `clock` says which time counts; without it all does.
    """

    entity: str = field(metadata={"refers": "entity"})
    from_: Reference = field(metadata={"key": "from"})
    to: Reference
    statistic: Statistic
    window: Span | None = None
    basis: Basis = Basis.FROM
    within: Expression | None = None
    clock: Stopwatch | None = None

    @property
    def standard(self) -> Span | None:
        """Return the standard where no row changes it: a span, or a number of hours."""
        node = self.within.node if self.within is not None else None
        if isinstance(node, SpanLiteral):
            return node.span
        if (
            isinstance(node, Literal)
            and isinstance(node.value, int | float | Decimal)
            and node.value is not True
        ):
            return Span(ceil(node.value * 3600), Unit.SECOND)
        return None

    def closing(self, seconds: float | None = None) -> Span | None:
        """Return what must pass after a period until its value cannot change; a percentile in seconds may say less.

        A share waits for its standard, a percentile for as long as it is itself: who began in the period has been
        followed for it then. A mean needs the window. So does what a clock counts: after a period it may stand still.
        """
        if self.basis is Basis.TO:
            return None
        found = self.window
        if self.clock is not None or self.statistic is Statistic.MEAN or found is None:
            return found
        if self.statistic is Statistic.SHARE_WITHIN:
            found = self.standard or found
        elif seconds is not None:
            found = Span(ceil(round(seconds, 6)), Unit.SECOND)
        return min(found, self.window or found, key=lambda span: span.approximate_seconds)

    @property
    @override
    def unit_changes_values(self) -> bool:
        """Tell that a duration is computed in its unit."""
        return True

    @property
    @override
    def reads_besides(self) -> tuple[tuple[tuple[str, ...], str, Any], ...]:
        """Return that a standard is read over the rows that a case starts from."""
        return (((), self.from_.dataset, self),) if isinstance(self.within, Expression) else ()
