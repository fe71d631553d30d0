"""`scorecard explain`: what a metric means, where its rows come from and the SQL that is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from api.cli._output import console, counted, emit_json, moment_text, note, page_width
from api.cli._settings import Settings, instant, json_option, moment, opened, pass_settings, project_option

if TYPE_CHECKING:
    from rich.console import RenderableType

    from api.metric.fit import Judged
    from metrics.operations.explain import Ahead, Explanation
    from metrics.sql.id_matching import Match
    from scorecard.model import Board

FAILED = 3
Lines = Iterable[tuple[str, str]]


@click.command("explain")
@click.argument("metric")
@click.option(
    "--as-of", type=moment, metavar="T", help="Use only rows that had arrived before this date or instant."
)
@json_option
@project_option
@pass_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings, metric: str, as_of: date | datetime | None) -> None:
    """Say what METRIC asks, how it is computed and from which rows; it is computed live for that."""
    from api.metric.fit import judged
    from metrics.operations.explain import explain

    with opened(settings) as project:
        until = instant(as_of, project.catalog.company.calendar)
        found = explain(project.catalog, project.root, metric, settings.now(), until)
        stored = judged(project, found.metric) if found.error is not None else None
    if settings.json:
        emit_json(as_json(found, stored))
    else:
        _write(found, stored, project.board)
    if found.error is not None:
        note(str(found.error))
        ctx.exit(FAILED)


def as_json(found: Explanation, stored: Judged | None = None) -> dict[str, Any]:
    """Return an explanation as plain JSON values; instants are ISO texts.

    `stored` is the last good fit, where it is not computed now.
    """
    metric = found.metric
    return {
        "metric": metric.metric,
        "label": metric.label,
        "question": metric.question,
        "kind": metric.kind,
        "says": found.kind,
        "unit": found.unit,
        "direction": metric.direction.value,
        "type": metric.type.value if metric.type else None,
        "stage": metric.stage,
        "leads": metric.leads,
        "supports": list(metric.supports),
        "owner": metric.owner,
        "status": metric.status.value,
        "life": found.life,
        "terms": [{"key": each.key, "value": each.value, "default": each.default, "says": each.says}
                  for each in found.parameters],
        "definition_hash": found.definition_hash,
        "code_version": found.code_version,
        "file": metric.position.file,
        "line": metric.position.line,
        "lineage": [{"kind": each.kind, "name": each.name, "says": each.says, "file": each.position.file,
                     "line": each.position.line} for each in found.upstream],
        "exclusions": [{"dataset": each.dataset, "name": each.name, "condition": each.condition,
                        "rows": each.rows} for each in found.exclusions],
        "ahead": [{"dataset": each.dataset, "time": each.time, "rows": each.rows, "event": each.event}
                  for each in found.ahead],
        "matches": [{"dataset": each.dataset, "entity": each.entity, "system": each.system, **each.as_json()}
                    for each in found.matches],
        "fit": found.diagnostics.get("fit"),
        "beside": {name: said for name, said in found.diagnostics.items() if name != "fit"},
        "stored_fit": _stored(stored),
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "watermark": found.watermark.isoformat() if found.watermark else None,
        "plan": [{"source": source, "statements": count} for source, count in _plan(found)],
        "statements": [{"source": each.source, "sql": each.sql} for each in found.statements],
        "error": str(found.error) if found.error else None,
    }  # fmt: skip


def _stored(stored: Judged | None) -> dict[str, Any] | None:
    if stored is None or stored.computed_at is None or stored.fit is None:
        return None
    return {"computed_at": stored.computed_at.isoformat(), "definition_changed": stored.changed,
            "fit": stored.published}  # fmt: skip


def _plan(found: Explanation) -> list[tuple[str, int]]:
    sources = [each.source for each in found.statements]
    return [(source, sources.count(source)) for source in dict.fromkeys(sources)]


def _write(found: Explanation, stored: Judged | None, board: Board) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    width = page_width()
    out, metric = console(width=width), found.metric
    out.print(Text.assemble((metric.label, "bold"), f" ({metric.metric})"))
    if metric.question:
        out.print(Text(metric.question, "italic"))
    if found.life:
        out.print(Text(found.life, "yellow"))
    for title, lines in _sections(found, board):
        listed = list(lines)
        if not listed:
            continue
        out.print()
        out.print(Text(title, "bold"))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, said in listed:
            table.add_row(name, said)
        out.print(Padding(table, (0, 0, 0, 2), expand=False))
    for part in _fit(found, stored):
        out.print(part)
    for number, statement in enumerate(found.statements, 1):
        out.print()
        out.print(Text(f"SQL {number} of {len(found.statements)}, on {statement.source}", "bold"))
        # Statements are copied into other tools: no line of them is broken.
        out.print(statement.sql, soft_wrap=True)


def _fit(found: Explanation, stored: Judged | None) -> Iterator[RenderableType]:
    """Yield how the model fits: as it was computed now, or where that was refused as it is stored."""
    from api.cli._fit import parts
    from api.metric.fit import fit_of, is_fitted

    if not is_fitted(found.metric):
        return
    if found.error is not None:
        yield from parts(stored.fit if stored else None, str(found.error), stored)
    else:
        yield from parts(fit_of(found.diagnostics), None, None)


def _sections(found: Explanation, board: Board) -> Iterator[tuple[str, Lines]]:
    yield "What it is", _what(found)
    yield (
        "How it is computed",
        ((each.key, _term(each.value, each.default, each.says)) for each in found.parameters),
    )
    yield "Who answers for it", _who(found, board)
    yield (
        "Where it comes from",
        (
            (f"{each.kind} {each.name}", f"{each.says}  [{_place(each.position.file, each.position.line)}]")
            for each in found.upstream
        ),
    )
    yield (
        "What is left out",
        (
            *(
                (f"{each.dataset}.{each.name}", f"{each.condition}  ({_count(each.rows)})")
                for each in found.exclusions
            ),
            *_left_out(found),
            *((each.dataset, _ahead(each)) for each in found.ahead if each.event),
        ),
    )
    yield (
        "Who rows belong to",
        ((f"{each.dataset}.{each.entity}", f"{each.method}  ({_matched(each)})") for each in found.matches),
    )
    yield "Until when and by what", _state(found)


def _left_out(found: Explanation) -> Iterator[tuple[str, str]]:
    """Yield how many customers the metric's own conditions take out."""
    options = found.metric.options
    for name, count in found.diagnostics.get("excluded", {}).items():
        yield name, f"{' '.join(options.exclude[name].text.split())}  ({counted(count, options.entity)})"


