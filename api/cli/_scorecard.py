"""Lay a scorecard's report out for a terminal of 80 to 100 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from api.cli._output import NARROWEST, moment_text
from scorecard.cause_words import computed_by_words, moved_words, refresh_words, rescored_words
from scorecard.formatting import (
    NOTHING,
    format_change,
    format_interval,
    format_level,
    format_score,
    format_share,
    format_span,
    format_value,
)
from scorecard.model import label_of
from scorecard.phrasing import could_be_words, data_words, day_words, score_range_words, verdict_words, why
from scorecard.report_model import (
    ChangeReport,
    IndicatorReport,
    ObjectiveReport,
    PerspectiveReport,
    ScorecardReport,
)
from scorecard.score import STATUS_STYLE, Status
from scorecard.to_date import to_date_words

COLOURS = {"green": "green", "amber": "yellow", "red": "red", "grey": "bright_black"}
QUIET = "bright_black"
WIDE = NARROWEST + 12
"""From this width on the interval has a column of its own."""

Widths = Mapping[str, int]


def write(report: ScorecardReport, console: Console, width: int, *, reasons: bool) -> None:
    """Print a report; `reasons` adds the sentences behind each indicator."""
    page = _Page(report, width, reasons)
    for part in page.parts():
        console.print(part, width=width)


def status_text(status: Status, could_be: Sequence[Status] = ()) -> Text:
    """Return a status as its shape, hollow where it could be another, and its word, in its colour."""
    style = STATUS_STYLE[status]
    return Text(f"{style.shape(certain=not could_be)} {style.word}", COLOURS[style.colour])


class _Page:
    """One report at one width."""

    def __init__(self, report: ScorecardReport, width: int, reasons: bool) -> None:
        self.report = report
        self.width = width
        self.reasons = reasons
        self.currency = report.currency
        self.departments = {one.name: one.label for one in report.departments}
        dated = [one for one in report.indicators if one.as_of is not None]
        self.all_stale = bool(dated) and all(one.stale for one in dated)
        cells = [self.cells(one) for one in report.indicators]
        names = ("value", "interval", "period", "goal") if width >= WIDE else ("value", "period", "goal")
        titles = {"value": "value", "interval": "95% interval", "period": "period", "goal": "goal"}
        self.titles = {name: titles[name] for name in names}
        self.widths = {name: max(len(titles[name]), *(len(cell[name]) for cell in cells)) if cells else len(name)
                       for name in names}  # fmt: skip

    def parts(self) -> Iterator[RenderableType]:
        """Yield the page from top to bottom."""
        yield from self.head()
        for perspective in self.report.perspectives:
            yield from self.perspective(perspective)

    def head(self) -> Iterator[RenderableType]:
        """Yield who and when, the score, and how much of it is known."""
        report = self.report
        yield _line(
            Text(report.company, "bold"), Text(f"{report.label} scorecard, {report.period_name}", "bold")
        )
        if report.vision:
            yield Text(report.vision, "italic")
        yield Rule(style=QUIET)
        between = score_range_words(report.score_lower, report.score_upper)
        points = f"{format_score(report.score)} of 100"
        too = could_be_words(report.could_be)
        score = Text.assemble(
            status_text(report.status, report.could_be), f", {too}  " if too else "  ", (points, "bold"),
            f", {between}" if between else "",
        )  # fmt: skip
        parts = Text(
            f"leading {format_score(report.leading_score)}, lagging {format_score(report.lagging_score)}"
        )
        known = f"{format_share(report.coverage)} of the weight scored"
        if report.provisional_coverage:
            known += f", {format_share(report.provisional_coverage)} still provisional"
        if self.width >= WIDE:
            yield _line(score, Text(known))
            yield parts
        else:
            yield from (score, parts, Text(known))
        until = "unknown" if report.data_to is None else day_words(report.data_to)
        yield Text(f"Data to {until}, computed {moment_text(report.computed_at)}", QUIET)
        for rescored in report.rescored:
            if said := rescored_words(rescored, report):
                yield Text(said, "yellow")
        if self.all_stale:
            # Said once: a line below every indicator would hide what is different about any of them.
            yield Text("Every figure is old: its data end earlier than they should", "yellow")

    def perspective(self, perspective: PerspectiveReport) -> Iterator[RenderableType]:
        """Yield a perspective's headline, the columns' titles and its objectives."""
        weight = perspective.effective_weight
        share = f"weight {weight:.0f}%" if weight is not None else "not scored"
        yield Text("")
        yield _line(
            Text.assemble((perspective.label.upper(), "bold"), (f"  {share}", QUIET)),
            self.score(perspective, bold=True),
        )
        titles = Table.grid(padding=(0, 2, 0, 0))
        self.columns(titles)
        titles.add_row("", *self.titles.values(), "status", style=QUIET)
        yield Padding(titles, (0, 0, 0, 4), expand=False)
        for objective in perspective.objectives:
            yield from self.objective(objective)

    def objective(self, objective: ObjectiveReport) -> Iterator[RenderableType]:
        """Yield an objective's headline and its indicators."""
        headline = _line(Text(objective.statement, "bold"), self.score(objective))
        yield Padding(headline, (0, 0, 0, 2))
        for indicator in objective.indicators:
            yield from self.indicator(indicator)
        for initiative in objective.initiatives:
            who = [
                part
                for part in (initiative.owner, f"due {initiative.due}" if initiative.due else None)
                if part
            ]
            said = f"Initiative: {initiative.initiative}" + (f" ({', '.join(who)})" if who else "")
            yield Padding(Text(said, QUIET), (0, 0, 0, 4))

    def indicator(self, indicator: IndicatorReport) -> Iterator[RenderableType]:
        """Yield an indicator's line, and below it who answers for it and what else is known."""
        cells = self.cells(indicator)
        table = Table.grid(padding=(0, 2, 0, 0))
        self.columns(table)
        status = status_text(indicator.status, indicator.could_be)
        table.add_row(indicator.label, *(cells[name] for name in self.widths), status)
        yield Padding(table, (0, 0, 0, 4), expand=False)
        if self.reasons:
            for sentence in why(indicator, self.currency):
                yield Padding(Text(sentence), (0, 0, 0, 6))
        for line in self.details(indicator):
            yield Padding(line, (0, 0, 0, 6))

    def columns(self, table: Table) -> None:
        """Give a table the page's columns: the label takes what the others leave."""
        status = max(len(style.word) for style in STATUS_STYLE.values()) + 2
        others = sum(width + 2 for width in self.widths.values())
        table.add_column(width=self.width - 4 - others - status - 2)
        for name, width in self.widths.items():
            table.add_column(width=width, justify="left" if name == "period" else "right", no_wrap=True)
        table.add_column(width=status, no_wrap=True)

    def cells(self, indicator: IndicatorReport) -> dict[str, str]:
        """Return an indicator's cells by column."""
        unit, scored, target = indicator.unit, indicator.scored, indicator.target
        interval = format_interval(scored.lower, scored.upper, unit, self.currency) if scored else NOTHING
        return {
            "value": format_value(scored.value, unit, self.currency, scored.absent) if scored else NOTHING,
            "interval": "" if interval == NOTHING else interval,
            "period": scored.period_name if scored else "",
            "goal": format_level(target.goal, unit, self.currency) if target else "",
        }

    def details(self, indicator: IndicatorReport) -> Iterator[Text]:
        """Yield the quiet lines below an indicator."""
        if indicator.assumptions:
            yield Text(indicator.assumptions, QUIET)
        said = " · ".join((*(() if self.reasons else self.known(indicator)), *self.owners(indicator)))
        for line in (said, *(() if self.reasons else self.changes(indicator))):
            if line:
                yield Text(line, QUIET)
        if not self.reasons:
            if indicator.life:
                yield Text(indicator.life, "yellow")
            for sentence in moved_words(indicator, self.currency):
                yield Text(sentence, "yellow")
            if indicator.computed_by is not None:
                yield Text(computed_by_words(indicator.computed_by), "yellow")
                yield Text(refresh_words(indicator.computed_by), "yellow")
        if indicator.error:
            yield Text(f"the last refresh failed: {indicator.error}", "red")
            return
        old = indicator.stale and not self.all_stale
        until = data_words(indicator.data_to, self.report.data_to, old=old)
        if until and not self.reasons:
            yield Text(until, "yellow" if old else QUIET)

    def known(self, indicator: IndicatorReport) -> Iterator[str]:
        """Yield what else is known of the value, and the value of the open period."""
        interval, now = self.cells(indicator)["interval"], indicator.provisional
        if indicator.could_be:
            yield could_be_words(indicator.could_be)
        if interval and "interval" not in self.widths:
            yield f"95% {interval}"
        if indicator.scored is not None and indicator.scored.response is not None:
            yield indicator.scored.response.words
        if indicator.scored_as is not None:
            least = format_value(indicator.scored_as, indicator.unit, self.currency)
            yield f"scored as {least}, the least it can be"
        if now is not None:
            mature = f", {format_share(now.maturity)} mature" if now.maturity is not None else ""
            value = format_value(now.value, indicator.unit, self.currency, now.absent or "too early to say")
            awaits = f", {now.awaits}" if now.awaits else ""
            yield f"{now.period_name} so far {value}{awaits}{mature}"

    def changes(self, indicator: IndicatorReport) -> Iterator[str]:
        """Yield the changes since the period and the year before, each with its interval, a line each."""
        if indicator.judged is not None:
            known = indicator.scored is not None and indicator.scored.lower is not None
            bare = known or indicator.judged.lower is None
            span = "" if bare else f"95% {self.span(indicator.judged, indicator.unit)}, "
            yield f"The value itself: {span}{verdict_words(indicator.judged)}"
        now = indicator.provisional
        if now is not None and now.to_date is not None and now.to_date.value is not None:
            yield f"{now.period_name} to date {to_date_words(now.to_date, indicator.unit, self.currency)}"
        for change in (indicator.change, indicator.year_on_year):
            if change is not None:
                difference = format_change(change.difference, indicator.unit, self.currency)
                span = f" ({self.span(change, indicator.unit)})" if change.lower is not None else ""
                yield f"{difference}{span} since {change.previous_name}, {verdict_words(change)}"

    def span(self, change: ChangeReport, unit: str) -> str:
        """Return the interval of a change."""
        return format_span(change.lower, change.upper, unit, self.currency)

    def owners(self, indicator: IndicatorReport) -> Iterator[str]:
        """Yield who leads, who supports and who owns."""
        if indicator.leads:
            helpers = [self.department(name) for name in indicator.supports]
            yield f"{self.department(indicator.leads)} leads" + (
                f", with {', '.join(helpers)}" if helpers else ""
            )
        if indicator.owner:
            yield f"owner {indicator.owner}"

    def department(self, name: str) -> str:
        """Return a department's label."""
        return self.departments.get(name) or label_of(name)

    def score(self, part: PerspectiveReport | ObjectiveReport, *, bold: bool = False) -> Text:
        """Return a score with its range and its status."""
        low, high = format_score(part.score_lower), format_score(part.score_upper)
        too = could_be_words(part.could_be)
        return Text.assemble(
            (format_score(part.score), "bold" if bold else ""), (f" ({low}–{high})" if low != high else "", QUIET),
            "  ", status_text(part.status, part.could_be), (f", {too}" if too else "", QUIET),
        )  # fmt: skip


def _line(left: Text, right: Text) -> Table:
    """Return two texts on one line, at either end."""
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(left, right)
    return table
