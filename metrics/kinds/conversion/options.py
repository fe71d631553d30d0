"""The keys of a conversion: two stages and a window."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from metrics.catalog.options import KindOptions, Reference, Window


class Basis(StrEnum):
    """Follow a cohort of entities, or compare what entered both stages in one period."""

    COHORT = "cohort"
    PERIOD = "period"


class PeriodBy(StrEnum):
    """Label a cohort by its entry, or by the period in which its window closed."""

    ENTERED = "entered"
    MATURED = "matured"


class Reentry(StrEnum):
    """Which entry of an entity starts its clock."""

    FIRST = "first"
    LAST = "last"
    EVERY = "every"


class Skipped(StrEnum):
    """Whether a later stage implies the earlier one, or only a recorded entry counts."""

    IMPLIED = "implied"
    RECORDED = "recorded"


@dataclass(frozen=True)
class Options(KindOptions):
    """The kind's own keys: two stages, and how entities are followed from one to the other."""

    entity: str = field(metadata={"refers": "entity"})
    from_: Reference = field(metadata={"key": "from"})
    to: Reference
    window: Window = Window()
    basis: Basis = Basis.COHORT
    period_by: PeriodBy = PeriodBy.ENTERED
    reentry: Reentry = Reentry.FIRST
    skipped: Skipped = Skipped.RECORDED

    @property
    def implied(self) -> bool:
        """Tell whether a later stage implies the earlier one."""
        return self.skipped is Skipped.IMPLIED
