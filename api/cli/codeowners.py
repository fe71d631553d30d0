"""`scorecard codeowners`: who must approve a change of which definition."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli._output import note, say
from api.cli._settings import Settings, pass_settings, project_option

OUTDATED = 1


@click.command("codeowners")
@click.option("--for", "host", type=click.Choice(["github", "gitlab"]), default="github", show_default=True,
              help="Where the repository lies.")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="The file; by default the host's own: .github/CODEOWNERS or .gitlab/CODEOWNERS.")  # fmt: skip
@click.option("--check", is_flag=True, help="Write nothing; end with 1 where the file is out of date.")
@project_option
@pass_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings, host: str, out: Path | None, check: bool) -> None:
    """Write CODEOWNERS from the departments' reviewers: who leads or supports a metric approves its file.

    Lines of the file that are not of this command stay.
    """
    from api.project.repository import Repository
    from api.project.revision import working_tree
    from scorecard.codeowners import Host, block, merged

    found = working_tree(settings.root)
    with Repository.around(settings.root) as repository:
        file = out or repository.top / Host(host).file
        own = block(found.catalog, found.board, Host(host), repository.inside)
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        wanted = merged(text, own)
        if check:
            outdated = f"out of date: run `scorecard codeowners --for {host}`"
            say(f"{file}: {'up to date' if text == wanted else outdated}")
            ctx.exit(0 if text == wanted else OUTDATED)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror}") from error
    say(str(file))
    for name, department in found.board.departments.items():
        if not department.reviewers:
            note(f"{name}: nobody is named under its reviewers in company.yml, so nobody is asked for it")
