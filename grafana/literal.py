"""Texts of definitions where templates are read: what somebody wrote is shown as it is and never run."""

from __future__ import annotations

import re
from dataclasses import replace

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from scorecard.model import Board, Perspective, Scorecard

_JOINER = "\u2060"
"""It has no width, and no template begins with a sign that it follows."""
_VARIABLE = re.compile(r"\$(?=[A-Za-z_{])|\[(?=\[)|\{(?=\{)")
_MARKDOWN = re.compile(r"[\\`*_\[\]<>&~|#]")


def in_rules(text: str) -> str:
    """Return a text for labels and annotations of rules, which are Go templates."""
    return text.replace("{{", '{{"{{"}}')


def in_dashboards(text: str) -> str:
    """Return a text for dashboards, which read `$name`, `${name}`, `[[name]]` and in legends `{{label}}`."""
    return _VARIABLE.sub(rf"\g<0>{_JOINER}", text)


def in_markdown(text: str) -> str:
    """Return a text for descriptions, which are Markdown."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def doubled(text: str) -> str:
    """Return a text for where `$$` is `$`: `label_replace` reads groups, provisioning the environment."""
    return text.replace("$", "$$")


def for_dashboards(catalog: Catalog, board: Board) -> tuple[Catalog, Board]:
    """Return definitions whose texts can stand anywhere in a dashboard; names stay as they are."""
    metrics = {name: _metric(metric) for name, metric in catalog.metrics.items()}
    departments = {
        name: replace(each, label=in_dashboards(each.label)) for name, each in board.departments.items()
    }
    scorecards = {name: _scorecard(each) for name, each in board.scorecards.items()}
    shown = replace(board, departments=departments, scorecards=scorecards)
    return replace(catalog, metrics=metrics), shown


def _metric(metric: Metric) -> Metric:
    question = metric.question and in_dashboards(metric.question)
    return replace(metric, label=in_dashboards(metric.label), question=question)


def _scorecard(scorecard: Scorecard) -> Scorecard:
    vision = scorecard.vision and in_dashboards(scorecard.vision)
    return replace(scorecard, vision=vision, perspectives=tuple(map(_perspective, scorecard.perspectives)))


def _perspective(perspective: Perspective) -> Perspective:
    objectives = tuple(
        replace(each, statement=in_dashboards(each.statement)) for each in perspective.objectives
    )
    return replace(perspective, perspective=in_dashboards(perspective.perspective), objectives=objectives)
