"""Figures by two definitions, as people read them: each by itself, their difference, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import floor, isfinite

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.describe.units import shown_unit
from metrics.kind import RATIO
from metrics.observation import Estimate, State
from metrics.operations.impact import Line
from metrics.operations.members import Change
from scorecard.formatting import MINUS, NOTHING, format_change, format_count, format_level, format_value
from scorecard.report_model import IndicatorReport
from scorecard.score import STATUS_STYLE, Level, Status

_ABSENT = {
    State.NO_DATA: "no figure",
    State.PROVISIONAL: "too early to say",
    State.SUPPRESSED: "hidden",
    State.SMALL_SAMPLE: "too few to say",
    State.FINAL: "no figure",
}
_SAME = "no change"


def sample_words(share: float) -> str:
    """Return what is said of a share of rows: a sample of 2.5%."""
    return f"a sample of {100 * share:.4g}%"


@dataclass(frozen=True)
class FigureWords:
    """Writes the values of one metric; redacted, it writes how they move alone."""

    unit: str
    currency: str
    redacted: bool = False

    @classmethod
    def of(cls, metric: Metric, catalog: Catalog, *, redacted: bool) -> FigureWords:
        """Return what writes a metric's values."""
        return cls(shown_unit(metric, catalog), catalog.company.currency.report, redacted)

    def value(self, seen: Estimate | None, *, parts: bool = True) -> str:
        """Return a value, with what it is made of where that is counted: 26.1% (262 of 1,005)."""
        if seen is None:
            return NOTHING
        if seen.value is None:
            return _ABSENT[seen.state]
        if self.redacted:
            return "withheld"
        shown = format_value(seen.value, self.unit, self.currency)
        n, k = seen.denominator, seen.numerator
        if (
            parts
            and self.unit == RATIO
            and n is not None
            and k is not None
            and k == round(k)
            and n == round(n)
        ):
            shown += f" ({format_count(k)} of {format_count(n)})"
        return _together(shown)

    def difference(self, line: Line) -> str:
        """Return the difference of a line; what is not there on one side has none."""
        if not line.moved:
            return _SAME
        if line.difference is None:
            return NOTHING
        if self.redacted:
            return relative(line)
        return self.change(line.difference)

    def change(self, difference: float) -> str:
        """Return a difference with its sign: +1.5 points."""
        return _together(format_change(difference, self.unit, self.currency).replace(" pp", " points"))

    def level(self, level: Level) -> str:
        """Return a goal or a red flag."""
        return format_level(level, self.unit, self.currency)


def _together(said: str) -> str:
    """Return a figure that no line breaks."""
    return said.replace(" ", "\N{NO-BREAK SPACE}")


def relative(line: Line) -> str:
    """Return a difference as a share of the value before: +5.8%."""
    before, difference = line.before.value if line.before else None, line.difference
    if not before or difference is None or not isfinite(difference / before):
        return NOTHING
    return percent(difference / abs(before))


def percent(share: float) -> str:
    """Return a share as percent, with its sign."""
    shown = f"{abs(share) * 100:,.1f}%"
    if not shown.strip("0.,%"):
        return shown
    return f"{MINUS if share < 0 else '+'}{shown}"


def score(value: float | None) -> str:
    """Return a score of 0 to 100, never rounded up into a better status."""
    return NOTHING if value is None else f"{floor(value * 10 + 1e-9) / 10:.1f} of 100"


def status(found: Status, could_be: tuple[Status, ...] = ()) -> str:
    """Return a status by its sign and word, and what it could be as well: ● On target, could be watch."""
    style = STATUS_STYLE[found]
    word = f"{style.shape(certain=not could_be)} {style.word}" if found.scored else "not scored"
    others = " or ".join(STATUS_STYLE[one].word for one in could_be)
    return f"{word}, could be {others}" if others else word


def statuses(before: IndicatorReport | None, after: IndicatorReport | None, *, redacted: bool = False) -> str:
    """Return how a figure stands and would stand: ▲ Watch becomes ● On target; redacted, only that it moves."""
    if before is None or after is None:
        return "new on the scorecard" if before is None else "no longer on the scorecard"
    if before.status is not after.status:
        return f"{status(before.status)} becomes {status(after.status, after.could_be)}"
    if redacted:
        return "no change of status"
    if not before.status.scored:
        return status(before.status)
    if before.could_be == after.could_be:
        return f"{status(after.status, after.could_be)}: both"
    certain = "now clear" if not after.could_be else f"could then be {_words(after.could_be)}"
    return f"{status(after.status)}: both, {certain}"


def _words(found: tuple[Status, ...]) -> str:
    return " or ".join(STATUS_STYLE[one].word for one in found)


def plural(noun: str, count: float) -> str:
    """Return a noun for a count: 1 lead, 149 leads, 3 rows of orders."""
    first, *rest = noun.replace("_", " ").split(" of ", 1)
    if count != 1:
        if first.endswith("y") and first[-2:-1] not in "aeiou":
            first = f"{first[:-1]}ies"
        else:
            first += "es" if first.endswith(("s", "x", "ch", "sh")) else "s"
    return " of ".join([first, *rest])


def day(found: date) -> str:
    """Return a day: 2 Jan 2027."""
    return f"{found.day} {found:%b %Y}"


def turnover_sentences(change: Change, noun: str, outcome: str | None, *, redacted: bool) -> list[str]:
    """Return who would no longer count and who newly, with the rate of their own."""
    said: list[str] = []
    if change.leaving.all:
        said.append(_moving(change.leaving.all, change.leaving.counted, change.before.all, change.before.counted,
                            noun, outcome, "would no longer count", redacted))  # fmt: skip
    if change.entering.all:
        said.append(_moving(change.entering.all, change.entering.counted, change.after.all, change.after.counted,
                            noun, outcome, "would newly count", redacted))  # fmt: skip
    if outcome and change.before.all:
        for count, words in ((change.lost, f"would no longer be among those that {outcome}"),
                             (change.gained, f"would newly be among those that {outcome}")):  # fmt: skip
            if count:
                shown = f"{count / change.before.all:.1%} of the" if redacted else format_count(count)
                said.append(f"{shown} {plural(noun, 2 if redacted else count)} {words}.")
    own = change.leaving.share
    stay = change.before.all - change.leaving.all
    if outcome and own is not None and stay and not redacted:
        rest = (change.before.counted - change.leaving.counted) / stay
        said.append(f"Of those left out {own * 100:.1f}% {outcome}, of the others {rest * 100:.1f}%.")
    return said


def _moving(moved: int, counted: int, whole: int, whole_counted: int, noun: str, outcome: str | None, words: str,
            redacted: bool) -> str:  # fmt: skip
    if redacted:
        said = f"{moved / whole:.1%} of the {plural(noun, 2)} {words}"
        more = (
            f", and with them {counted / whole_counted:.1%} of those that {outcome}" if whole_counted else ""
        )
    else:
        said = f"{format_count(moved)} of the {format_count(whole)} {plural(noun, whole)} {words}"
        more = f", and with them {format_count(counted)} of the {format_count(whole_counted)} that {outcome}"
    return f"{said}{more if outcome else ''}."
