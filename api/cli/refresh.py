"""`scorecard refresh`: compute metrics and store what changed."""

from __future__ import annotations

from datetime import date, datetime

import click

from api.cli._output import emit_json, note, say
from api.cli._settings import Settings, instant, json_option, moment, opened, pass_settings, project_option

FAILED = 3


@click.command("refresh")
@click.option("--metric", "metrics", multiple=True, metavar="METRIC", help="Only this one; may be repeated.")
@click.option("--full", is_flag=True, help="Compute every period anew; each refresh does so now.")
@click.option(
    "--as-of", type=moment, metavar="T", help="Use only rows that had arrived before this date or instant."
)
@json_option
@project_option
@pass_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings, metrics: tuple[str, ...], full: bool,
            as_of: date | datetime | None) -> None:  # fmt: skip
    """Compute all metrics, or those that are named, and store what changed.

    What fails keeps its last good values and stops nothing else; the exit code is then 3.
    """
    from api.cli._refreshing import shown, summary_json, summary_text
    from api.refresh.messages import tell
    from api.refresh.refresher import refresher_of

    with opened(settings) as project:
        refresher = refresher_of(project, settings.now)
        until = instant(as_of, project.catalog.company.calendar)
        with shown("Refreshing") as progress:
            summary = refresher.refresh(metrics or None, as_of=until, progress=progress)
        for path in tell(project, settings.now()):
            note(f"told in {path.relative_to(project.root)}")
        if project.store.made:
            # Whoever had one, and lost it, hears of it here.
            note(f"{project.store.made} is new")
        if settings.json:
            emit_json(summary_json(summary, project.store))
        else:
            for line in summary_text(summary, project.store, settings.now()):
                say(line)
    if summary.failed:
        ctx.exit(FAILED)
