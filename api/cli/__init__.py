"""The command line: `scorecard`. A command's module is imported only when it is run.

Exit codes: 0 ok, 1 findings, 2 usage or definitions invalid, 3 a source failed, 4 internal.
"""

from __future__ import annotations

import errno
import os
import traceback
from importlib import import_module
from typing import Any

import click

from api.cli._settings import json_option, project_option, show_version
from api.cli._visible import visible
from metrics.errors import DefinitionsInvalid, NoStore, ScorecardError, UsageError, suggest

COMMANDS: dict[str, str] = {
    "demo": "Make the demo company, compute everything and serve it.",
    "init": "Write a small project to start from.",
    "import": "Write another program's definitions as a project.",
    "check": "Say what is wrong with the definitions, or with the rows.",
    "schema": "Write JSON Schemas, with which editors complete definitions.",
    "refresh": "Compute metrics and store what changed.",
    "query": "Show one metric's values.",
    "explain": "Say what a metric means and how it is computed.",
    "show": "Show a scorecard.",
    "history": "Say who changed a metric's definition, and why.",
    "restatements": "Say which figures are others than what was said.",
    "diff": "Say what a change of the definitions is.",
    "codeowners": "Write who must approve a change of which definition.",
    "grafana": "Write dashboards and alert rules.",
    "backfill": "Write the history for stores that cannot read it remotely.",
    "serve": "Serve the page, the API and /metrics.",
    "comment": "Put a definition change's effect on its pull or merge request.",
    "keys": "Create, list and revoke API keys.",
    "backup": "Copy the store to one file.",
    "restore": "Put a backup in the place of the store.",
}
"""What each command does; its module in this package bears its name."""

INVALID, FAILED, INTERNAL = 2, 3, 4


class Commands(click.Group):
    """The commands by name, so that help needs no command's module; turns errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command's module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuse an unknown command with the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no command is called {args[0]!r}{suggest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error is one plain sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except ScorecardError as error:
            click.echo(visible(_sentence(error)), err=True)
            ctx.exit(INVALID if isinstance(error, DefinitionsInvalid | NoStore | UsageError) else FAILED)
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            if os.environ.get("SCORECARD_DEBUG") == "1":
                traceback.print_exc()
            said = " ".join(str(error).split())
            click.echo(visible(f"internal error: {type(error).__name__}: {said}"), err=True)
            ctx.exit(INTERNAL)


def _sentence(error: ScorecardError) -> str:
    if not isinstance(error, DefinitionsInvalid):
        return str(error)
    headline, *findings = str(error).split("\n")
    return "\n".join([*findings, headline])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@project_option
@json_option
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=show_version,
              help="Say which version this is.")  # fmt: skip
def main() -> None:
    """Serve one balanced scorecard that marketing, sales and customer service share.

    The definitions of a project stand in its folder `definitions/`; `scorecard demo` makes one to look at.
    Exit codes: 0 ok, 1 findings, 2 wrong usage or definitions, 3 a source failed, 4 internal.
    """
