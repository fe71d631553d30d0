"""`scorecard show`: a scorecard on the terminal, with the numbers that page and API have."""

from __future__ import annotations

from datetime import date, datetime

import click

from api.cli._output import console, emit_json, moment_text, note, page_width
from api.cli._settings import Settings, instant, json_option, moment, opened, pass_settings, project_option


@click.command("show")
@click.argument("scorecard", required=False)
@click.option("--period", metavar="P", help="Such as 2026-Q3; the latest with a final value by default.")
@click.option("--why", "reasons", is_flag=True, help="Say for each indicator why it stands where it stands.")
@click.option("--as-known", type=moment, metavar="T", help="As it was known before this day or instant.")
@json_option
@project_option
@pass_settings
def command(
    settings: Settings,
    scorecard: str | None,
    period: str | None,
    reasons: bool,
    as_known: date | datetime | None,
) -> None:
    """Show SCORECARD, the first one by default."""
    from api.cli._scorecard import write
    from api.project.known import known_at
    from scorecard.report import to_dict

    with opened(settings) as project:
        now = instant(as_known, project.catalog.company.calendar) or settings.now()
        if as_known is not None:
            project = known_at(project, now, settings.now())
            note(f"as known before {moment_text(now)}, by the definitions, goals and weights of then")
        report = project.report(scorecard, period, now)
        if project.short_of_room:
            note("the last refresh could not write all that it found: the disk of the store is full")
    if settings.json:
        emit_json(to_dict(report))
        return
    width = page_width()
    write(report, console(width=width), width, reasons=reasons)
