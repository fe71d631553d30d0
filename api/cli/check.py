"""`scorecard check`: every finding about the definitions, and with `--data` about the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from api.cli._output import counted, emit_json, note, say
from api.cli._settings import Settings, json_option, pass_settings, project_option

if TYPE_CHECKING:
    from metrics.errors import Finding

INVALID, FOUND = 2, 1


@click.command("check")
@click.option("--data", is_flag=True, help="Connect to the sources and check the rows too.")
@json_option
@project_option
@pass_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings, data: bool) -> None:
    """Say what is wrong with the definitions, one finding a line: FILE:LINE:COLUMN CODE MESSAGE.

    Exit code 2 where the definitions are invalid, 1 where the data or a rule fail, else 0: advice does not
    count.
    """
    from metrics.errors import Level

    found = find(settings, data)
    if settings.json:
        emit_json([finding_json(finding) for finding in found])
    else:
        for finding in found:
            say(str(finding))
    counts = {level: sum(finding.level is level for finding in found) for level in Level}
    note(
        f"{counted(counts[Level.ERROR], 'error')}, {counted(counts[Level.FAILURE], 'failure')}, "
        f"{counted(counts[Level.ADVICE], 'piece of advice', 'pieces of advice')}"
    )
    ctx.exit(INVALID if counts[Level.ERROR] else FOUND if counts[Level.FAILURE] else 0)


def find(settings: Settings, data: bool) -> tuple[Finding, ...]:
    """Return all findings: errors, then failures, then advice, each in order of position."""
    import metrics.check
    import scorecard.check
    from metrics.data_check import check_data
    from metrics.errors import Level, sort_findings
    from metrics.loading.links import misleading_links
    from metrics.loading.loader import Loaded
    from scorecard.definitions import load

    said = load(settings.root, settings.roots)
    loaded = Loaded(said.catalog, said.findings, said.folder, said.places)
    found = [*said.findings, *metrics.check.check(loaded), *scorecard.check.check(said, settings.now())]
    if said.catalog is not None:
        found += misleading_links(said.catalog, said.places)
    if data and said.catalog is not None:
        if any(finding.level is Level.ERROR for finding in found):
            note("the rows are not checked while the definitions have errors")
        else:
            found += check_data(said.catalog, said.places, settings.root, settings.now())
    order = list(Level)
    return tuple(sorted(sort_findings(found), key=lambda finding: order.index(finding.level)))


def finding_json(finding: Finding) -> dict[str, str | int]:
    """Return a finding as JSON has it."""
    at = finding.position
    return {
        "file": at.file,
        "line": at.line,
        "column": at.column,
        "code": finding.code,
        "level": finding.level.value,
        "message": finding.message,
    }
