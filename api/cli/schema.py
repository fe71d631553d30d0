"""`scorecard schema`: JSON Schema files, with which editors complete and check definitions."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.cli._output import emit_json, note
from api.cli._settings import Settings, json_option, pass_settings, project_option


@click.command("schema")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Where to write; .scorecard/schema in the project folder by default.")  # fmt: skip
@json_option
@project_option
@pass_settings
def command(settings: Settings, out: Path | None) -> None:
    """Write a JSON Schema (draft-07) for each kind of definition file.

    A file names its own in its first line: `# yaml-language-server: $schema=../.scorecard/schema/company.json`.
    """
    folder = out or settings.root / ".scorecard" / "schema"
    try:
        written = write(folder)
    except OSError as error:
        raise click.UsageError(f"{error.filename} cannot be written: {error.strerror}") from error
    if settings.json:
        emit_json([str(path) for path in written])
    else:
        for path in written:
            click.echo(path)
    note("open a definition in an editor with a YAML language server to see them at work")


def write(folder: Path) -> list[Path]:
    """Write every schema into a folder; return the files."""
    from scorecard.schema import KNOWN, json_schema

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in KNOWN:
        path = folder / f"{name}.json"
        path.write_text(json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written
