"""The joint scorecards: score, objectives, statuses, and each indicator with its target and its past."""

from __future__ import annotations

from collections.abc import Iterator

from grafana import variables
from grafana.boards._company import Company
from grafana.dashboard import Dashboard, Row
from grafana.names import uid
from grafana.panel import Panel, Query, bars, column, stat, table, trend
from grafana.promql import once, select
from grafana.thresholds import SCORE
from scorecard.model import Objective, Scorecard
from scorecard.score import STATUS_STYLE


def make(company: Company) -> Iterator[Dashboard]:
    """Yield one dashboard a scorecard, at the scorecard's own grain."""
    for scorecard in company.board.scorecards.values():
        shown = [company.catalog.metrics[name] for name in scorecard.metrics]
        yield company.dashboard(
            uid("scorecard", scorecard.scorecard),
            f"Scorecard: {scorecard.label}",
            scorecard.vision or "The scorecard that the departments share.",
            _rows(company, scorecard),
            shown=shown,
            grains=False,
            more=(variables.department(company.catalog, company.board),),
        )


def _rows(company: Company, scorecard: Scorecard) -> Iterator[Row]:
    yield Row(f"{scorecard.label}, by {scorecard.grain}", _summary(scorecard))
    yield Row("Status of each indicator", (_statuses(scorecard),))
    for perspective in scorecard.perspectives:
        for objective in perspective.objectives:
            title = f"{perspective.label}: {objective.statement}"
            yield Row(title, tuple(_indicators(company, scorecard, objective)))


def _summary(scorecard: Scorecard) -> tuple[Panel, ...]:
    of = {"scorecard": scorecard.scorecard}
    score = once(select("scorecard_score", **of), "scorecard")
    covered = once(select("scorecard_coverage_ratio", **of), "scorecard")
    objectives = once(select("scorecard_objective_score", **of), "perspective", "objective")
    counts = once(select("scorecard_indicators", **of), "status")
    return (
        stat("Score", Query("A", score, "score", now=True), width=4, steps=SCORE,
             description="0 to 100 for the current period: a red flag is 33, a goal is 67."),
        stat("Coverage", Query("A", covered, "coverage", now=True), width=4, unit="percentunit", coloured=False,
             description="The share of the weight that has a scored value."),
        bars("Objectives", Query("A", objectives, "{{objective}}", now=True), steps=SCORE,
             description="The score of each objective, 0 to 100.", fields={"min": 0, "max": 100}),
        bars("Indicators by status", Query("A", counts, "{{status}}", now=True), width=8,
             description="How many indicators have each status."),
        trend("Score as it was published", Query("A", score, "score"), Query("B", objectives, "{{objective}}"),
              width=24, height=6, steps=SCORE, fields={"min": 0, "max": 100}, interval="1h",
              description="As it stood at the time, kept by Prometheus since it scrapes. It is not restated."),
    )  # fmt: skip


def _statuses(scorecard: Scorecard) -> Panel:
    chosen = select("scorecard_status", 'metric=~"${department:raw}"', scorecard=scorecard.scorecard)
    mappings = [{"type": "value", "options": {
        status.value: {"color": style.colour.replace("amber", "orange").replace("grey", "text"),
                       "index": index, "text": f"{style.glyph} {style.word}"}
        for index, (status, style) in enumerate(STATUS_STYLE.items())
    }}]  # fmt: skip
    return table(
        "Status", Query("A", f"{once(chosen, 'metric', 'status')} == 1"), width=24, height=10,
        hidden=("Time", "Value"),
        description="The one status of each indicator, as the server scores it, of the chosen department's metrics.",
        looks=(
            column("status", mappings=mappings, custom__cellOptions={"type": "color-text"}),
            column("metric", links=[{"targetBlank": True, "title": "Definition and history",
                                     "url": "${scorecard_url:raw}/catalogue/${__value.raw}"}]),
        ),
    )  # fmt: skip


def _indicators(company: Company, scorecard: Scorecard, objective: Objective) -> Iterator[Panel]:
    cards = company.cards(scorecard.grain.value)
    for indicator in objective.indicators:
        yield from cards.of(company.catalog.metrics[indicator.metric], segments=False)
