"""What the options of several kinds are made of: references to rows, windows, stretches."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from metrics.expressions.nodes import Expression, Measure
from metrics.grain import NO_SPAN, Span


class At(StrEnum):
    """The instant of a period at which a stock is read."""

    PERIOD_START = "period_start"
    PERIOD_END = "period_end"


@dataclass(frozen=True)
class Over:
    """The stretch that a period's value covers: the period, the year to date, or trailing N units."""

    trailing: Span | None = None
    to_date: bool = False

    @classmethod
    def parse(cls, text: str) -> Over:
        """Read `period`, `to_date` or `trailing 12 months`; raise ValueError on anything else."""
        words = text.split(maxsplit=1)
        if text in ("period", "to_date"):
            return cls(to_date=text == "to_date")
        if len(words) == 2 and words[0] == "trailing":
            return cls(trailing=Span.parse(words[1]))
        raise ValueError(f"{text!r} is not one of period, to_date, trailing N months")

    def __str__(self) -> str:
        return f"trailing {self.trailing}" if self.trailing else "to_date" if self.to_date else "period"


@dataclass(frozen=True)
class Window:
    """How long an entity has to convert; `ever` (None) has no end."""

    span: Span | None = None

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read `90 days` or `ever`; raise ValueError on anything else."""
        return cls(None if text == "ever" else Span.parse(text))

    def __str__(self) -> str:
        return str(self.span) if self.span else "ever"


@dataclass(frozen=True)
class Reference:
    """Rows of a dataset as a metric uses them; `ahead` is how long after it happened a row counts."""

    dataset: str = field(metadata={"refers": "dataset"})
    measure: Measure | None = None
    where: Expression | None = None
    time: Expression | None = None
    at: At | None = None
    ahead: Span = field(default=NO_SPAN, metadata={"internal": True})


@dataclass(frozen=True)
class KindOptions:
    """A kind's own keys, and what the catalog asks of them without knowing the kind."""

    @property
    def own_dimensions(self) -> tuple[str, ...]:
        """Return the dimensions that the kind adds, such as a curve's `age`: every value is cut by them."""
        return ()

    @property
    def unit_changes_values(self) -> bool:
        """Tell whether values are computed in the metric's declared unit, which then is part of its hash."""
        return False

    @property
    def reads_besides(self) -> tuple[tuple[tuple[str, ...], str, Any], ...]:
        """Return records over a dataset's rows that name no dataset themselves: path, dataset, record."""
        return ()