def _what(found: Explanation) -> Iterator[tuple[str, str]]:
    metric = found.metric
    better = {"up": "higher is better", "down": "lower is better", "band": "a band is best",
              "none": "context, never scored"}  # fmt: skip
    yield "kind", found.kind
    yield "unit", found.unit or "count"
    yield "direction", f"{metric.direction} ({better[metric.direction]})"
    if metric.type:
        yield "type", metric.type.value
    if metric.stage:
        yield "stage", metric.stage


def _term(value: str, default: bool, says: str | None) -> str:
    return value + (" (default)" if default else "") + (f": {says}" if says else "")


def _who(found: Explanation, board: Board) -> Iterator[tuple[str, str]]:
    metric = found.metric
    if metric.leads:
        yield "leads", board.label(metric.leads)
    if metric.supports:
        yield "supports", ", ".join(board.label(name) for name in metric.supports)
    if metric.owner:
        yield "owner", metric.owner


def _state(found: Explanation) -> Iterator[tuple[str, str]]:
    from metrics.engine.partly_covered import of_diagnostics

    position = found.metric.position
    yield "definition", f"{found.definition_hash}  [{_place(position.file, position.line)}]"
    yield "code version", str(found.code_version)
    if found.as_of is not None:
        yield "as of", moment_text(found.as_of)
    yield "data as of", moment_text(found.watermark)
    yield from ((each.dataset, _ahead(each)) for each in found.ahead if not each.event)
    for grain, late in of_diagnostics(found.diagnostics).items():
        stays = f"each {grain.replace('_', ' ')} up to that of {late.through} stays provisional"
        yield "covered in part", f"{late.words}: {stays}"
    plan = [f"{count} on {source}" for source, count in _plan(found)]
    yield (
        "statements",
        f"{', '.join(plan) or 'none'}; metrics that read the same rows share them in a refresh",
    )
    if found.error is not None:
        yield "failed", str(found.error)


def _count(rows: int | None) -> str:
    return "not counted" if rows is None else f"{rows:,} {'row' if rows == 1 else 'rows'}"


def _ahead(ahead: Ahead) -> str:
    one = ahead.rows == 1
    lies = f"{_count(ahead.rows)} {'lies' if one else 'lie'} after now (by {ahead.time})"
    if ahead.event:
        return f"{lies} and {'counts' if one else 'count'} nowhere yet"
    return f"{lies} and {'does' if one else 'do'} not say until when data is complete"


def _matched(match: Match) -> str:
    if match.rows is None:
        return "not counted"
    return f"{match.unmatched:,} of {_count(match.rows)} unknown to it, {match.without_id:,} without an id"


def _place(file: str, line: int) -> str:
    return f"{file}:{line}"
