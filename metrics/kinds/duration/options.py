"""The keys of a duration: from what to what, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from typing_extensions import override

from metrics.catalog.options import KindOptions, Reference
from metrics.expressions.nodes import Expression
from metrics.grain import Span
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
    @override
    def unit_changes_values(self) -> bool:
        """Tell that a duration is computed in its unit."""
        return True

    @property
    @override
    def reads_besides(self) -> tuple[tuple[tuple[str, ...], str, Any], ...]:
        """Return that a standard is read over the rows that a case starts from."""
        return (((), self.from_.dataset, self),) if isinstance(self.within, Expression) else ()
