"""Tell the departments concerned, once, that a figure is counted differently: after the refresh that first did so.

A message is a file in `.scorecard/messages/<department>/`. The store remembers what was told: a refresh that is
killed in between writes the same file again, and no other refresh writes it a second time.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import isclose
from pathlib import Path

from api.metric.grains import usual_grain
from api.metric.history import DefinitionEffect, DefinitionStep, definition_history
from api.metric.history_words import effect_words, what_words, who_words
from api.project.project import STATE_FOLDER, Project
from metrics.catalog.metric import Metric
from metrics.grain import Grain
from metrics.store.records import Recounted
from scorecard.cause_model import Cause, CauseReport
from scorecard.formatting import format_value
from scorecard.phrasing import day_words
from scorecard.report_model import IndicatorReport
from scorecard.score import STATUS_STYLE

log = logging.getLogger(__name__)

FOLDER = "messages"
_RECENT = timedelta(days=7)
"""What changed longer ago is no news: a store of an older version told nobody."""
_SAME = 0.0005
"""How far a promised value may be off, as a share of it: promises are written with the digits that people read."""
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~])")


def tell(project: Project, now: datetime) -> tuple[Path, ...]:
    """Write what the departments have not been told of yet, and return the files; never raise."""
    written: list[Path] = []
    for name, change in project.store.definitions.recounted().items():
        if name not in project.catalog.metrics or now - change.since > _RECENT:
            continue
        key = f"{name} {change.before} {change.after} {change.since.isoformat()}"
        if project.store.messages.sent(key):
            continue
        try:
            written += _write(project, project.catalog.metric(name), change, now)
            project.store.messages.remember(key, now)
        except Exception as error:  # the values themselves are there
            log.warning("nobody was told that metric %s is counted differently: %s", name, error)
    return tuple(written)


def _write(project: Project, metric: Metric, change: Recounted, now: datetime) -> Iterator[Path]:
    text = message(project, metric, change, now)
    day = project.catalog.company.calendar.local_day(change.since)
    for department in dict.fromkeys((metric.leads, *metric.supports)):
        folder = project.root / STATE_FOLDER / FOLDER / (department or "everybody")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{day.isoformat()}-{metric.metric}-{change.after}.md"
        part = path.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
        yield path


def message(project: Project, metric: Metric, change: Recounted, now: datetime) -> str:
    """Return what is told of a metric that is counted differently, as Markdown."""
    calendar, currency = project.catalog.company.calendar, project.catalog.company.currency.report
    step = next(
        (each for each in definition_history(project, metric, _grain(project, metric)).changes
         if each.after == change.after),
        None,
    )  # fmt: skip
    since = day_words(calendar.local_day(change.since))
    lines = [f"# {_plain(metric.label)}: counted differently since {since}", ""]
    if metric.private:
        lines.append("- Its figures are private and not told here.")
    elif step is not None and step.effect is not None:
        lines.append(f"- **{effect_words(step.effect, currency)}**")
        lines += [
            f"- {words}" for words in (_status(project, metric, now), _promise(step, currency)) if words
        ]
    else:
        lines.append("- No period is known whole by both definitions, so that nothing is compared.")
    if step is not None:
        lines += [f"- What changed: {_plain('; '.join(what_words(step)))}"]
        lines += [f"- Why: {_plain(step.subject)}"] if step.subject else []
        lines += [f"- Who: {_plain(who_words(step))}"]
        if not any(each.role in ("Reviewed-by", "Approved-by", "Acked-by") for each in step.people):
            lines.append("- Who approved it is not recorded in git.")
    lines += ["", f"`scorecard history {metric.metric}` tells all of its changes."]
    return "\n".join(lines) + "\n"


def _grain(project: Project, metric: Metric) -> Grain:
    """Return the grain of the first scorecard that has a metric: that is the figure which people know."""
    boards = project.board.scorecards.values()
    return usual_grain(metric, next((one.grain for one in boards if metric.metric in one.metrics), None))


def _status(project: Project, metric: Metric, now: datetime) -> str:
    for scorecard in project.board.scorecards.values():
        if metric.metric in scorecard.metrics:
            report = project.report(scorecard.scorecard, None, now)
            cause = _cause(next(one for one in report.indicators if one.metric == metric.metric))
            if cause is None or cause.status_before is None:
                return ""
            before, after = (STATUS_STYLE[each].word for each in (cause.status_before, cause.status_after))
            return f"Status: {before} before, {after} since" if cause.moved else f"Status: {after}, as before"
    return ""


def _cause(indicator: IndicatorReport) -> CauseReport | None:
    return next((one for one in indicator.causes if one.cause is Cause.DEFINITION), None)


def _promise(step: DefinitionStep, currency: str) -> str:
    """Say whether the value that was promised in the commit came true."""
    effect = step.effect
    assert effect is not None
    if step.promised is None:
        return "No effect was promised with the change."
    promised, unit = step.promised.after, effect.unit
    if step.promised.period_name != effect.period_name or effect.after is None:
        said = format_value(promised, unit, currency)
        return f"Promised was {said} for {step.promised.period_name}, which is not known."
    kept = isclose(promised, effect.after, rel_tol=_SAME, abs_tol=_SAME / 10)
    return _kept(effect, promised, currency, kept=kept)


def _kept(effect: DefinitionEffect, promised: float, currency: str, *, kept: bool) -> str:
    said = format_value(promised, effect.unit, currency)
    if kept:
        return f"As promised with the change: {said} for {effect.period_name}."
    return f"Not as promised with the change, which said {said} for {effect.period_name}."


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
