"""Why a metric moved: against the period and the year before, by cause and by segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.project.project import Project
from metrics.analysis.change import Change, change
from metrics.analysis.drivers import Causes, Moved, causes, segments
from metrics.catalog.metric import Metric
from metrics.grain import Period, Span, Unit
from metrics.observation import Observation

_YEAR = Span(1, Unit.YEAR)
_MOST = 12


@dataclass(frozen=True)
class Against:
    """A change against one earlier period, and what it was made by."""

    period: Period
    previous: float
    change: Change
    causes: Causes | None

    @property
    def restated(self) -> bool:
        """Tell whether the earlier value is another than the one that was first published."""
        parts = self.causes
        return parts is not None and any((parts.definition, parts.software, parts.restated))


@dataclass(frozen=True)
class Movement:
    """How the newest final value came about; segments stand by what they add to the change."""

    period: Period
    against: tuple[Against, ...]
    segments: tuple[Moved, ...]
    left_out: int


def movement(
    seen: Project, metric: Metric, now: Observation | None, totals: Sequence[Observation], by: str | None
) -> Movement | None:
    """Return how the newest final value moved, None where there is no earlier one to compare with."""
    if now is None or now.period.start is None:
        return None
    calendar = seen.catalog.company.calendar
    before = calendar.previous(now.period)
    told = [
        _against(seen, metric, now, period, totals) for period in (before, calendar.shift(now.period, _YEAR))
    ]
    known = {one.period: one for one in told if one is not None}
    if not known:
        return None
    moved: tuple[Moved, ...] = ()
    if by is not None and before in known:
        cut = seen.store.latest(metric.metric, grain=now.period.grain, by=(by,))
        moved = segments(metric, seen.catalog, (*totals, *cut), now.period, before)
    return Movement(now.period, tuple(known.values()), moved[:_MOST], max(0, len(moved) - _MOST))


def _against(seen: Project, metric: Metric, now: Observation, before: Period,
             totals: Sequence[Observation]) -> Against | None:  # fmt: skip
    earlier = next((one for one in totals if one.period == before), None)
    if earlier is None or earlier.value is None or before == now.period:
        return None
    found = change(metric, seen.catalog, now, earlier, totals)
    if found is None:
        return None
    versions = seen.store.history(metric.metric, before.grain, before)
    return Against(before, earlier.value, found, causes(versions, now))
