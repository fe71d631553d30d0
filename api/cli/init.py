"""`scorecard init`: a small project to start from."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from api.cli._output import note

# A file that begins with a dot would be left out of some packages.
RENAMED = {"gitignore": ".gitignore"}


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Write a small project into DIR: one CSV file, two metrics, one scorecard."""
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty: name a new folder")
    try:
        copy(folder)
    except OSError as error:
        raise click.UsageError(f"{error.filename} cannot be written: {error.strerror}") from error
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".scorecard" not in path.parts:
            click.echo(path)
    here = "" if folder == Path() else f" --project {folder}"
    note("\nNext:")
    for line in (
        f"scorecard check --data{here}",
        f"scorecard refresh{here}",
        f"scorecard show{here}",
        f"scorecard serve{here}",
    ):
        note(f"  {line}")
    note("Then change definitions/ to your own company, and keep the folder in git.")


def copy(folder: Path) -> None:
    """Copy the starter project, and write the schemas that its first lines name."""
    from importlib.resources import as_file, files

    from api.cli.schema import write

    with as_file(files("api") / "starter") as starter:
        shutil.copytree(starter, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name, right in RENAMED.items():
        (folder / name).rename(folder / right)
    write(folder / ".scorecard" / "schema")
