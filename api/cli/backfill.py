"""`scorecard backfill`: write the history for stores that cannot read it remotely."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click

from api.cli._output import counted, emit_json, moment_text
from api.cli._settings import Settings, day, json_option, opened, pass_settings, project_option
from metrics.grain import Span


class _Step(click.ParamType[timedelta]):
    """A span of elapsed time, such as 6h or 1 day."""

    name = "span"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read the span; a month has no fixed length."""
        if isinstance(value, timedelta):
            return value
        try:
            span = Span.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not span.count or span.unit.value in ("month", "year"):
            self.fail(f"{value!r} is no fixed length: write 6h, 1 day or 1 week, for example", param, ctx)
        return timedelta(seconds=span.approximate_seconds)


@click.command("backfill")
@click.option("--openmetrics", "file", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="The file to write.")  # fmt: skip
@click.option(
    "--metric", "names", multiple=True, metavar="M", help="One metric; may be repeated. All by default."
)
@click.option("--vintage", type=click.Choice(["current", "first"]), default="current", show_default=True,
              help="Values as they are known now, or as they were first published.")  # fmt: skip
@click.option("--from", "start", type=day, metavar="D", help="The first day.")
@click.option("--step", type=_Step(), default="1 day", show_default=True, help="How far samples lie apart.")
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
@json_option
@project_option
@pass_settings
def command(settings: Settings, file: Path, names: tuple[str, ...], vintage: str, start: date | None,
            step: timedelta, force: bool) -> None:  # fmt: skip
    """Write the history as OpenMetrics text with timestamps, until three hours ago."""
    from api.prometheus.backfill import write
    from metrics.analysis.vintages import Vintage

    if file.exists() and not force:
        raise click.UsageError(f"{file} exists: name another file, or write --force to replace it")
    with opened(settings) as project:
        metrics = [project.catalog.metric(name) for name in names or project.catalog.metrics]
        since = project.catalog.company.calendar.instant(start) if start else None
        # Under another name until it is whole: half a history must not be imported.
        part = file.with_name(f"{file.name}.part")
        try:
            with part.open("wb") as out:
                done = write(project, metrics, Vintage(vintage), step, settings.now(), out, since)
            part.replace(file)
        except OSError as error:
            raise click.UsageError(f"{file} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
    if settings.json:
        emit_json({"file": str(file), "samples": done.samples, "series": done.series,
                   "until": done.until.isoformat()})  # fmt: skip
    else:
        lines = f"{counted(done.samples, 'sample')} of {done.series:,} series"
        click.echo(f"{file}: {lines}, until {moment_text(done.until)}.")
