"""Lay a model's fit out for a terminal: parameters, the holdout, and what came beside what was expected."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli._output import moment_text
from api.metric.fit import Fit, Judged, Track, Trial, correlation, day, figure, likelihood, off, verdict
from api.metric.fit import expected as written
from scorecard.formatting import format_count, format_value

BARS = "▁▂▃▄▅▆▇█"
ACROSS = 52
"""So many bars stand in a row at most."""
LONG = 24
"""How long the longest bar of a table is."""
ROWS = 8


def parts(fit: Fit | None, refused: str | None, stored: Judged | None) -> Iterator[RenderableType]:
    """Yield a fit from top to bottom; `refused` says why it is not one of today, `stored` whose it is then."""
    if fit is None and refused is None:
        return
    yield Text("")
    yield Text("How the model fits", "bold")
    if refused is not None:
        yield _in(Text(f"refused: {refused}"))
        if fit is None or stored is None:
            yield _in(Text("no earlier fit is stored"))
            return
        changed = "; the definition has changed since" if stored.changed else ""
        yield _in(Text(f"below stands the last good fit, of {moment_text(stored.computed_at)}{changed}"))
    assert fit is not None
    yield _in(_models(fit))
    if fit.trial:
        yield from _trial(fit.trial)
    if fit.track:
        yield from _track(fit.track)
    if fit.frequency:
        yield from _frequency(fit)
    if fit.renewals:
        yield from _renewals(fit)


def _in(part: RenderableType, by: int = 2) -> Padding:
    return Padding(part, (0, 0, 0, by), expand=False)


def _grid(*columns: str) -> Table:
    """Return a table; a column whose title begins with < is of words, the others are of numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        words = name.startswith("<")
        table.add_column(name.removeprefix("<"), justify="left" if words else "right", no_wrap=not words)
    return table


def _models(fit: Fit) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for model in fit.models:
        values = "  ".join(f"{name} {figure(value)}" for name, value in model.parameters)
        table.add_row(
            model.label,
            f"{values}; log-likelihood {likelihood(model.log_likelihood)}, {format_count(model.customers)} customers",
        )
    if fit.fitted_at:
        table.add_row("fitted to data", f"until {moment_text(fit.fitted_at)}")
    if fit.correlation is not None:
        limit = f"; refused beyond ±{fit.max_correlation:g}" if fit.max_correlation is not None else ""
        table.add_row("correlation", f"{correlation(fit.correlation)} of how often and for how much{limit}")
    if fit.without_spend:
        table.add_row(
            "without spend",
            f"{format_count(fit.without_spend)} bought again for nothing, left out of the spend",
        )
    return table


def _trial(trial: Trial) -> Iterator[RenderableType]:
    yield Text("")
    yield _in(Text("Holdout", "bold"))
    yield _in(Text(verdict(trial)))
    if trial.refused is not None:
        return
    table = _grid("<repeat purchases", "number", "error")
    table.add_row(f"observed, of {format_count(trial.customers)} customers", format_count(trial.observed), "")
    own, age = (trial.conditional, trial.conditional_error), (trial.unconditional, trial.unconditional_error)
    for words, (number, error) in (("by each one's own history", own), ("of customers of their age", age)):
        table.add_row(f"expected {words}", written(number), off(error))
    yield _in(table)


def _track(track: Track) -> Iterator[RenderableType]:
    """Yield both series as bars of one scale, then how they add up at a few days."""
    yield Text("")
    whole = track.whole
    length = -(-whole // ACROSS)
    yield _in(Text(f"Repeat purchases by {track.weeks * length} weeks" if track.weeks * length > 1
                   else "Repeat purchases by week", "bold"))  # fmt: skip
    sums = [
        [sum(values[at : at + length]) for at in range(0, whole - length + 1, length)]
        for values in (track.observed[:whole], track.expected[:whole])
    ]
    highest = max(max(values) for values in sums)
    bars = Table.grid(padding=(0, 2, 0, 0))
    for name, values in zip(("observed", "expected"), sums, strict=True):
        bars.add_row(name, "".join(_bar(value, highest) for value in values))
    yield _in(bars)
    last = len(track.ends) - 1
    table = _grid("<so far, to", "observed", "expected", "error")
    for at in sorted({round(last * step / (ROWS - 1)) for step in range(ROWS)}):
        seen, expected = track.observed_cumulative[at], track.expected_cumulative[at]
        error = off(expected / seen - 1 if seen else None)
        table.add_row(day(track.ends[at]), format_count(seen), written(expected), error)
    yield _in(table)


def _bar(value: float, highest: float) -> str:
    return BARS[min(len(BARS) - 1, int(value / highest * len(BARS)))] if highest > 0 else BARS[0]


def _frequency(fit: Fit) -> Iterator[RenderableType]:
    yield Text("")
    yield _in(Text("Customers by number of repeat purchases", "bold"))
    expects = fit.frequency[0].expected is not None
    table = _grid("repeats", "observed", *(("expected",) if expects else ()), f"<{_key(expects)}")
    highest = max(value for one in fit.frequency for value in (one.observed, one.expected or 0.0))
    for one in fit.frequency:
        number = (written(one.expected),) if expects else ()
        table.add_row(
            one.repeats, format_count(one.observed), *number, _long(one.observed, one.expected, highest)
        )
    yield _in(table)
    groups = fit.trial.groups if fit.trial else ()
    if groups:
        yield Text("")
        yield _in(Text("Holdout, by repeat purchases before it", "bold"))
        table = _grid("repeats", "customers", "observed", "expected")
        for one in groups:
            table.add_row(
                one.repeats, format_count(one.customers), format_count(one.observed), written(one.expected)
            )
        yield _in(table)


def _key(expects: bool) -> str:
    return "# observed, | expected" if expects else "# observed"


def _long(observed: float, expected: float | None, highest: float) -> str:
    """Return a bar of what came with a mark where it was expected to end."""
    cells = list("#" * round(observed / highest * LONG)) if highest > 0 else []
    if expected is not None and highest > 0:
        at = round(expected / highest * LONG)
        cells += [" "] * (at + 1 - len(cells))
        cells[at] = "|"
    return "".join(cells)


def _renewals(fit: Fit) -> Iterator[RenderableType]:
    yield Text("")
    yield _in(Text("Renewals", "bold"))
    table = _grid("renewal", "came to it", "left", "expected", "renewed", "expected")
    for one in fit.renewals:
        table.add_row(
            str(one.number),
            format_count(one.due),
            format_count(one.lost),
            written(one.expected_lost),
            *(format_value(share, "ratio", "") for share in (one.rate, one.expected_rate)),
        )
    yield _in(table)
