"""Many changes on one scorecard: a few of them look clear by chance, so their p are adjusted together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from metrics.statistics.comparison import holm
from metrics.statistics.trend import Level
from scorecard.report_model import ChangeReport, IndicatorReport

LEVEL = 0.05


class Family:
    """Every change of one report, each metric's counted once, with Holm's adjusted p.

    The changes against the period before are one family, those against the year before another, and the
    values that are differences themselves a third. A change that is a fact has no p and is in none; the p of its
    level counts in its stead.
    """

    def __init__(self, indicators: Iterable[IndicatorReport]) -> None:
        once = {one.metric: one for one in indicators}
        self._last = _adjusted({name: one.change for name, one in once.items()})
        self._value = _adjusted({name: one.judged for name, one in once.items()})
        self._year = _adjusted({name: one.year_on_year for name, one in once.items()})

    def adjust(self, indicator: IndicatorReport) -> IndicatorReport:
        """Return an indicator whose changes bear their adjusted p."""
        name = indicator.metric
        return replace(
            indicator,
            change=_with(indicator.change, self._last.get(name)),
            judged=_with(indicator.judged, self._value.get(name)),
            year_on_year=_with(indicator.year_on_year, self._year.get(name)),
        )


def level_once(indicator: IndicatorReport) -> IndicatorReport:
    """Return an indicator whose level is judged once: it is the same beside the change on the year before."""
    year = indicator.year_on_year
    if indicator.change is None or indicator.change.level is None or year is None:
        return indicator
    once = replace(year, level=None, expected_lower=None, expected_upper=None, p=None)
    return replace(indicator, year_on_year=once)


def may_be_chance(change: ChangeReport) -> bool:
    """Tell whether what looks clear by itself, a change or a level, is no longer so among all of the report."""
    clear = change.level is Level.OUT_OF_THE_ORDINARY or _excludes_zero(change)
    return clear and change.adjusted_p is not None and change.adjusted_p >= LEVEL


def _excludes_zero(change: ChangeReport) -> bool:
    return change.lower is not None and change.upper is not None and not change.lower <= 0 <= change.upper


def _adjusted(changes: Mapping[str, ChangeReport | None]) -> dict[str, float]:
    known = {name: one.p for name, one in changes.items() if one is not None and one.p is not None}
    return dict(zip(known, holm(list(known.values())), strict=True))


def _with(change: ChangeReport | None, p: float | None) -> ChangeReport | None:
    return None if change is None else replace(change, adjusted_p=p)
