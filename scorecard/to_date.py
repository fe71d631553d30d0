"""What a period that is not over is set against: as many days of the period before and of a year before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from types import MappingProxyType

from metrics.grain import Calendar, Period
from metrics.kind import RATIO, RATIO_DIFFERENCE
from metrics.observation import Offset, ToDate
from scorecard.formatting import MINUS, format_change, format_count, format_value
from scorecard.report_model import EarlierReport, ToDateReport

Known = Mapping[tuple[Period, Offset], ToDate]
NOTHING_TO_DATE: Known = MappingProxyType({})


def to_date_report(known: Known, base: Period, calendar: Calendar) -> ToDateReport | None:
    """Return what a provisional period is set against, None where nothing is known of its whole days."""
    own = known.get((base, Offset.NONE))
    if own is None or base.start is None or base.end is None:
        return None
    earlier: dict[Period, EarlierReport] = {}
    for offset in (Offset.PERIOD, Offset.YEAR):
        other = known.get((base, offset))
        # The year before is the period before it where a period is a year.
        if other is not None and other.period not in earlier:
            earlier[other.period] = _earlier(own, other, calendar)
    return ToDateReport(
        days=own.days,
        over=own.days == (base.end - base.start).days,
        value=own.value,
        numerator=own.numerator,
        denominator=own.denominator,
        earlier=tuple(earlier.values()),
    )


def _earlier(own: ToDate, other: ToDate, calendar: Calendar) -> EarlierReport:
    difference, relative = None, None
    if own.value is not None and other.value is not None:
        difference = own.value - other.value
        # A share of what is nothing, or less, says nothing.
        relative = difference / other.value if other.value > 0 else None
    if relative is not None and not isfinite(relative):
        relative = None
    return EarlierReport(
        offset=other.offset,
        period=other.period,
        period_name=calendar.name(other.period),
        days=other.days,
        value=other.value,
        difference=difference,
        relative=relative,
    )


def to_date_words(found: ToDateReport, unit: str, currency: str) -> str:
    """Return the value so far and what it is set against: `£1.20m in 12 days: +4.0% vs the same days of 2026-Q3`."""
    said, against = so_far_words(found, unit, currency), "; ".join(against_words(found, unit, currency))
    return f"{said}: {against}" if against else said


def so_far_words(found: ToDateReport, unit: str, currency: str) -> str:
    """Return the value so far and of how many days it is: `£1.20m in 12 days`."""
    days = f"{format_count(found.days)} day{'' if found.days == 1 else 's'}"
    return f"{format_value(found.value, unit, currency)} {'of' if found.over else 'in'} {days}"


def against_words(found: ToDateReport, unit: str, currency: str) -> Iterator[str]:
    """Yield the difference to each earlier period that has a value: `+4.0% vs the same days of 2026-Q3`."""
    for one in found.earlier:
        if one.difference is not None:
            yield f"{_moved(one, unit, currency)} vs {_of(one, found)}"


def brief_words(found: ToDateReport, unit: str, currency: str) -> Iterator[str]:
    """Yield the same where there is little room, and the days are said beside: `+4.0% vs 2026-Q3`."""
    for one in found.earlier:
        if one.difference is not None:
            moved = _percent(one, unit) or format_change(one.difference, unit, currency)
            shorter = "" if found.over or one.days == found.days else f" ({format_count(one.days)} days)"
            yield f"{moved} vs {one.period_name}{shorter}"


def _moved(one: EarlierReport, unit: str, currency: str) -> str:
    difference, percent = format_change(one.difference, unit, currency), _percent(one, unit)
    return f"{percent} ({difference})" if percent else difference


def _percent(one: EarlierReport, unit: str) -> str:
    """Return a change in percent with its sign; nothing where that cannot be said, or the unit has points."""
    if one.relative is None or unit in (RATIO, RATIO_DIFFERENCE):
        return ""
    percent = f"{abs(one.relative) * 100:,.1f}"
    sign = "" if not percent.strip("0.,") else MINUS if one.relative < 0 else "+"
    return f"{sign}{percent}%"


def _of(one: EarlierReport, found: ToDateReport) -> str:
    if found.over:
        return f"{one.period_name} at the same age"
    if one.days != found.days:
        return f"the {format_count(one.days)} days of {one.period_name}"
    return f"the same days of {one.period_name}"
