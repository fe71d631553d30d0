"""`scorecard restore`: put a backup in the place of the store."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli._output import emit_json, note
from api.cli._settings import Settings, json_option, pass_settings, project_option
from api.cli.backup import contents_json, contents_text, store_url


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@project_option
@pass_settings
def command(settings: Settings, file: Path) -> None:
    """Put the backup FILE in the place of the store; what was there stays beside it.

    Stop the server first. FILE is read through before anything is touched.
    """
    from api.project.project import STATE_FOLDER
    from metrics.store.backup import restore

    url, lock = store_url(settings), settings.root / STATE_FOLDER / "refresh.lock"
    # A project's own clock may stand still; what is kept is named after the time that it is.
    done = restore(url, file, lock, settings.key_now())
    if settings.json:
        kept = str(done.kept) if done.kept else None
        emit_json({"file": str(file), "kept": kept} | contents_json(done.contents))
        return
    click.echo(f"Restored from {file}: {contents_text(done.contents)}.")
    if done.kept:
        note(f"the store as it was before: {done.kept}")
