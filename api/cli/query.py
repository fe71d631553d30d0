"""`scorecard query`: one metric's values, from the store where it holds them, else computed live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from api.cli._output import console, emit_json, moment_text, natural_width, note
from api.cli._settings import (
    Settings,
    day,
    instant,
    json_option,
    moment,
    opened,
    pass_settings,
    project_option,
)
from api.cli._visible import cell, for_spreadsheet
from metrics.grain import Grain
from metrics.observation import FIGURES

if TYPE_CHECKING:
    from decimal import Decimal

    from api.project.project import Project
    from metrics.catalog.metric import Metric
    from metrics.grain import Period
    from metrics.observation import Dimensions, Observation
    from metrics.operations.components import Components
    from metrics.operations.query import Answer, MetricQuery

Row = dict[str, Any]

BEFORE = ("metric", "grain", "period_start", "period_end")
AFTER = ("value", "unit", *(name for name in FIGURES if name != "value"), "state")


def _dimensions(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = [name.strip() for name in (value or "").split(",")]
    return tuple(dict.fromkeys(name for name in names if name))


@click.command("query")
@click.argument("metric")
@click.option("--grain", type=click.Choice([grain.value for grain in Grain]),
              help="How long a period is; month by default, else the metric's first grain.")  # fmt: skip
@click.option("--from", "start", type=day, metavar="D", help="The first day on which a period may begin.")
@click.option("--to", "end", type=day, metavar="D", help="The day from which on no period may begin.")
@click.option("--by", callback=_dimensions, metavar="DIM,...", help="The dimensions to cut by.")
@click.option(
    "--components", "bridged", is_flag=True, help="Add what made a period's end out of its start (retention)."
)
@click.option(
    "--as-of", type=moment, metavar="T", help="Use only rows that had arrived before this date or instant."
)
@click.option(
    "--as-known", type=moment, metavar="T", help="Show what the store said before this date or instant."
)
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), help="A table by default.")
@json_option
@project_option
@pass_settings
def command(settings: Settings, metric: str, grain: str | None, start: date | None, end: date | None,
            by: tuple[str, ...], bridged: bool, as_of: date | datetime | None, as_known: date | datetime | None,
            form: str | None) -> None:  # fmt: skip
    """Show the values of METRIC by period, from the first row to the newest.

    They come from the store where it holds them for the definition as it stands, else from the sources.
    """
    from metrics.describe.life import life_words
    from metrics.describe.units import unit_of
    from metrics.operations.components import component_names, components
    from metrics.operations.query import MetricQuery, answer, whole

    if as_of is not None and as_known is not None:
        raise click.UsageError("--as-of asks the sources and --as-known the store: give one of them")
    if start is not None and end is not None and end <= start:
        raise click.UsageError(f"--to {end} must lie after --from {start}: the end is exclusive")
    if bridged and as_known is not None:
        raise click.UsageError("the store holds no components: ask for them without --as-known")
    with opened(settings) as project:
        found, calendar = project.catalog.metric(metric), project.catalog.company.calendar
        query = MetricQuery(
            metric,
            Grain(grain) if grain else default_grain(found.grains),
            by,
            start,
            end,
            instant(as_of, calendar),
            instant(as_known, calendar),
        )
        query, unit = whole(query, project.catalog), unit_of(found, project.catalog)
        if bridged:
            more = component_names(found)
            bridge = components(query, project.catalog, project.root, settings.now())
            answered, rows = bridge.answer, bridge_rows(bridge, query, unit)
        else:
            more = ()
            answered = answer(query, project.catalog, project.root, project.store, settings.now())
            rows = rows_of(answered, query, unit)
        note(origin(answered, query))
        if life := life_words(found, project.catalog):
            note(life)
        names = (*columns(query.by), *more)
        writers: dict[str, Callable[[], None]] = {
            "table": lambda: _write_table(project, found, query, rows, names),
            "csv": lambda: _write_csv(rows, names),
            "json": lambda: emit_json(rows),
        }
        writers[form or ("json" if settings.json else "table")]()


def default_grain(grains: Sequence[Grain]) -> Grain:
    """Return month where a metric has it, else its first grain."""
    return Grain.MONTH if Grain.MONTH in grains or not grains else grains[0]


def columns(by: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of an answer."""
    return (*BEFORE, *by, *AFTER)


