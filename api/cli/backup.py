"""`scorecard backup`: copy the store to one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli._output import counted, emit_json, moment_text
from api.cli._settings import Settings, json_option, pass_settings, project_option

if TYPE_CHECKING:
    from metrics.store.backup import Contents


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
@json_option
@project_option
@pass_settings
def command(settings: Settings, file: Path, force: bool) -> None:
    """Copy the store to FILE, while it is in use, and try the copy out.

    FILE gets its name only once it has been read back as a store. It holds the hashes of the API keys too.
    """
    from metrics.store.backup import back_up

    held = back_up(store_url(settings), file, force=force)
    size = file.stat().st_size
    if settings.json:
        emit_json({"file": str(file), "bytes": size} | contents_json(held))
    else:
        click.echo(f"{file}: {contents_text(held)}. Read back and found whole.")


def store_url(settings: Settings) -> Any:
    """Return the URL of a project's store; its definitions may be invalid, but must be there."""
    from api.project.project import DEFINITIONS, default_store_url

    if not (settings.root / DEFINITIONS).is_dir():
        raise click.UsageError("no project is here: name its folder with --project")
    return default_store_url(settings.root)


def contents_text(held: Contents) -> str:
    """Say what a store holds."""
    rows = f"{counted(held.observations, 'value')} of {counted(held.runs, 'run')}"
    return f"{rows}, data as of {moment_text(held.watermark)}" if held.watermark else rows


def contents_json(held: Contents) -> dict[str, Any]:
    """Return what a store holds as JSON."""
    return {
        "observations": held.observations,
        "runs": held.runs,
        "revision": held.revision,
        "watermark": held.watermark.isoformat() if held.watermark else None,
    }
