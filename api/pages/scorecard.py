"""The scorecard page: what leadership looks at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from flask import render_template, request
from markupsafe import Markup

from api.context import current, now, project
from api.pages import chart
from api.pages.points import is_running
from api.pages.site import currency, pages
from api.project.project import Project
from metrics.analysis.change import Basis, Change
from metrics.grain import Calendar, Period
from metrics.observation import State
from metrics.statistics.trend import Level
from scorecard.cause_model import ComputedBy
from scorecard.cause_words import computed_by_words, moved_words, rescored_words
from scorecard.formatting import NOTHING, format_level, format_score, format_span, format_value
from scorecard.phrasing import change_words, could_be_words, level_words, score_range_words, verdict_words
from scorecard.report_model import (
    ChangeReport,
    IndicatorReport,
    ObjectiveReport,
    PerspectiveReport,
    ScorecardReport,
    ToDateReport,
    TrendPoint,
)
from scorecard.score import STATUS_STYLE, Status
from scorecard.score import Level as TargetLevel
from scorecard.to_date import against_words, brief_words, so_far_words

_PERIODS_OFFERED = 12


@pages.route("/")
def scorecard() -> str:
    """Show one scorecard for one period; by default the first, for the period that now lies in."""
    seen = project()
    names = tuple(seen.board.scorecards)
    if not names:
        return render_template("empty.html", section="scorecard")
    name, instant = request.args.get("scorecard") or names[0], now()
    found = seen.reported(name, request.args.get("period") or None, instant)
    calendar = seen.catalog.company.calendar
    # The frame around the page shows these besides, which neither definitions nor store decide.
    shown = found.value.period, calendar.local_day(instant), current().live.rejected
    made = seen.lasting(
        ("page", name, *shown), instant, lambda: found.made_into(lambda report: _page(seen, report, instant))
    )
    return made.value


def _page(seen: Project, report: ScorecardReport, instant: datetime) -> str:
    calendar = seen.catalog.company.calendar
    return render_template(
        "scorecard.html",
        section="scorecard",
        report=report,
        scorecards=[(name, one.label) for name, one in seen.board.scorecards.items()],
        periods=list(_periods(calendar, calendar.period_of(calendar.local_day(instant), report.grain))),
        tally=_tally(report),
        unsure=sum(bool(indicator.could_be) for indicator in report.indicators),
        stale=sum(indicator.stale for indicator in report.indicators),
    )


def _periods(calendar: Calendar, running: Period) -> Iterator[str]:
    """Yield the names of the periods to choose from, the running one first."""
    period = running
    for _ in range(_PERIODS_OFFERED):
        yield calendar.name(period)
        if period.start is None:
            return
        period = calendar.previous(period)


def _tally(report: ScorecardReport) -> list[tuple[Status, int]]:
    """Return how many indicators have each status, in the order of the statuses' styles."""
    counts = Counter(indicator.status for indicator in report.indicators)
    return [(status, counts[status]) for status in STATUS_STYLE if counts[status]]


@pages.app_template_global("trend_of")
def trend_of(indicator: IndicatorReport, name: str) -> Markup:
    """Draw an indicator's last periods."""
    points = [_point(indicator, point) for point in indicator.trend]
    while points and points[-1].value is None:
        points.pop()
    last = next((point.words for point in reversed(points) if not point.open and point.value is not None), "")
    title = f"{indicator.label}, {len(points)} periods; last final {last}" if last else indicator.label
    return chart.spark(points, name=f"trend-{name}", title=title)


def _point(indicator: IndicatorReport, point: TrendPoint) -> chart.Point:
    goal = point.goal if not isinstance(point.goal, tuple) else None
    return chart.Point(
        label=point.period_name,
        value=point.value,
        open=point.state is State.PROVISIONAL,
        small=point.state is State.SMALL_SAMPLE,
        running=_is_running(indicator, point),
        goal=goal,
        words=f"{point.period_name}: {format_value(point.value, indicator.unit, currency())}",
    )


