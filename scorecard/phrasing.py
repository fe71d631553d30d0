"""Say in words why an indicator stands where it stands: one sentence each, for `show --why`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from metrics.analysis.change import Basis, Change
from metrics.catalog.metric import Direction
from metrics.kind import RATIO
from metrics.observation import State
from metrics.statistics.comparison import Verdict
from metrics.statistics.trend import Level
from scorecard.cause_words import cause_words, computed_by_words, refresh_words
from scorecard.formatting import (
    format_change,
    format_count,
    format_interval,
    format_level,
    format_score,
    format_share,
    format_span,
    format_value,
)
from scorecard.multiplicity import may_be_chance
from scorecard.report_model import ChangeReport, IndicatorReport, TargetReport, ValueReport
from scorecard.score import STATUS_STYLE, Status
from scorecard.to_date import to_date_words

_VERDICTS = {
    Verdict.BETTER: "better",
    Verdict.WORSE: "worse",
    Verdict.CHANGED: "changed",
    Verdict.UNCHANGED: "unchanged",
    Verdict.NO_CLEAR_CHANGE: "no clear change",
    Verdict.NOT_ENOUGH_DATA: "not enough data to tell",
}
_LEVELS = {
    Level.OUT_OF_THE_ORDINARY: "the level is out of the ordinary",
    Level.WITHIN_TREND: "the level is within what its trend would give",
    Level.TOO_LITTLE_PAST: "too little past to tell whether the level is out of the ordinary",
}
_COULD_BE = {Status.GREEN: "on target", Status.AMBER: "watch", Status.RED: "red"}
_BETTER = {
    Direction.UP: "higher is better",
    Direction.DOWN: "lower is better",
    Direction.BAND: "inside the band is best",
    Direction.NONE: "context",
}


def verdict_words(change: ChangeReport) -> str:
    """Return what can be said of a change, and whether it may be chance among all of the report.

    Of a change that is a fact it is the level that may be.
    """
    chance = ", may be chance" if may_be_chance(change) else ""
    said = [_verdict(change), level_words(change)]
    return f"{'; '.join(words for words in said if words)}{chance}"


def level_words(change: Change | ChangeReport) -> str:
    """Return whether a level is out of the ordinary; nothing of a change that is no fact."""
    return "" if change.level is None else _LEVELS[change.level]


def _verdict(change: ChangeReport) -> str:
    if change.basis is Basis.WHOLE and change.verdict is Verdict.CHANGED:
        return "higher" if change.difference > 0 else "lower"
    return _VERDICTS[change.verdict]


def could_be_words(could_be: Sequence[Status]) -> str:
    """Return what a status could be too: `could be watch or red`; nothing of one that is certain."""
    return f"could be {' or '.join(_COULD_BE[status] for status in could_be)}" if could_be else ""


def score_range_words(lower: float | None, upper: float | None) -> str:
    """Return between what a score lies: `probably between 55 and 68`; nothing of one that is fixed."""
    low, high = format_score(lower), format_score(upper)
    return "" if low == high else f"probably between {low} and {high}"


def day_words(day: date, year: int | None = None) -> str:
    """Return a day as 13 Oct 2026, without its year where that is the one that is meant anyway."""
    return f"{day.day} {day:%b}" if day.year == year else f"{day.day} {day:%b %Y}"


def data_words(data_to: date | None, page_to: date | None, *, old: bool) -> str | None:
    """Return until when a figure has data, where they are old or end on another day than the page says."""
    if data_to is None or not (old or data_to != page_to):
        return None
    day = day_words(data_to, page_to.year if page_to else None)
    return f"old: data end on {day}" if old else f"data to {day}"


def why(indicator: IndicatorReport, currency: str) -> tuple[str, ...]:
    """Return the sentences behind an indicator's status.

    They name value, numerator, denominator, period, sample, interval, target, status, change, the open
    period's value and the age of the data, as far as each is known.
    """
    return tuple(_sentences(indicator, currency))


def _sentences(indicator: IndicatorReport, currency: str) -> Iterator[str]:
    unit, scored = indicator.unit, indicator.scored
    if scored is None:
        yield f"{indicator.label} has no final value."
    else:
        yield _value(indicator.label, scored, unit, currency)
        yield from _sample(scored, unit, currency)
    if indicator.target is not None:
        yield _target(indicator.target, indicator.direction, unit, currency)
    yield _status(indicator)
    if indicator.computed_by is not None:
        yield computed_by_words(indicator.computed_by)
        yield refresh_words(indicator.computed_by)
    for cause in indicator.causes:
        yield cause_words(cause, unit, currency)
    if indicator.judged is not None:
        yield f"The value itself: {change_words(indicator.judged, unit, currency)}"
    for change in (indicator.change, indicator.year_on_year):
        if change is not None:
            yield change_words(change, unit, currency)
    if indicator.provisional is not None:
        yield _provisional(indicator.provisional, unit, currency)
    if indicator.note is not None:
        yield indicator.note
    if indicator.data_to is not None:
        words = "Old: data end on" if indicator.stale else "Data to"
        yield f"{words} {day_words(indicator.data_to)}."


def _value(label: str, value: ValueReport, unit: str, currency: str) -> str:
    if value.state is State.SUPPRESSED:
        shown = "is withheld"
    elif value.absent is not None:
        shown = f"has no value ({value.absent})"
    else:
        shown = f"was {format_value(value.value, unit, currency)}"
    parts = ""
    if value.numerator is not None and value.denominator is not None:
        link = "of" if unit == RATIO else "/"
        parts = f": {format_count(value.numerator)} {link} {format_count(value.denominator)}"
    return f"{label} {shown} in {value.period_name}{parts}."


def _sample(value: ValueReport, unit: str, currency: str) -> Iterator[str]:
    said = []
    if value.sample_size is not None:
        said.append(f"sample {format_count(value.sample_size)}")
    if value.lower is not None and value.upper is not None:
        said.append(f"95% interval {format_interval(value.lower, value.upper, unit, currency)}")
    if said:
        sentence = ", ".join(said)
        yield f"{sentence[0].upper()}{sentence[1:]}."
    # A low one is said by the note.
    if value.response is not None and not value.response.low:
        yield f"{value.response.words}."


def _target(target: TargetReport, direction: Direction, unit: str, currency: str) -> str:
    goal = format_level(target.goal, unit, currency)
    flag = (
        ""
        if target.red_flag is None
        else f" and the red flag {format_level(target.red_flag, unit, currency)}"
    )
    return f"For {target.period_name} the goal is {goal}{flag} ({_BETTER[direction]})."


def _status(indicator: IndicatorReport) -> str:
    style = STATUS_STYLE[indicator.status]
    if indicator.status.scored:
        shape = style.shape(certain=not indicator.could_be)
        said = ", ".join(word for word in (style.word, could_be_words(indicator.could_be)) if word)
        return f"{shape} {said}: {format_score(indicator.performance)} of 100 on the scale."
    return f"{style.glyph} {style.word}: {_REASONS[indicator.status]}."


_REASONS = {
    Status.NO_DATA: "there is no value to score",
    Status.PROVISIONAL: "the value is not final yet",
    Status.SMALL_SAMPLE: "too few rows to score",
    Status.SUPPRESSED: "too few people stand behind it to show it",
    Status.UNSCORED: "nothing to score it by",
}


def change_words(change: ChangeReport, unit: str, currency: str) -> str:
    """Return a change with its interval, what that is made of, and what can be said, as a sentence."""
    said = f"{format_change(change.difference, unit, currency)} since {change.previous_name}"
    if change.lower is not None and change.upper is not None:
        span = format_span(change.lower, change.upper, unit, currency)
        by = " by how far it usually moves" if change.basis is Basis.USUAL_MOVEMENT else ""
        said += f" (95% interval {span}{by})"
    said += f": {_verdict(change)}"
    if change.level is not None:
        said += f"; {level_words(change)}"
    if change.expected_lower is not None:
        trend = format_interval(change.expected_lower, change.expected_upper, unit, currency)
        said += f" ({trend})"
    if may_be_chance(change):
        said += ", which among all changes here may be chance"
    return f"{said}."


def _provisional(value: ValueReport, unit: str, currency: str) -> str:
    share = f", {value.awaits}" if value.awaits else ""
    share += "" if value.maturity is None else f", {format_share(value.maturity)} mature"
    if value.value is None:
        so_far = ""
        if value.numerator is not None and value.denominator is not None:
            so_far = f": {format_count(value.numerator)} of {format_count(value.denominator)} so far"
        said = "has no value yet" if value.absent is None else f"has no value ({value.absent})"
        return f"{value.period_name} is provisional{share} and {said}{so_far}."
    said = (
        f"{value.period_name} is provisional{share}: {format_value(value.value, unit, currency)}, not scored."
    )
    if value.to_date is None:
        return said
    return f"{said} To date {to_date_words(value.to_date, unit, currency)}."
