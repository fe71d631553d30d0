"""The keys of a payback: orders, margin, and what customers cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from typing_extensions import override

from metrics.catalog.options import KindOptions, Reference
from metrics.grain import Span, Unit
from metrics.kinds.clv.options import Margin, Orders


class Form(StrEnum):
    """Follow the cohort's margin month by month, or divide its cost by what a customer brings a month."""

    OBSERVED = "observed"
    SIMPLE = "simple"


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys."""

    entity: str = field(metadata={"refers": "entity"})
    orders: Orders
    margin: Margin
    cost: Reference
    horizon: Span
    form: Form = Form.OBSERVED

    @property
    def months(self) -> int:
        """Return the horizon in whole months; 0 where it is written in another unit."""
        return {Unit.MONTH: 1, Unit.YEAR: 12}.get(self.horizon.unit, 0) * self.horizon.count

    @property
    @override
    def reads_besides(self) -> tuple[tuple[tuple[str, ...], str, Any], ...]:
        """Return that a margin is read over the purchases."""
        return ((("margin",), self.orders.dataset, self.margin),)
