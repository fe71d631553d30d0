"""`scorecard comment`: put what `diff` wrote on the pull or merge request that a CI job runs for."""

from __future__ import annotations

import os
from pathlib import Path

import click

from api.cli._output import note
from api.cli._settings import pass_settings, project_option


@click.command("comment")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--request", type=click.IntRange(1), required=True, help="The number of the pull or merge request."
)
@project_option
@pass_settings
def command(_: object, file: Path, request: int) -> None:
    """Write FILE, made by `scorecard diff --format markdown`, as one comment that is kept up to date in its place.

    It needs SCORECARD_COMMENT_TOKEN, and the variables that GitHub's and GitLab's jobs have.
    """
    from api.forge import forge_of
    from metrics.errors import UsageError

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text") from error
    made = forge_of(os.environ).put(request, text)
    note("The comment was written." if made else "The comment was written anew in its place.")
