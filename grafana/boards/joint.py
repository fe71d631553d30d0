"""The joint scorecards: score, objectives, statuses, and each indicator with its target and its past."""

from __future__ import annotations

from collections.abc import Iterator

from grafana import variables
from grafana.boards._company import Company
from grafana.cards import Cards, cut_by
from grafana.dashboard import Dashboard, Row
from grafana.names import uid
from grafana.panel import Panel, Query, bars, column, joined, stat, trend
from grafana.promql import once, select
from grafana.thresholds import SCORE
from scorecard.model import Objective, Scorecard
from scorecard.score import STATUS_STYLE

_ENDS = "latest final period ends"


def make(company: Company) -> Iterator[Dashboard]:
    """Yield one dashboard a scorecard, at the scorecard's own grain."""
    for scorecard in company.board.scorecards.values():
        cards = company.cards((company.catalog.metrics[name] for name in scorecard.metrics), scorecard.grain)
        yield company.dashboard(
            uid("scorecard", scorecard.scorecard),
            f"Scorecard: {scorecard.label}",
            scorecard.vision or "The scorecard that the departments share.",
            _rows(company, scorecard, cards),
            cards=cards,
            more=(variables.department(company.catalog, company.board),),
        )


def _rows(company: Company, scorecard: Scorecard, cards: Cards) -> Iterator[Row]:
    yield Row(f"{scorecard.label}, by {scorecard.grain}", _summary(scorecard))
    yield Row("The chosen department's indicators", tuple(_of_department(scorecard)))
    for perspective in scorecard.perspectives:
        for objective in perspective.objectives:
            title = f"{perspective.label}: {objective.statement}"
            yield Row(title, tuple(_indicators(company, objective, cards)))
    metrics = [company.catalog.metrics[name] for name in scorecard.metrics]
    segments = tuple(cards.by(metric, name) for metric in metrics for name in cut_by(metric)[:1])
    yield Row("Indicators by segment", segments, collapsed=True)


def _summary(scorecard: Scorecard) -> tuple[Panel, ...]:
    of = {"scorecard": scorecard.scorecard}
    score = once(select("scorecard_score", **of), "scorecard")
    earlier = once(select("scorecard_score_by_earlier_goals", **of), "scorecard")
    moved = once(select("scorecard_goals_moved_timestamp_seconds", **of), "scorecard")
    covered = once(select("scorecard_coverage_ratio", **of), "scorecard")
    objectives = once(select("scorecard_objective_score", **of), "perspective", "objective")
    return (
        stat("Score", Query("A", score, "score", now=True), width=4, steps=SCORE,
             description="0 to 100 for the current period: a red flag is 33, a goal is 67."),
        stat("By the goals before", Query("A", earlier, "score", now=True), width=4, steps=SCORE,
             description="The score of the same period by the goals before they last moved, within a year; where "
             "none did it is the score."),
        stat("Goals moved", Query("A", f"{moved} * 1000", "on", now=True), width=4, unit="time:D MMM YYYY",
             coloured=False, fields={"noValue": "not within a year"},
             description="The first day of the period from which other goals hold than before."),
        stat("Coverage", Query("A", covered, "coverage", now=True), width=4, unit="percentunit", coloured=False,
             description="The share of the weight that has a scored value."),
        bars("Objectives", Query("A", objectives, "{{objective}}", now=True), steps=SCORE, width=8,
             description="The score of each objective, 0 to 100.", fields={"min": 0, "max": 100}),
        trend("Score as it was published", Query("A", score, "score"), Query("B", objectives, "{{objective}}"),
              width=24, height=6, steps=SCORE, fields={"min": 0, "max": 100}, interval="1h",
              description="As it stood at the time, kept by Prometheus since it scrapes. It is not restated."),
    )  # fmt: skip


def _of_department(scorecard: Scorecard) -> Iterator[Panel]:
    """Yield what obeys the choice of a department: how many indicators have each status, and each with its own."""
    chosen = 'metric=~"${department:raw}"'
    status = once(select("scorecard_status", chosen, scorecard=scorecard.scorecard), "metric", "status")
    ends = once(
        select("kpi_period_end_timestamp_seconds", chosen, grain=scorecard.grain.value), "metric", "grain"
    )
    yield bars("Indicators by status", Query("A", f"sum by (status) ({status})", "{{status}}", now=True), height=10,
               description="How many of the chosen department's indicators have each status.")  # fmt: skip
    mappings = [{"type": "value", "options": {
        status.value: {"color": style.colour.replace("amber", "orange").replace("grey", "text"),
                       "index": index, "text": f"{style.glyph} {style.word}"}
        for index, (status, style) in enumerate(STATUS_STYLE.items())
    }}]  # fmt: skip
    yield joined(
        "Status", "metric", Query("A", f"{status} == 1"), Query("B", f"{ends} * 1000", _ENDS), width=16, height=10,
        hidden=("Value #A", "grain"),
        description="The one status of each indicator, as the server scores it, of the metrics that the chosen "
        "department leads or supports, and where their latest final period ends.",
        looks=(
            column("status", mappings=mappings, custom__cellOptions={"type": "color-text"}),
            column(_ENDS, unit="dateTimeAsIso"),
            column("metric", links=[{"targetBlank": True, "title": "Definition and history",
                                     "url": "${scorecard_url:raw}/catalogue/${__value.raw}"}]),
        ),
    )  # fmt: skip


def _indicators(company: Company, objective: Objective, cards: Cards) -> Iterator[Panel]:
    for indicator in objective.indicators:
        metric = company.catalog.metrics[indicator.metric]
        yield cards.now(metric).sized(4, 7)
        yield from (each.sized(8, 7) for each in cards.past(metric))
