"""`scorecard restatements`: which figures are others than what was said, and what moved them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from api.cli._output import console, counted, emit_json, moment_text, note, page_width
from api.cli._settings import Settings, instant, json_option, moment, opened, pass_settings, project_option

if TYPE_CHECKING:
    from rich.table import Table

    from api.project.project import Project
    from metrics.operations.restatements import Restatement, Restatements

_MOVERS = {
    "definition": "counted differently",
    "software": "the program",
    "later_data": "later data",
    "world": "still open then",
}
"""The head of the column of each mover."""


@click.command("restatements")
@click.option(
    "--since", type=moment, required=True, metavar="T", help="What was known before this day or instant."
)
@click.option("--metric", "metrics", multiple=True, metavar="M", help="Only this metric; may be given again.")
@click.option("--open", "unfinished", is_flag=True, help="List those too that were still open then.")
@json_option
@project_option
@pass_settings
def command(settings: Settings, since: date | datetime, metrics: tuple[str, ...], unfinished: bool) -> None:
    """Say which totals are others than what was known before T, and split each movement by what moved it."""
    from api.project.known import refuse_to_come
    from metrics.operations.restatements import restatements
    from scorecard.report import to_dict

    with opened(settings) as project:
        at = instant(since, project.catalog.company.calendar)
        assert at is not None
        refuse_to_come(at, settings.now(), project.catalog.company.calendar)
        found = restatements(project.store, project.catalog, metrics or project.catalog.metrics, at)
        if settings.json:
            emit_json(to_dict(found))
            return
        _write(found, project, unfinished)


def _write(found: Restatements, project: Project, unfinished: bool) -> None:
    final = [one for one in found.moved if one.was_final]
    still = [one for one in found.moved if not one.was_final]
    out = console(width=page_width())
    if not final:
        click.echo(f"No figure that was final before {moment_text(found.since)} is another by now.")
    for title, rows in (
        ("Final then, and another by now", final),
        ("Open then", still if unfinished else []),
    ):
        if rows:
            out.print(_table(title, rows, project))
    if still and not unfinished:
        note(
            f"{counted(len(still), 'figure')} that had been open moved as the world went on: --open lists them"
        )
    note(f"{counted(found.new, 'figure')} told for the first time since {moment_text(found.since)}")


def _table(title: str, rows: Sequence[Restatement], project: Project) -> Table:
    from rich.table import Table

    from metrics.operations.restatements import Mover
    from scorecard.formatting import format_change, format_value

    currency = project.catalog.company.currency.report
    movers = [mover for mover in Mover if any(mover in row.movers for row in rows)]
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for head in ("metric", "period"):
        table.add_column(head, overflow="fold")
    for head in ("then", "now", "moved", *(_MOVERS[mover] for mover in movers)):
        table.add_column(head, justify="right")
    for row in rows:
        unit = project.unit(project.catalog.metric(row.metric))
        values = [format_value(said.value, unit, currency) for said in (row.then, row.now)]
        sizes = [row.difference, *(getattr(row.parts, mover.value, None) for mover in movers)]
        table.add_row(
            row.metric, row.period_name, *values, *(format_change(size, unit, currency) for size in sizes)
        )
    return table
