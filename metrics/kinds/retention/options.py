"""The keys of retention: what is retained, who is a customer, and what a customer is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from typing_extensions import override

from metrics.catalog.fields import empty
from metrics.catalog.options import KindOptions, Over
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Expression, Measure
from metrics.grain import Span
from metrics.kinds._shared.customers import Activity, Leaving, Subscription

AGE = "age"
"""The dimension of a curve: whole periods since a customer was acquired, two digits that sort."""

AGES = 36
"""Up to this age a curve goes where it does not say."""


class Share(StrEnum):
    """What is retained: customers, their revenue without growth, or their revenue with growth."""

    LOGO = "logo"
    GRR = "grr"
    NRR = "nrr"


@dataclass(frozen=True)
class ActiveIf:
    """When activity makes a customer active: within the stretch itself, or within a span before a moment."""

    within: Span | None = None

    @classmethod
    def parse(cls, text: str) -> ActiveIf:
        """Read `in_period` or `within 90 days`; raise ValueError on anything else."""
        words = text.split(maxsplit=1)
        if text == "in_period":
            return cls()
        if len(words) == 2 and words[0] == "within":
            return cls(Span.parse(words[1]))
        raise ValueError(f"{text!r} is not one of in_period, within 90 days")

    @override
    def __str__(self) -> str:
        return f"within {self.within}" if self.within else "in_period"


@dataclass(frozen=True)
class Worth:
    """What a customer's rows are worth, over the activity's dataset unless another is named."""

    measure: Measure
    where: Expression | None = None
    time: Expression | None = None
    dataset: str | None = field(default=None, metadata={"refers": "dataset"})


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys: either `activity` or `subscription`.

    With `curve` a period is the cohort that was acquired in it, followed up to the age of `ages` periods (36).
    Who meets a condition of `exclude` is left out and counted by its name.
    """

    measure: Share
    entity: str = field(metadata={"refers": "entity"})
    activity: Activity | None = None
    active_if: ActiveIf = ActiveIf()
    subscription: Subscription | None = None
    value: Worth | None = None
    over: Over = Over()
    curve: bool = False
    ages: int | None = None
    exclude: Mapping[str, Expression] = field(default_factory=empty)

    def __post_init__(self) -> None:
        """Read the value from the activity's dataset and by its time, unless it says otherwise."""
        if self.value is not None and self.activity is not None and self.value.dataset is None:
            time = self.value.time or self.activity.time
            value = replace(self.value, dataset=self.activity.dataset, time=time)
            object.__setattr__(self, "value", value)

    @property
    def gap(self) -> Span | None:
        """Return how long it takes until an end is known to be one."""
        return self.subscription.gap if self.subscription and self.subscription.gap.count else None

    @property
    @override
    def own_dimensions(self) -> tuple[str, ...]:
        """Return the dimension that the kind adds: a curve has a value for each age."""
        return (AGE,) if self.curve else ()

    @property
    def oldest(self) -> int:
        """Return the age up to which a curve goes."""
        return AGES if self.ages is None else self.ages

    @property
    def by_period(self) -> bool:
        """Tell whether a customer is active by its rows in a period, and not until it is lost."""
        return self.subscription is None and self.active_if.within is None

    @property
    def late(self) -> bool:
        """Tell whether customers may come under observation after they were won."""
        acquired = self.activity is not None and self.activity.acquired is not None
        return acquired or (self.subscription is not None and self.subscription.observed_from is not None)

    @property
    @override
    def reads_besides(self) -> tuple[tuple[tuple[str, ...], str, Any], ...]:
        """Return that who is left out is told by the rows that make a customer."""
        told = self.exclude and (self.activity or self.subscription)
        return (((), self.source_dataset(), self),) if told else ()

    @property
    def leaving(self) -> Leaving:
        """Return who is left out."""
        return Leaving(self.exclude)

    def source_dataset(self) -> str:
        """Return a dataset whose source runs the selects."""
        used = self.activity or self.subscription
        if used is None:
            raise ExpressionError("retention needs activity or subscription", 0)
        return used.dataset
