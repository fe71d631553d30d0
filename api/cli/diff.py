"""`scorecard diff`: what a change of the definitions is, class by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from api.cli._output import emit_json, note, say
from api.cli._settings import Settings, json_option, pass_settings, project_option, version
from api.cli._visible import log_line

if TYPE_CHECKING:
    from metrics.catalog.diff import ChangeClass
    from metrics.errors import Finding
    from scorecard.edition import Edition

FOUND, INVALID = 1, 2
FORMATS = ("text", "markdown", "json", "sarif")


def _classes(_: click.Context, __: click.Parameter, value: str | None) -> frozenset[ChangeClass]:
    from metrics.catalog.diff import ChangeClass
    from metrics.errors import suggest

    known = {each.value: each for each in ChangeClass}
    names = [name.strip() for name in (value or "").split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise click.BadParameter(
                f"no class is called {name!r}{suggest(name, known)}; there are {', '.join(known)}"
            )
    return frozenset(known[name] for name in names)


@click.command("diff")
@click.argument("base")
@click.argument("head", required=False)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True,
              help="For people, for a comment, for programs, or for code review tools.")  # fmt: skip
@click.option(
    "--fail-on", callback=_classes, metavar="CLASS,...", help="End with 1 where a change is of a class."
)
@click.option("--impact", is_flag=True, help="Compute every figure by both definitions, on the same rows.")
@click.option(
    "--redact", "redacted", is_flag=True, help="Say of figures how they move and not what they are."
)
@click.option("--timeout", type=click.IntRange(min=1), metavar="SECONDS",
              help="Wait no longer than this for an answer of a source.")  # fmt: skip
@click.option("--sample", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="SHARE",
              help="Compute on such a share of the rows, the same for both definitions.")  # fmt: skip
@json_option
@project_option
@pass_settings
@click.pass_context
def command(
    ctx: click.Context,
    settings: Settings,
    base: str,
    head: str | None,
    form: str,
    fail_on: frozenset[ChangeClass],
    impact: bool,
    redacted: bool,
    timeout: int | None,
    sample: float | None,
) -> None:
    """Say what changed from the definitions of BASE to those of HEAD, or to those that stand in the folder.

    BASE and HEAD are branches, tags or commits. BASE..HEAD says the same as both, BASE...HEAD compares HEAD with
    the commit at which it left BASE. Exit code 2 where the definitions of either are invalid.

    --impact reads the sources that BASE names; a source that does not answer is said, and stops nothing else. From
    a --sample no statuses, scores, goals and alerts are said.
    """
    from api.cli._diff import write
    from api.cli._impact import Asked, comment_of, computed, impact_json, put_aside, write_comment
    from api.project.repository import Repository
    from scorecard.diff.as_json import as_json
    from scorecard.diff.definition_diff import definition_diff
    from scorecard.diff.sarif import as_sarif

    sides = editions(settings, base, head)
    if sides is None:
        ctx.exit(INVALID)
    asked = Asked(redacted, timeout, sample)
    if asked.given and not impact:
        raise click.UsageError("--redact, --timeout and --sample go with --impact")
    found, done = definition_diff(*sides), None
    ignored: tuple[Finding, ...] = ()
    if impact and form != "sarif":
        read = proposed(*sides)
        if read is None:
            ctx.exit(INVALID)
        found, done = computed(settings, found, sides[0], read[0], asked)
        ignored = read[1]
    if settings.json or form == "json":
        emit_json(as_json(found) if done is None else impact_json(found, done, asked, ignored))
    elif form == "sarif":
        with Repository.around(settings.root) as repository:
            emit_json(as_sarif(found, version(), repository.inside))
    elif form == "markdown":
        say(comment_of(found, *sides, done, asked).rstrip("\n") + put_aside(ignored))
    elif done is not None:
        write_comment(comment_of(found, *sides, done, asked, folded=False) + put_aside(ignored))
    else:
        write(found)
    ctx.exit(FOUND if fail_on & found.classes else 0)


def proposed(base: Edition, head: Edition) -> tuple[Edition, tuple[Finding, ...]] | None:
    """Return HEAD with the sources and roots of BASE, and what of its own is put aside; None where it is invalid so."""
    from api.project.trusted import trusted_edition
    from metrics.errors import DefinitionsInvalid

    try:
        read, ignored = trusted_edition(base, head)
    except DefinitionsInvalid as error:
        for finding in error.findings:
            say(f"HEAD {finding}")
        note("HEAD, with the sources and roots of BASE: " + str(error).partition("\n")[0])
        return None
    for finding in ignored:
        note(str(finding))
    return read, ignored


def editions(settings: Settings, base: str, head: str | None) -> tuple[Edition, Edition] | None:
    """Return both sides, as they are written; None, with everything said that is wrong, where either is invalid."""
    from api.project.repository import Repository
    from api.project.revision import WORKING_TREE, edition_at, revisions, working_tree
    from metrics.errors import DefinitionsInvalid

    found: list[Edition] = []
    with Repository.around(settings.root) as repository:
        pair = revisions(repository, base, head)
        for side, written in zip(("BASE", "HEAD"), pair, strict=True):
            try:
                found.append(
                    working_tree(settings.root, settings.roots)
                    if written is None
                    else edition_at(repository, written, settings.roots)
                )
            except DefinitionsInvalid as error:
                for finding in error.findings:
                    say(log_line(f"{side} {finding}"))
                note(f"{side}, {written or WORKING_TREE}: {str(error).partition(chr(10))[0]}")
    return (found[0], found[1]) if len(found) == len(pair) else None