def _is_running(indicator: IndicatorReport, point: TrendPoint) -> bool:
    """Tell whether a point is the report's own period, and that is not over."""
    own, calendar = indicator.provisional, project().catalog.company.calendar
    return (
        own is not None
        and own.period.start == point.start
        and is_running(calendar, own.period, indicator.as_of)
    )


@pages.app_template_global("ring_of")
def ring_of(score: float | None, status: Status, label: str, name: str) -> Markup:
    """Draw a score of 0 to 100 as a ring."""
    words = "no score" if score is None else f"score {format_score(score)} of 100"
    css = STATUS_STYLE[status].css
    return chart.ring(score, format_score(score), name=f"ring-{name}", title=f"{label}: {words}", status=css)


@pages.app_template_global("scale_of")
def scale_of(indicator: IndicatorReport, name: str) -> Markup:
    """Draw where a value stands between its red flag and its goal."""
    if indicator.performance is None:
        return Markup("")
    title = f"{format_score(indicator.performance)} on a scale of 100: the red flag is at 33, the goal at 67"
    css = STATUS_STYLE[indicator.status].css
    return chart.scale(indicator.performance, name=f"scale-{name}", title=title, status=css)


@pages.app_template_filter("could_be")
def could_be(statuses: Sequence[Status]) -> str:
    """Say what a status could be too."""
    return could_be_words(statuses)


@pages.app_template_filter("between")
def between(part: ScorecardReport | PerspectiveReport | ObjectiveReport) -> str:
    """Say between what a score lies; nothing of one that is fixed."""
    return score_range_words(part.score_lower, part.score_upper)


@pages.app_template_filter("level")
def level(found: TargetLevel | None, unit: str) -> str:
    """Write a goal or red flag; a band as a range."""
    return NOTHING if found is None else format_level(found, unit, currency())


@pages.app_template_filter("verdict_of")
def verdict_of(change: ChangeReport) -> str:
    """Say whether a change is clear, and whether it may be chance among all changes of the scorecard."""
    return verdict_words(change)


@pages.app_template_filter("level_of")
def level_of(change: Change | ChangeReport) -> str:
    """Say whether the level of a whole count or sum is out of the ordinary."""
    return level_words(change)


@pages.app_template_filter("told")
def told(change: ChangeReport, unit: str) -> str:
    """Say all of a change in a sentence."""
    return change_words(change, unit, currency())


@pages.app_template_filter("moved_by")
def moved_by(indicator: IndicatorReport) -> tuple[str, ...]:
    """Say what moved an indicator's status besides what happened."""
    return moved_words(indicator, currency())


@pages.app_template_filter("computed_by")
def computed_by(by: ComputedBy) -> str:
    """Say that a value follows an earlier definition."""
    return computed_by_words(by)


@pages.app_template_filter("rescored")
def rescored(report: ScorecardReport) -> list[str]:
    """Say what the score would be by other goals or weights."""
    return [said for one in report.rescored if (said := rescored_words(one, report))]


@pages.app_template_filter("span")
def span(change: Change | ChangeReport, unit: str) -> str:
    """Write the interval of a change; an en dash where it is unknown."""
    return format_span(change.lower, change.upper, unit, currency())


@pages.app_template_filter("to_date")
def to_date(found: ToDateReport, unit: str) -> list[str]:
    """Say how many whole days a provisional period is set against others by, and each difference, a line each."""
    against = list(against_words(found, unit, currency()))
    return [so_far_words(found, unit, currency()), *against] if against else []


@pages.app_template_filter("to_date_in_brief")
def to_date_in_brief(found: ToDateReport | None, unit: str) -> list[str]:
    """Say each difference of a provisional period in a few words."""
    return [] if found is None else list(brief_words(found, unit, currency()))


@pages.app_template_filter("better")
def better(indicator: IndicatorReport) -> str:
    """Return whether the change is for the better or worse, as a CSS class; empty where it cannot be told.

    A whole count or sum always moves: its change stands out where the level does.
    """
    change = indicator.change
    if change is None or (change.basis is Basis.WHOLE and change.level is not Level.OUT_OF_THE_ORDINARY):
        return ""
    verdict = change.verdict
    return verdict.value if verdict.value in ("better", "worse") else ""
