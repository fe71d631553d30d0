"""`scorecard init`: a project to start from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from api.cli._output import note


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--from", "named", metavar="SYSTEM,...",
              help="Start from these systems' tables: salesforce, hubspot, zendesk, stripe, google_ads.")  # fmt: skip
@click.option("--schema", "layout", metavar="LAYOUT", help="Whose table layout: fivetran (the default).")
def command(folder: Path, named: str | None, layout: str | None) -> None:
    """Write a project into DIR: a small one over a CSV file, or one over the tables of systems that you use."""
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty: name a new folder")
    written = _chosen(named, layout)
    try:
        write(folder, written)
    except OSError as error:
        raise click.UsageError(f"{error.filename} cannot be written: {error.strerror}") from error
    for path in written:
        click.echo(folder / path)
    here = "" if folder == Path() else f" --project {folder}"
    note("\nNext:")
    if named is not None:
        note('  export WAREHOUSE_URL="postgresql://reader:secret@warehouse.example.com/analytics"')
    for line in (
        f"scorecard check --data{here}",
        f"scorecard refresh{here}",
        f"scorecard show{here}",
        f"scorecard serve{here}",
    ):
        note(f"  {line}")
    if named is not None:
        note("Comments say what to adapt; search for 'Adapt'. Targets are yours to set.")
    note("Then change definitions/ to your own company, and keep the folder in git.")


def _chosen(named: str | None, layout: str | None) -> Mapping[str, str]:
    from api.starter import compose
    from metrics.errors import suggest

    if named is None:
        if layout is not None:
            raise click.UsageError("--schema says how tables are laid out: name the systems with --from")
        return compose.plain()
    layouts = compose.layouts()
    layout = layout or layouts[0]
    if layout not in layouts:
        raise click.UsageError(
            f"no layout is called {layout!r}{suggest(layout, layouts)}: {', '.join(layouts)}"
        )
    known = compose.systems(layout)
    chosen = [name.strip() for name in named.split(",")]
    for name in chosen:
        if name not in known:
            raise click.UsageError(f"no starter for {name!r}{suggest(name, known)}: {', '.join(known)}")
    return compose.composed(layout, chosen)


def write(folder: Path, written: Mapping[str, str]) -> None:
    """Write a project's files, and the schemas that their first lines name."""
    from api.cli.schema import write as write_schemas

    for path, text in written.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    write_schemas(folder / ".scorecard" / "schema")
