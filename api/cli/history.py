"""`scorecard history`: who changed a metric's definition, when and why, and what that did to a figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from api.cli._output import console, counted, emit_json, note, page_width
from api.cli._settings import Settings, json_option, opened, pass_settings, project_option

if TYPE_CHECKING:
    from api.metric.history import DefinitionHistory
    from metrics.grain import Calendar


@click.command("history")
@click.argument("metric")
@json_option
@project_option
@pass_settings
def command(settings: Settings, metric: str) -> None:
    """Say how the definition of METRIC came to be what it is, the last change first."""
    from rich.text import Text

    from api.metric.grains import usual_grain
    from api.metric.history import definition_history
    from scorecard.report import to_dict

    with opened(settings) as project:
        found = project.catalog.metric(metric)
        history = definition_history(project, found, usual_grain(found))
        if settings.json:
            emit_json(to_dict(history))
            return
        lines = list(
            _lines(history, project.catalog.company.calendar, project.catalog.company.currency.report)
        )
    out = console(width=page_width())
    out.print(Text.assemble((found.label, "bold"), f"  {metric}, {counted(len(history.changes), 'change')}"))
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=False)
    if not history.from_git:
        note("the project lies in no git repository: this is what the store saw, without who and why")


def _lines(history: DefinitionHistory, calendar: Calendar, currency: str) -> Iterator[str]:
    from api.metric.history_words import change_lines

    for change in history.changes:
        yield ""
        yield from change_lines(change, calendar, currency)
