"""The keys of a win-back: who is a customer, and when one is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from typing_extensions import override

from metrics.catalog.fields import empty
from metrics.catalog.options import KindOptions, Window
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Expression
from metrics.grain import NO_SPAN, Span
from metrics.kinds._shared.customers import (
    Activity,
    Subscription,
)


class Basis(StrEnum):
    """Follow those who lapsed in a period, or ask in a period for those who had lapsed before it."""

    COHORT = "cohort"
    PERIOD = "period"


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys: either `activity`, with `lapse_after`, or `subscription`.

    Who meets a condition of `exclude` is left out and counted by its name.
    """

    entity: str = field(metadata={"refers": "entity"})
    activity: Activity | None = None
    subscription: Subscription | None = None
    lapse_after: Span | None = None
    basis: Basis = Basis.COHORT
    grace: Span = NO_SPAN
    window: Window = Window()
    exclude: Mapping[str, Expression] = field(default_factory=empty)

    @property
    @override
    def reads_besides(self) -> tuple[tuple[tuple[str, ...], str, Any], ...]:
        """Return that who is left out is told by the rows that make a customer."""
        told = self.exclude and (self.activity or self.subscription)
        return (((), self.source_dataset(), self),) if told else ()

    def source_dataset(self) -> str:
        """Return the dataset that says who is a customer; its source runs the selects."""
        used = self.activity or self.subscription
        if used is None:
            raise ExpressionError("win_back needs activity with lapse_after, or subscription", 0)
        return used.dataset

    @property
    def closing(self) -> Span | None:
        """Return what must pass after a lapse until it is known to be one, and its window is over."""
        if self.basis is Basis.PERIOD:
            return self.gap
        spans = [span for span in (self.window.span, self.gap) if span is not None]
        return max(spans, key=lambda span: span.approximate_seconds, default=None)

    @property
    def gap(self) -> Span | None:
        """Return how long it takes until a subscription's end is known to be one."""
        return self.subscription.gap if self.subscription and self.subscription.gap.count else None
