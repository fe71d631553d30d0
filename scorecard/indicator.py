"""Build one indicator's report: the value that counts, its score, its change and its trend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from metrics.analysis.change import Change, change, judged
from metrics.analysis.finality import Finality, Outlook
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Direction, Metric
from metrics.describe.life import life_words
from metrics.describe.parameters import assumptions
from metrics.describe.units import shown_unit
from metrics.grain import Calendar, Period, Span, Unit
from metrics.kind import kind_of
from metrics.observation import Observation, State
from scorecard.formatting import format_value
from scorecard.freshness import data_day, is_old
from scorecard.model import Indicator, Missing
from scorecard.report_model import ChangeReport, IndicatorReport, TargetReport, TrendPoint, ValueReport
from scorecard.response import report_response, response_words
from scorecard.score import Status, level_problem, scale_score, status_of
from scorecard.target import ActiveTarget, target_for
from scorecard.to_date import to_date_report
from scorecard.value_selection import Choice, MetricSeries, Reader, choose

TREND_PERIODS = 13

_YEAR = Span(1, Unit.YEAR)
_NOTHING_OPEN = Outlook()
_UNSCORED_STATES = {
    State.NO_DATA: Status.NO_DATA,
    State.SUPPRESSED: Status.SUPPRESSED,
    State.PROVISIONAL: Status.PROVISIONAL,
    State.SMALL_SAMPLE: Status.SMALL_SAMPLE,
}


@dataclass(frozen=True)
class Setting:
    """What all indicators of one report share."""

    catalog: Catalog
    period: Period
    missing: Missing
    now: datetime
    reader: Reader

    @property
    def calendar(self) -> Calendar:
        """Return the company's calendar."""
        return self.catalog.company.calendar

    @cached_property
    def finality(self) -> Finality:
        """Return when values of the catalog's metrics become final."""
        return Finality(self.catalog)


def report_indicator(indicator: Indicator, series: MetricSeries, setting: Setting) -> IndicatorReport:
    """Return one indicator's report; its effective weight is set by the objective."""
    metric, calendar = setting.catalog.metric(indicator.metric), setting.calendar
    held = {one.period: one for one in series.observations}
    bounded = metric.direction is Direction.DOWN and kind_of(metric).at_least(metric, State.FINAL) is not None
    choice = choose(series, setting.period, setting.missing, calendar, nothing_counts=bounded)
    bound = (
        kind_of(metric).at_least(metric, choice.nothing.state)
        if bounded and choice.nothing is not None
        else None
    )
    stands = choice.settled or _in_words(metric, choice)
    counted = setting.period if stands is None else stands.period
    by, unit = series.computed_by, shown_unit(metric, setting.catalog)
    target = (
        None if _in_another_unit(metric, series, setting) else target_for(metric, counted, setting.catalog)
    )
    score, status = _score(metric, choice, target, bound)
    outlook = (
        setting.finality.outlook(choice.provisional, series.partly_covered)
        if choice.provisional
        else _NOTHING_OPEN
    )
    last, year_ago = _before(choice.settled, calendar)
    return IndicatorReport(
        metric=metric.metric,
        label=(by.label if by else None) or metric.label,
        question=metric.question if by is None else by.question,
        unit=unit if by is None or by.unit is None else by.unit,
        direction=metric.direction,
        type=metric.type,
        weight=indicator.weight,
        effective_weight=None,
        leads=metric.leads,
        supports=metric.supports,
        joint=metric.joint,
        owner=metric.owner,
        stage=metric.stage,
        scored=_value(metric, stands, calendar, series),
        scored_as=bound if score is not None else None,
        carried=choice.carried,
        provisional=_value(metric, choice.provisional, calendar, series, outlook),
        target=_target(target, calendar),
        score=score,
        performance=None if score is None else 100 * score,
        status=status,
        change=_change(metric, choice.settled, last, held, setting.catalog),
        year_on_year=_change(metric, choice.settled, year_ago, held, setting.catalog),
        judged=_judged(metric, choice.settled, setting),
        trend=_trend(metric, held, setting),
        as_of=series.watermark,
        age=None if series.watermark is None else setting.now - series.watermark,
        data_to=data_day(series.watermark, calendar.zone),
        stale=series.error is not None or _is_old(metric, series, setting),
        error=series.error,
        guards=metric.guards,
        note=_note(
            metric,
            stands,
            choice.carried,
            bound if score is not None else None,
            target,
            series,
            setting,
            outlook,
        ),
        # What the running definition assumes, the values of another one did not rest on.
        assumptions=assumptions(metric, setting.catalog) if by is None else None,
        computed_by=by,
        definition_status=metric.status,
        life=life_words(metric, setting.catalog),
    )


