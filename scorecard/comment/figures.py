"""The table of one figure: what the scorecard counts, what is still open, the past that flips, what moves most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from metrics.catalog.diff import ChangeClass
from metrics.catalog.metric import Metric
from metrics.grain import Grain, Period, Span, Unit
from metrics.observation import PUBLISHED, State
from metrics.operations.impact import Impact, Line
from metrics.operations.members import Change
from scorecard.comment.markdown import text
from scorecard.comment.model import Subject
from scorecard.comment.words import FigureWords, day, statuses
from scorecard.diff.model import MetricChange
from scorecard.impact import IndicatorImpact, ScorecardImpact

MOST_FLIPS = 4
MOST_SEGMENTS = 3
_YEAR = Span(1, Unit.YEAR)


@dataclass(frozen=True)
class Figure:
    """A changed metric with what happens to it."""

    subject: Subject
    change: MetricChange
    impact: Impact | None

    @property
    def what(self) -> ChangeClass:
        """Return what weighs most of the change."""
        return self.change.classes[0]

    @property
    def metric(self) -> Metric | None:
        """Return the metric as it would be, or as it was where it would be gone."""
        name = self.change.metric
        return self.subject.head.catalog.metrics.get(name) or self.subject.base.catalog.metrics.get(name)

    @cached_property
    def words(self) -> FigureWords:
        """Return what writes its values."""
        head = self.metric is not None and self.change.metric in self.subject.head.catalog.metrics
        side = self.subject.head if head else self.subject.base
        assert self.metric is not None
        return FigureWords.of(self.metric, side.catalog, redacted=self.subject.redacted)

    @cached_property
    def standing(self) -> tuple[tuple[ScorecardImpact, IndicatorImpact], ...]:
        """Return how it stands on scorecards: in the current period and in those before that would move."""
        return tuple(
            (card, one)
            for card in self.subject.impact.scorecards
            for one in card.indicators
            if one.metric == self.change.metric
        )

    @property
    def current(self) -> IndicatorImpact | None:
        """Return it as the first scorecard shows it now, None where none does or it would not move there."""
        return next((one for card, one in self.standing if card.current), None)

    @property
    def flips(self) -> tuple[tuple[ScorecardImpact, IndicatorImpact], ...]:
        """Return the periods in which its status would be another, each value once."""
        found: dict[Period | None, tuple[ScorecardImpact, IndicatorImpact]] = {}
        for card, one in self.standing:
            if one.flips and one.before is not None and one.after is not None:
                found.setdefault(_period(one), (card, one))
        return tuple(found.values())

    @cached_property
    def grain(self) -> Grain | None:
        """Return the grain that is shown: the scorecard's, else the longest but years."""
        if self.impact is None:
            return None
        there = {line.period.grain for line in self.impact.lines}
        if self.standing and (grain := self.standing[0][0].period.grain) in there:
            return grain
        return next((grain for grain in _GRAINS if grain in there), None)

    @cached_property
    def totals(self) -> tuple[Line, ...]:
        """Return the total of each period at that grain, oldest first."""
        return () if self.impact is None or self.grain is None else self.impact.totals(self.grain)

    @cached_property
    def final(self) -> tuple[Line, ...]:
        """Return the totals that are final on both sides and have a value."""
        return tuple(
            line for line in self.totals
            if line.difference is not None and line.before and line.after
            and line.before.state in PUBLISHED and line.after.state in PUBLISHED
        )  # fmt: skip

    @cached_property
    def counted(self) -> Line | None:
        """Return the total that the scorecard counts, else the latest final one, else the latest with a value."""
        scored = None if self.current is None else _period(self.current)
        for line in self.totals:
            if scored is not None and line.period == scored:
                return line
        if self.final:
            return self.final[-1]
        known = [
            line
            for line in self.totals
            if any(each and each.value is not None for each in (line.before, line.after))
        ]
        return known[-1] if known else None

    @property
    def turnover(self) -> tuple[Change, str, str | None] | None:
        """Return who would leave and who would enter in the period that counts, with their names."""
        found = self.impact.turnover if self.impact is not None else None
        if found is None or self.counted is None or self.counted.period.start is None:
            return None
        if self.counted.period.grain is not found.grain:
            return None
        change = found.changes.get(self.counted.period.start)
        return None if change is None or change.nothing else (change, found.noun, found.outcome)

    @property
    def moves(self) -> bool:
        """Tell whether any value would be other."""
        return self.impact is not None and bool(self.impact.moved)

    # -- the table --------------------------------------------------------------------------------

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows of the figure's table: period, today, with the change, difference, status."""
        counted = self.counted
        if counted is None:
            return
        name = self.subject.calendar.name
        what = "what the scorecard counts" if self.current is not None else "the latest final period"
        if counted not in self.final and self.current is None:
            what = "the latest period"
        stands = "" if self.current is None else self.statuses(self.current)
        yield self._row(f"{name(counted.period)}, {what}", counted, stands)
        yield from self._open(counted)
        yield from self._past(counted)
        yield from self._segments(counted)

    def _row(self, label: str, line: Line, stands: str) -> list[str]:
        before, after = self.words.value(line.before), self.words.value(line.after)
        return [label, before, after, self.words.difference(line), stands]

    def _open(self, counted: Line) -> Iterator[list[str]]:
        """Yield the period that is not final yet, where it has a value."""
        for line in reversed(self.totals):
            if line.period == counted.period:
                return
            sides = [each for each in (line.before, line.after) if each is not None]
            if any(each.state is State.PROVISIONAL and each.value is not None for each in sides):
                shown = None if self.current is None else self.current.after or self.current.before
                value = shown.provisional if shown is not None else None
                known = value is not None and value.period == line.period and value.final_on is not None
                final = f", final on {day(value.final_on)}" if known and value and value.final_on else ""
                yield self._row(
                    f"{self.subject.calendar.name(line.period)} so far{final}", line, "not scored yet"
                )
                return

    def _past(self, counted: Line) -> Iterator[list[str]]:
        """Yield the same period of the year before, and those in which the status would be another."""
        by_period = {line.period: line for line in self.totals}
        flips = {_period(one): one for _, one in self.flips}
        past = [period for period in flips if period is not None and period != counted.period]
        year = self.subject.calendar.shift(counted.period, _YEAR) if counted.period.start else None
        wanted = list(dict.fromkeys([*([year] if year in by_period else []), *past[:MOST_FLIPS]]))
        for period in wanted:
            if period is None or period not in by_period:
                continue
            one = flips.get(period)
            ago = ", a year before" if period == year else ""
            stands = self.statuses(one) if one else self._stood(period)
            yield self._row(f"{self.subject.calendar.name(period)}{ago}", by_period[period], stands)

    def statuses(self, one: IndicatorImpact) -> str:
        """Return how it stands and would stand."""
        return statuses(one.before, one.after, redacted=self.subject.redacted)

    def _stood(self, period: Period) -> str:
        found = next((one for _, one in self.standing if _period(one) == period), None)
        return "" if found is None else self.statuses(found)

    def _segments(self, counted: Line) -> Iterator[list[str]]:
        """Yield the segments that move most, by the dimension in which the change is least spread."""
        assert self.impact is not None
        cut: dict[str, list[Line]] = {}
        for line in self.impact.lines:
            if line.period == counted.period and len(line.dimensions) == 1:
                cut.setdefault(line.dimensions[0][0], []).append(line)
        moved = {name: [line for line in lines if line.moved] for name, lines in cut.items()}
        known = [name for name in moved if moved[name]]
        if not known or not counted.moved:
            return
        name = min(known, key=lambda each: len(moved[each]) / len(cut[each]))
        lines = sorted(moved[name], key=lambda line: -abs(line.difference or 0))
        still = len(cut[name]) - len(lines)
        noun = text(name.replace("_", " "))
        for place, line in enumerate(lines[:MOST_SEGMENTS]):
            rest = ""
            if place == min(len(lines), MOST_SEGMENTS) - 1:
                more = len(lines) - MOST_SEGMENTS
                rest = f"{more} more in the details" if more > 0 else ""
                if still and not more > 0:
                    rest = f"no change in {still} other{'s' if still > 1 else ''} by {noun}"
            value = text(line.dimensions[0][1].replace("_", " "))
            yield self._row(f"*{value}*, {self.subject.calendar.name(line.period)}", line, rest)

    def range_sentence(self) -> str | None:
        """Say between what the difference lies over all final periods, and how many rise and fall."""
        lines = self.final
        if len(lines) < 2 or self.grain is None:
            return None
        name, words = self.subject.calendar.name, self.words
        rise = sum((line.difference or 0) > 0 for line in lines)
        fall = sum((line.difference or 0) < 0 for line in lines)
        if not rise and not fall:
            return f"In none of the {len(lines)} final {_periods(self.grain)} does it move."
        low, high = (choose(lines, key=lambda line: line.difference or 0) for choose in (min, max))
        least, most = words.difference(low), words.difference(high)
        if least == most:
            return f"In each of the {len(lines)} final {_periods(self.grain)} the difference is {least}."
        still = len(lines) - rise - fall
        counts = ", ".join(
            f"{count} {word}" for count, word in
            ((fall, "falls" if fall == 1 else "fall"), (rise, "rises" if rise == 1 else "rise"),
             (still, "stays" if still == 1 else "stay")) if count
        )  # fmt: skip
        ends = f"{least} ({name(low.period)}) and {most} ({name(high.period)})"
        return (
            f"In the {len(lines)} final {_periods(self.grain)} the difference lies between {ends}; {counts}."
        )


_GRAINS = (
    Grain.QUARTER,
    Grain.FISCAL_QUARTER,
    Grain.MONTH,
    Grain.YEAR,
    Grain.FISCAL_YEAR,
    Grain.WEEK,
    Grain.DAY,
)


def has_value(line: Line) -> bool:
    """Tell whether a line has a value on either side."""
    return any(each is not None and each.value is not None for each in (line.before, line.after))


def _periods(grain: Grain) -> str:
    return f"{grain.value.replace('_', ' ')}s"


def _period(one: IndicatorImpact) -> Period | None:
    shown = one.after or one.before
    return None if shown is None or shown.scored is None else shown.scored.period
