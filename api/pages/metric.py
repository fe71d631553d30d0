"""One metric: its series with intervals and targets, its periods as a table, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template, request
from markupsafe import Markup

from api.context import current, now, project
from api.metric.grains import usual_grain
from api.metric.history import definition_history
from api.metric.history_words import computed_words, effect_words, what_words, when_words, who_words
from api.metric.inputs import inputs_of
from api.metric.lineage import nodes
from api.metric.outlook import Outlooks
from api.metric.statements import Statements
from api.metric.verdict import judged_value
from api.pages.chart import Point, Turn, series, spark
from api.pages.fit import section as fit_section
from api.pages.freshness import data_to
from api.pages.movement import movement
from api.pages.points import point_of, trend_points, turns_on
from api.pages.response import responses_beside
from api.pages.site import currency, pages
from api.pages.triangle import triangles
from api.project.project import Project
from api.prometheus.current_periods import awaited, live, still_open
from metrics.catalog.dated import turns
from metrics.catalog.metric import Metric
from metrics.describe.life import life_words, turn_words
from metrics.describe.parameters import assumptions, kind_text, parameters
from metrics.describe.units import shown_unit
from metrics.errors import GrainNotAllowed, UnknownDimension
from metrics.grain import Grain, Period
from metrics.observation import Observation
from scorecard.formatting import format_value
from scorecard.report_model import IndicatorReport, ToDateReport
from scorecard.target import target_for
from scorecard.to_date import to_date_report

_WIDE, _NARROW = 26, 9
_SEGMENT_TREND = 10
_MOST_SEGMENTS = 50


@dataclass(frozen=True)
class Segment:
    """One segment's newest final value and its trend."""

    label: str
    latest: Observation
    spark: Markup


@pages.route("/catalogue/<metric>")
def metric(metric: str) -> str:
    """Show one metric at one grain, and one of its cuts."""
    seen = project()
    found = seen.catalog.metric(metric)
    grain = _grain(found)
    # Where the kind has a dimension of its own there is no value without it.
    choices = (*found.own_dimensions, *found.dimensions)
    by = request.args.get("by") or (choices[0] if choices else None)
    if by is not None and by not in choices:
        raise UnknownDimension(found.metric, by, choices)
    totals = seen.store.latest(found.metric, grain=grain, by=())
    points = trend_points(seen, found, totals, most=_WIDE)
    rows = _rows(seen, found, totals)
    outlook = Outlooks(seen, found.metric)
    waiting = awaited(totals, outlook.partly_covered, seen.catalog.company.calendar)
    newest, unfinished = live(totals).get(grain), still_open(waiting).get(grain)
    still = unfinished[1][0] if unfinished else None
    latest = newest[1][0] if newest else None
    by_earlier, unit, standing = (
        seen.computed_by(found.metric),
        seen.unit(found),
        _standing(seen, found.metric),
    )
    return render_template(
        "metric.html",
        section="catalogue",
        metric=found,
        label=(by_earlier.label if by_earlier else None) or found.label,
        question=by_earlier.question if by_earlier else found.question,
        computed_by=by_earlier,
        life=life_words(found, seen.catalog),
        unit=unit,
        same_unit=unit == shown_unit(found, seen.catalog),
        grain=grain,
        by=by,
        choices=choices,
        latest=latest,
        judged=judged_value(seen, found, latest),
        made_of=list(inputs_of(seen, found, latest)),
        unfinished=still,
        parts_so_far=list(inputs_of(seen, found, still)) if still is not None and still.value is None else [],
        awaits=outlook.awaits,
        responses=responses_beside(seen, found, grain, by),
        to_date=_to_date(seen, found, unfinished[0]) if unfinished else None,
        target=target_for(found, newest[0], seen.catalog) if newest else None,
        standing=standing,
        charts=_charts(seen, found, points, list(turns_on(seen, found, totals, most=_WIDE))),
        turns=[turn_words(turn) for turn in turns(seen.catalog, found.metric)],
        rows=rows,
        columns=_columns(rows),
        segments=list(_segments(seen, found, grain, by)) if by and not found.own_dimensions else [],
        movement=movement(seen, found, latest, totals, None if found.own_dimensions else by),
        triangles=triangles(seen, found, grain, by, most=_WIDE),
        fit=fit_section(seen, found),
        assumes=assumptions(found, seen.catalog) if by_earlier is None else None,
        run=seen.store.last_run(found.metric),
        data_to=data_to(
            seen, found.metric, seen.store.last_success(found.metric), seen.store.dataset_health()
        ),
        matches=list(_matches(seen, found.metric)),
        history=_history(seen, found),
        definition_hash=seen.hash_of(found.metric),
        text=seen.text_of(found.metric),
        upstream=nodes(seen.catalog, found.metric),
        says=kind_text(found),
        terms=parameters(found, seen.catalog),
        # What the sources are asked now says nothing of then.
        has_statements=current().statements is not None and seen.known is None,
        statements=_statements(seen, found.metric),
    )