def _score(
    metric: Metric, choice: Choice, target: ActiveTarget | None, bound: float | None
) -> tuple[float | None, Status]:
    """Score the settled value; where there is none, what it certainly reaches and lower is better: at best that."""
    if metric.proposed or target is None or level_problem(metric.direction, target.goal, target.red_flag):
        return None, Status.UNSCORED
    settled = choice.settled
    if settled is None and bound is not None:
        score = scale_score(bound, metric.direction, target.goal, target.red_flag)
        return score, status_of(score)
    if settled is None:
        return None, Status.NO_DATA if choice.provisional is None else Status.PROVISIONAL
    if settled.state is not State.FINAL:
        return None, _UNSCORED_STATES[settled.state]
    assert settled.value is not None
    score = scale_score(settled.value, metric.direction, target.goal, target.red_flag)
    return score, status_of(score)


def _in_another_unit(metric: Metric, series: MetricSeries, setting: Setting) -> bool:
    """Tell whether the values follow a definition with another unit: a goal in hours says nothing of days."""
    by = series.computed_by
    return by is not None and by.unit not in (None, shown_unit(metric, setting.catalog))


def _in_words(metric: Metric, choice: Choice) -> Observation | None:
    """Return the settled value that is none, where the kind says in words what that means."""
    nothing = choice.nothing
    return nothing if nothing is not None and kind_of(metric).absent(metric, nothing.state) else None


def _value(
    metric: Metric,
    found: Observation | None,
    calendar: Calendar,
    series: MetricSeries,
    outlook: Outlook = _NOTHING_OPEN,
) -> ValueReport | None:
    if found is None:
        return None
    return ValueReport(
        **found.figures(),
        state=found.state,
        period=found.period,
        period_name=calendar.name(found.period),
        absent=kind_of(metric).absent(metric, found.state) if found.value is None else None,
        final_on=outlook.final_on,
        awaits=outlook.words,
        response=report_response(series.responses.get(found.period)),
        to_date=to_date_report(series.to_date, found.period, calendar)
        if found.state is State.PROVISIONAL
        else None,
    )


def _target(target: ActiveTarget | None, calendar: Calendar) -> TargetReport | None:
    if target is None:
        return None
    return TargetReport(target.goal, target.red_flag, target.period, calendar.name(target.period))


def _change(
    metric: Metric, settled: Observation | None, earlier: Period | None, held: Mapping[Period, Observation],
    catalog: Catalog,
) -> ChangeReport | None:  # fmt: skip
    before = held.get(earlier) if earlier is not None else None
    if settled is None or before is None or before.period == settled.period:
        return None
    found = change(metric, catalog, settled, before, tuple(held.values()))
    if found is None:
        return None
    return _report(found, before.value, catalog.company.calendar.name(before.period))


def _report(found: Change, previous: float | None, name: str) -> ChangeReport:
    return ChangeReport(
        difference=found.difference,
        lower=found.lower,
        upper=found.upper,
        verdict=found.verdict,
        previous=previous,
        previous_name=name,
        basis=found.basis,
        p=found.p,
        adjusted_p=None,
        level=found.level,
        expected_lower=found.expected_lower,
        expected_upper=found.expected_upper,
    )


