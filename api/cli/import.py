"""`scorecard import`: another program's definitions as a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli._output import counted, emit_json, note, say
from api.cli._settings import Settings, json_option, pass_settings

if TYPE_CHECKING:
    from api.interchange.report import Imported


@click.group("import")
def command() -> None:
    """Write another program's definitions as a project, and say what did not travel."""


@command.command("metricflow")
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="A new folder for the project.")  # fmt: skip
@json_option
@pass_settings
def metricflow(settings: Settings, manifest: Path, out: Path) -> None:
    """Read dbt's MANIFEST, target/semantic_manifest.json, into the project DIR.

    Every semantic model, entity, dimension, measure, metric and condition is named with what became of it.
    """
    from api.cli.init import write
    from api.interchange.metricflow import imported
    from metrics.errors import UsageError

    if out.exists() and any(out.iterdir()):
        raise click.UsageError(f"{out} is not empty: name a new folder")
    try:
        text = manifest.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{manifest} cannot be read as text") from error
    made = imported(text)
    try:
        write(out, made.files)
    except OSError as error:
        raise click.UsageError(f"{error.filename} cannot be written: {error.strerror}") from error
    _tell(settings, made)
    note(f"\nNext:\n  scorecard check --project {out}")
    note(
        "The manifest knows no departments, directions and targets: these are yours to say. Search for 'Adapt'."
    )


def _tell(settings: Settings, made: Imported) -> None:
    if settings.json:
        emit_json([
            {"element": each.element.value, "name": each.name, "fate": each.fate.value, "says": each.says}
            for each in made.entries
        ])  # fmt: skip
        return
    from api.interchange.report import Fate

    for fate in Fate:
        found = [each for each in made.entries if each.fate is fate]
        if found:
            say(f"{fate.value}: {len(found)}")
        for each in found:
            says = f": {each.says}" if each.says else ""
            say(f"  {each.element.value} {each.name}{says}")
    note(counted(len(made.files), "file") + " written.")
