"""Cohorts side by side: a block for each, its figures in lines, at any age that it has reached.

A figure of the history stands at the instant from which on its cohort is final; what a cohort is at an age
becomes final so much later. A triangle therefore asks each age as of the days to come in which the cohort of
today will have it, and leaves out what lies behind the end of the time range. Months are not equally long:
within three days of a turn two ages could show two cohorts, so that those days stay empty.
"""

from __future__ import annotations

from grafana.cards import LOWER, UPPER, Cards
from grafana.panel import Panel, Properties, Query, looks, timeline
from grafana.promql import CURRENT, PART, Figures, period_end, select, shifted
from grafana.units import COUNT, unit
from metrics.catalog.metric import Metric
from metrics.describe.series_names import PARTS, SeriesPart, family_name
from metrics.describe.uncertainty import uncertainty_of
from metrics.grain import Grain
from metrics.kind import Uncertainty, kind_of
from metrics.kinds.retention.options import AGE
from metrics.kinds.retention.survival import age_name

_DAYS = {Grain.DAY: 1.0, Grain.WEEK: 7.0, Grain.MONTH: 365.25 / 12, Grain.QUARTER: 365.25 / 4, Grain.YEAR: 365.25,
         Grain.FISCAL_QUARTER: 365.25 / 4, Grain.FISCAL_YEAR: 365.25}  # fmt: skip
_EVEN = (Grain.DAY, Grain.WEEK)
_TURN = 3
_END = "cohort ends"
_BLUES = {"mode": "continuous-blues"}
_PLAIN = {"fixedColor": "text", "mode": "fixed"}


def triangle(cards: Cards, metric: Metric) -> Panel:
    """Return a curve's cohorts by age; the periods of `cards` are fixed, as an age is so many of them."""
    (grain,) = cards.periods.shown(metric)
    figures, ends = cards.figures(metric), period_end(metric.metric, grain.value)
    steady = f"{shifted(ends, _TURN)} == {ends} == {shifted(ends, -_TURN)}"
    queries = [Query("A", f"{ends} * 1000", _END),
               Query("B", _at_age(figures, 0, 0, PART["sample_size"]), "customers")]  # fmt: skip
    for age in kind_of(metric).ages(metric):
        days = round(age * _DAYS[grain])
        expression = _at_age(figures, age, days)
        if age:
            expression += f" and on () (vector(time()) <= ${{__to}} / 1000 - {days * 86_400})"
            expression += "" if grain in _EVEN else f" and on () ({steady})"
        queries.append(Query(f"C{age}", expression, f"age {age_name(age)}"))
    said = grain.value.replace("_", " ")
    return timeline(
        f"{cards.title(metric)}: cohorts of a {said} by age", *queries, width=24, height=2 + len(queries),
        description=f"{cards.describe(metric)} A column is a cohort, from the day on at which it was complete; a "
        f"line is its age in periods of a {said}. The newest cohorts have not reached the higher ages yet.",
        looks=(*_counts("A", "B"), *(looks(query.ref, color=_BLUES, min=0, max=1) for query in queries[2:])),
        unit=unit(metric, cards.catalog), links=cards.links(metric),
    )  # fmt: skip


def _at_age(figures: Figures, age: int, days: int, part: SeriesPart = PARTS[0]) -> str:
    own = {AGE: age_name(age)}
    family = family_name(figures.metric, figures.base, part)
    return shifted(select(family, grain=figures.grain, by=AGE, **own, **CURRENT), -days)


def side_by_side(cards: Cards, metric: Metric, below: str, above: str) -> Panel:
    """Return a share's cohorts with their interval, and how many there were and how many of them counted."""
    figures = cards.figures(metric)
    queries = [Query("A", f"{period_end(metric.metric, figures.grain)} * 1000", _END),
               Query("B", figures.past(PART["denominator"]), below),
               Query("C", figures.past(PART["numerator"]), above),
               Query("D", figures.past(), "share")]  # fmt: skip
    if uncertainty_of(metric, cards.catalog) is not Uncertainty.NONE:
        queries += [
            Query("E", figures.past(PART["lower"]), LOWER),
            Query("F", figures.past(PART["upper"]), UPPER),
        ]
    return timeline(
        cards.title(metric, ": by cohort"), *queries, width=24, height=2 + len(queries),
        description=f"{cards.describe(metric)} A column is a cohort, from the day on at which its window was over; "
        "its first line says where its period ends.",
        looks=(*_counts("A", "B", "C"), *(looks(each.ref, color=_BLUES, min=0, max=1) for each in queries[3:])),
        unit=unit(metric, cards.catalog), links=cards.links(metric),
    )  # fmt: skip


def _counts(instant: str, *counts: str) -> tuple[tuple[str, str, Properties], ...]:
    dated = looks(instant, unit="time:YYYY-MM-DD", color=_PLAIN)
    return dated, *(looks(ref, unit=COUNT, color=_PLAIN) for ref in counts)
