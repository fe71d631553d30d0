"""The journey as a funnel of one cohort, the rates beside it, and what is measured in each stage."""

from __future__ import annotations

from collections.abc import Iterator

from grafana.boards._company import Company
from grafana.cards import Cards, cut_by
from grafana.dashboard import Dashboard, Row
from grafana.funnel import STEP, Funnel, main_path
from grafana.panel import Panel, Query, bars, column, joined
from grafana.promql import PART
from grafana.units import PERCENT
from metrics.catalog.metric import Metric
from scorecard.model import Stage, label_of

_KIND = "conversion"
_ENTERED, _WENT_ON, _RATE, _LOW, _HIGH, _ENDS = (
    "entered", "went on", "share", "95% from", "95% to", "period ends",
)  # fmt: skip


def make(company: Company) -> Iterator[Dashboard]:
    """Yield the dashboard, unless no metric belongs to a stage."""
    staged = [metric for metric in company.metrics if company.stage(metric)]
    if not staged:
        return
    conversions = [metric for metric in company.metrics if metric.kind == _KIND]
    path = main_path(company.catalog, company.board)
    cards = company.cards(conversions or staged)
    beside = [metric for metric in conversions if metric not in path]
    yield company.dashboard(
        "journey",
        "Journey: the funnel",
        "How many of those who enter a stage go on, and what else is measured there.",
        (
            Row("From stage to stage, one cohort", tuple(_funnel(company, cards, path))),
            Row("The past of each step", tuple(each for metric in path for each in _step(cards, metric))),
            Row("Overall rates and ways round", tuple(each for one in beside for each in cards.of(one))),
            *(_stage(company, cards, stage, staged, path) for stage in company.board.stages),
        ),
        cards=cards,
    )


def _funnel(company: Company, cards: Cards, path: tuple[Metric, ...]) -> Iterator[Panel]:
    funnel = Funnel.of(path, company.catalog, cards.periods, company.on)
    if funnel is None:
        return
    rate, height = funnel.labelled(PART["value"]), max(6, 2 + 2 * len(path))
    yield bars(
        "Conversion from stage to stage", Query("A", rate, f"{{{{{STEP}}}}}", now=True), width=9, height=height,
        description="The newest period that is final for every step, so that one cohort's shares stand side by "
        "side. Windows that are still open count nowhere.",
        unit=PERCENT, fields={"min": 0, "max": 1},
    )  # fmt: skip
    columns = (
        Query("A", funnel.labelled(PART["denominator"]), _ENTERED),
        Query("B", funnel.labelled(PART["numerator"]), _WENT_ON),
        Query("C", rate, _RATE),
        Query("D", funnel.labelled(PART["lower"]), _LOW),
        Query("E", funnel.labelled(PART["upper"]), _HIGH),
        Query("F", funnel.period_ends(), _ENDS),
    )
    yield joined(
        "Who entered and who went on", STEP, *columns, width=15, height=height,
        description="Of the same cohort in every line. Each step has its own entry: who went on before need not "
        "be who enters, where a step counts other ones, as its definition says. The period ends before the day "
        "that is shown; two days beside each other mean that a period has just become final for some steps.",
        looks=(
            *(column(name, unit=PERCENT) for name in (_RATE, _LOW, _HIGH)),
            column(_ENDS, unit="dateTimeAsIso"),
        ),
    )  # fmt: skip


def _step(cards: Cards, metric: Metric) -> Iterator[Panel]:
    yield from cards.past(metric)
    yield cards.amounts(metric, _WENT_ON, _ENTERED)


def _stage(
    company: Company, cards: Cards, stage: Stage, staged: list[Metric], path: tuple[Metric, ...]
) -> Row:
    """Return a stage's step by its dimensions, and the figures of now of all else that is measured there."""
    here = [metric for metric in staged if metric.stage == stage.stage]
    cut = [cards.by(metric, name) for metric in here if metric in path for name in cut_by(metric)]
    rest = [metric for metric in here if metric.kind != _KIND]
    name = label_of(stage.stage)
    shown = [cards.figures_of(f"{name}: now", rest)] if rest else []
    return Row(f"{name}: {company.board.label(stage.leads)} leads", (*cut, *shown), collapsed=True)