def _judged(metric: Metric, settled: Observation | None, setting: Setting) -> ChangeReport | None:
    """Return what can be said of a value that is a difference itself."""
    kind = kind_of(metric)
    compared = kind.compared(metric)
    if settled is None or compared is None:
        return None
    below = setting.reader(compared.of).observations if compared.shift else ()
    found = judged(metric, setting.catalog, settled, below)
    if found is None:
        return None
    if compared.minus is not None:
        return _report(found, None, setting.catalog.metric(compared.minus).label)
    period = kind.input_periods(metric, settled.period, setting.calendar)[1][1]
    previous = next((one.value for one in below if one.period == period), None)
    return _report(found, previous, setting.calendar.name(period))


def _before(settled: Observation | None, calendar: Calendar) -> tuple[Period | None, Period | None]:
    """Return the period before, and the same period of the year before."""
    if settled is None or settled.period.start is None:
        return None, None
    return calendar.previous(settled.period), calendar.shift(settled.period, _YEAR)


def _trend(metric: Metric, held: Mapping[Period, Observation], setting: Setting) -> tuple[TrendPoint, ...]:
    first = min((period.start for period in held if period.start is not None), default=None)
    periods = [setting.period]
    while first is not None and len(periods) < TREND_PERIODS:
        start = periods[-1].start
        if start is None or start <= first:
            break
        periods.append(setting.calendar.previous(periods[-1]))
    return tuple(_point(metric, period, held.get(period), setting) for period in reversed(periods))


def _point(metric: Metric, period: Period, found: Observation | None, setting: Setting) -> TrendPoint:
    target = target_for(metric, period, setting.catalog)
    return TrendPoint(
        period_name=setting.calendar.name(period),
        start=period.start,
        value=None if found is None else found.value,
        lower=None if found is None else found.lower,
        upper=None if found is None else found.upper,
        state=State.NO_DATA if found is None else found.state,
        goal=None if target is None else target.goal,
    )


def _is_old(metric: Metric, series: MetricSeries, setting: Setting) -> bool:
    return is_old(metric.metric, setting.catalog, series.watermark, series.late_from, setting.now)


def _note(
    metric: Metric, settled: Observation | None, carried: bool, bound: float | None, target: ActiveTarget | None,
    series: MetricSeries, setting: Setting, outlook: Outlook,
) -> str | None:  # fmt: skip
    name = setting.calendar.name
    said: list[str] = []
    if series.error is not None:
        said.append(f"The last refresh failed: {series.error}.")
    if life := life_words(metric, setting.catalog):
        said.append(life)
    if metric.direction is Direction.NONE:
        said.append("Context: shown, never scored.")
    elif _in_another_unit(metric, series, setting):
        said.append("Not scored: the goal is in another unit.")
    elif target is None:
        said.append(f"No target holds for {name(settled.period if settled else setting.period)}.")
    elif problem := level_problem(metric.direction, target.goal, target.red_flag):
        said.append(f"The target cannot be used: {problem}.")
    if settled is not None and settled.period != setting.period:
        how = "carried forward" if carried else "the latest final period"
        said.append(f"Value of {name(settled.period)}, {how}.")
    if outlook.partly_covered is not None:
        words = outlook.partly_covered.words
        said.append(f"{words[0].upper()}{words[1:]}: {name(setting.period)} is covered in part.")
    response = series.responses.get(settled.period) if settled is not None else None
    if response is not None and response.low:
        said.append(f"{response_words(response)}.")
    if bound is not None:
        shown = format_value(
            bound, shown_unit(metric, setting.catalog), setting.catalog.company.currency.report
        )
        said.append(f"Scored as {shown}, the least it can be.")
    if not series.observations and series.error is None:
        said.append("Not computed yet.")
    return " ".join(said) or None
