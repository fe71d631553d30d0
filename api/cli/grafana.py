"""`scorecard grafana build`: write dashboards, rules and provisioning files from the definitions."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click

from api.cli._output import counted, emit_json
from api.cli._settings import Settings, day, instant, json_option, pass_settings, project_option

ADDRESS = "http://127.0.0.1:8321"


@click.group("grafana")
@json_option
@project_option
def command() -> None:
    """Write what Grafana, Prometheus and Alertmanager are given, from the definitions."""


@command.command("build")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="The folder to write to; files of an earlier build that are made no more are deleted.")  # fmt: skip
@click.option(
    "--url", default=ADDRESS, show_default=True, help="The address of this server, for links to its pages."
)
@click.option(
    "--on", type=day, metavar="D", help="Colour values by the targets of this day; today by default."
)
@json_option
@project_option
@pass_settings
def build(settings: Settings, out: Path, url: str, on: date | None) -> None:
    """Write dashboards, recording and alert rules, provisioning files and an example of Alertmanager's routing."""
    from api.grafana_files import definitions, longest_interval, put
    from grafana.build import REFRESH_EVERY
    from grafana.build import build as make

    catalog, board = definitions(settings.root, settings.roots)
    every: timedelta | None = longest_interval(catalog)
    at = instant(on, catalog.company.calendar) or settings.now()
    files = make(catalog, board, url=url.rstrip("/"), on=at, refresh_every=every or REFRESH_EVERY)
    try:
        gone = put(out, files)
    except OSError as error:
        raise click.UsageError(f"{error.filename or out} cannot be written: {error.strerror}") from error
    if settings.json:
        emit_json({"out": str(out), "files": sorted(files), "deleted": gone})
    else:
        click.echo(f"{out}: {counted(len(files), 'file')}." + (f" Deleted {len(gone)}." if gone else ""))