def _to_date(seen: Project, found: Metric, base: Period) -> ToDateReport | None:
    return to_date_report(seen.store.to_date(found.metric), base, seen.catalog.company.calendar)


def _history(seen: Project, found: Metric) -> list[PastChange]:
    """Return how the definition changed, in words, the last change first."""
    calendar = seen.catalog.company.calendar
    return [
        PastChange(
            when_words(change, calendar),
            who_words(change),
            change.subject or "",
            what_words(change),
            "" if change.effect is None else effect_words(change.effect, currency()),
            computed_words(change, calendar),
        )
        for change in definition_history(seen, found, usual_grain(found)).changes
    ]


def _grain(found: Metric) -> Grain:
    wanted = request.args.get("grain")
    if not wanted:
        return usual_grain(found)
    allowed = [grain.value for grain in found.grains]
    if wanted not in allowed:
        raise GrainNotAllowed(found.metric, wanted, allowed)
    return Grain(wanted)


def _statements(seen: Project, name: str) -> Statements | None:
    """Return the SQL where the page is asked for it: that asks the sources."""
    read = current().statements
    asked = request.args.get("sql") and seen.known is None
    return read(seen, name) if read is not None and asked else None


@dataclass(frozen=True)
class PastChange:
    """A change of a definition, in words."""

    when: str
    who: str
    why: str
    what: tuple[str, ...]
    effect: str
    computed: str


@dataclass(frozen=True)
class Standing:
    """How a metric stands on a scorecard, and for which period that is."""

    scorecard: str
    period: str
    indicator: IndicatorReport


def _standing(seen: Project, name: str) -> Standing | None:
    """Return how a metric stands on the first scorecard that has it, or None."""
    for scorecard in seen.board.scorecards.values():
        if name in scorecard.metrics:
            report = seen.report(scorecard.scorecard, None, now())
            held = {one.metric: one for one in report.indicators}
            return Standing(report.label, report.period_name, held[name])
    return None


def _matches(seen: Project, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield how the rows of each dataset were given to customers in the last good run, and how many were not."""
    run = seen.store.last_success(name)
    said = run.diagnostics if run is not None else {}
    yield from sorted(said.get("match", {}).items())
    for line in said.get("unmatched", []):
        if line["dataset"] not in said.get("match", {}):
            yield line["dataset"], line


def _columns(rows: Sequence[tuple[Observation, Point]]) -> frozenset[str]:
    """Return which columns of the table any period fills."""
    filled: dict[str, Sequence[object]] = {
        "interval": [seen.lower for seen, _ in rows],
        "parts": [part for seen, _ in rows for part in (seen.numerator, seen.denominator)],
        "sample": [seen.sample_size for seen, _ in rows],
        "goal": [point.goal for _, point in rows],
    }
    return frozenset(name for name, values in filled.items() if any(value is not None for value in values))


def _charts(seen: Project, found: Metric, points: Sequence[Point], turned: Sequence[Turn]) -> list[Markup]:
    """Draw the series twice: wide, and with fewer periods for a narrow screen; the style sheet shows one."""
    unit, currency = seen.unit(found), seen.catalog.company.currency.report

    def write(value: float) -> str:
        return format_value(value, unit, currency)

    finals = [point for point in points if point.value is not None and not point.open]
    last = f" The last final value is {finals[-1].words}." if finals else ""
    description = (
        f"{len(points)} periods from {points[0].label} to {points[-1].label}.{last}" if points else ""
    )
    sizes = (("wide", points, 1080, 340), ("narrow", points[-_NARROW:], 360, 280))
    return [
        series(some, name=f"series-{size}", title=found.label, description=description, write=write,
               width=width, height=height, turns=_shifted(turned, len(points) - len(some)))
        for size, some, width, height in sizes
    ]  # fmt: skip


def _shifted(turned: Sequence[Turn], by: int) -> list[Turn]:
    """Return the marks of a chart that leaves out so many periods."""
    return [replace(turn, at=turn.at - by) for turn in turned if turn.at >= by]


def _rows(seen: Project, found: Metric, totals: Sequence[Observation]) -> list[tuple[Observation, Point]]:
    """Return the periods of the table, the newest first, each with its target."""
    unit = seen.unit(found)
    newest_first = sorted(
        totals, key=lambda one: (one.period.start is not None, one.period.start), reverse=True
    )
    return [(one, point_of(seen, found, one, unit)) for one in newest_first[:_WIDE]]


def _segments(seen: Project, found: Metric, grain: Grain, by: str) -> Iterator[Segment]:
    cut = seen.store.latest(found.metric, grain=grain, by=(by,))
    newest = live(cut).get(grain)
    for index, one in enumerate(newest[1][:_MOST_SEGMENTS] if newest else ()):
        label = one.dimensions[0][1]
        same = [other for other in cut if other.dimensions == one.dimensions]
        points = trend_points(seen, found, same, most=_SEGMENT_TREND)
        yield Segment(
            label, one, spark(points, name=f"segment-{index}", title=f"{label}: {len(points)} periods")
        )