def rows_of(answer: Answer, query: MetricQuery, unit: str) -> list[Row]:
    """Return an answer as plain rows; days are ISO texts, the end is exclusive."""
    return [_row(query, unit, seen.period, seen.dimensions, seen) for seen in answer.observations]


def bridge_rows(bridge: Components, query: MetricQuery, unit: str) -> list[Row]:
    """Return values with their components, exact numbers as whole ones where they are."""
    return [
        _row(query, unit, line.period, line.dimensions, line.observation)
        | {name: _plain(amount) for name, amount in line.amounts.items()}
        for line in bridge.lines
    ]


def _row(
    query: MetricQuery, unit: str, period: Period, dimensions: Dimensions, seen: Observation | None
) -> Row:
    segment = dict(dimensions)
    row: Row = {
        "metric": query.metric,
        "grain": query.grain.value,
        "period_start": period.start.isoformat() if period.start else None,
        "period_end": period.end.isoformat() if period.end else None,
    }
    row |= {name: segment.get(name) for name in query.by}
    row |= {name: getattr(seen, name, None) for name in AFTER[:-1]}
    return row | {"unit": unit, "state": seen.state.value if seen else "no_data"}


def _plain(amount: Decimal | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def origin(answer: Answer, query: MetricQuery) -> str:
    """Say where an answer comes from, and until when its data are known."""
    from metrics.operations.query import Origin

    if query.as_known is not None:
        return f"from the store, as known before {moment_text(query.as_known)}"
    where = "from the store" if answer.origin is Origin.STORE else "computed live"
    until = f", data as of {moment_text(answer.watermark)}" if answer.watermark else ", without any data"
    return where + until


def _write_csv(rows: Sequence[Row], names: Sequence[str]) -> None:
    import csv
    import sys

    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: for_spreadsheet(value) if isinstance(value, str) else value for name, value in row.items()}
        )


def _write_table(project: Project, metric: Metric, query: MetricQuery, rows: Sequence[Row],
                 names: Sequence[str]) -> None:  # fmt: skip
    from rich.table import Table

    from metrics.describe.parameters import assumptions
    from metrics.describe.units import shown_unit
    from metrics.kind import kind_of
    from metrics.observation import State
    from scorecard.formatting import format_count, format_share, format_value

    currency, unit = project.catalog.company.currency.report, shown_unit(metric, project.catalog)

    def in_unit(value: float | None) -> str:
        return format_value(value, unit, currency)

    texts: dict[str, Callable[[Any], str]] = {
        **dict.fromkeys(("value", "lower", "upper"), in_unit),
        **dict.fromkeys(("numerator", "denominator", "sample_size"), format_count),
        "maturity": format_share,
        **dict.fromkeys(names[len(columns(query.by)) :], _amount),
    }
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    # Metric and grain stand in the title, the unit in each cell; a column that has nothing in it says nothing.
    filled = {name for name in names for row in rows if row[name] is not None} | {"value"}
    shown = [name for name in names[2:] if name in filled and name != "unit"]
    for name in shown:
        table.add_column(name, justify="right" if name in texts else "left", no_wrap=True)
    for row in rows:
        cells = {name: texts.get(name, _text)(row[name]) for name in shown}
        if row["value"] is None:
            cells["value"] = kind_of(metric).absent(metric, State(row["state"])) or cells["value"]
        table.add_row(*cells.values())
    title = f"{metric.label} ({metric.metric}) by {query.grain.value.replace('_', ' ')}"
    # A number that is cut off is a wrong number: the table is as wide as it needs to be.
    assumes = assumptions(metric, project.catalog) or ""
    wide = console(width=max(len(title), len(assumes), natural_width(table)))
    wide.print(title, style="bold")
    if assumes:
        wide.print(assumes)
    if rows:
        wide.print(table)
    else:
        wide.print("There are no values.")


def _amount(value: float | None) -> str:
    """Write a component whole: its parts are to add up."""
    return "" if value is None else f"{value:,}"


def _text(value: Any) -> str:
    return "" if value is None else cell(str(value))
