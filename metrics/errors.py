"""Say what went wrong: findings with positions, and one exception class per cause.

ScorecardError
├── DefinitionsInvalid      the definitions hold errors; carries the findings
├── UsageError              the question cannot be asked like this
│   ├── UnknownMetric
│   ├── UnknownScorecard
│   ├── UnknownDimension
│   ├── GrainNotAllowed
│   ├── BadPeriod
│   └── BehindWatermark
├── ExpressionError         an expression cannot be read; carries the offset
│   └── EmptyDataset        a dataset has no rows, so that nothing can be read of it
├── SourceError             a source did not answer as asked
│   ├── SourceUnavailable   passing
│   ├── SourceTimeout       passing
│   ├── SourceRejected
│   ├── SourceMissing
│   └── SecretMissing
├── ComputationError        a metric's numbers cannot be trusted
│   ├── SeriesLimit
│   ├── LabelLimit
│   └── NameReused      the name stood for another figure
├── FitError                a model is not fitted to these customers; carries the reason
├── StoreError
│   ├── NoStore             where the store should be is none
│   ├── StoreLocked         passing
│   ├── StoreAway           passing
│   ├── StoreFull
│   └── ClockBehind         the clock stands before the last refresh
└── ExtraMissing            an optional package is not installed

A passing error (`transient` is true) may go away by itself; all others stay until somebody acts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import ClassVar

_LISTED = 10
_LONGEST = 800


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file: POSIX path from the project folder, line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Level(StrEnum):
    """How much a finding weighs: an error (exit 2), a failure (exit 1) or advice (exit 0)."""

    ERROR = "error"
    FAILURE = "failure"
    ADVICE = "advice"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong at one place, under a code that tests and editors can match."""

    position: Position
    code: str
    message: str
    level: Level = Level.ERROR

    def __post_init__(self) -> None:
        # A message quotes what stands in a file, and that may be anything of any length.
        object.__setattr__(self, "message", _one_line(self.message))

    def __str__(self) -> str:
        return f"{self.position} {self.code} {self.message}"


def _one_line(text: str) -> str:
    """Return a text with its signs all printable, and its middle left out where it is very long."""
    plain = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 200]} ... {plain[-195:]}"


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings once each, in order of position, then code, then message."""
    return tuple(sorted(set(findings), key=lambda found: (found.position, found.code, found.message)))


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the nearest known name, or an empty text."""
    folded = {candidate.casefold(): candidate for candidate in sorted(known)}
    # A name that differs in case alone comes first, as its distance is nought.
    near = get_close_matches(name.casefold(), folded, n=1)
    return f" (did you mean {folded[near[0]]!r}?)" if near else ""


def _unknown(name: str, known: Iterable[str]) -> str:
    """Return what a message adds after an unknown name: the nearest one, or else those that exist."""
    names = sorted(known)
    if not names:
        return ""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return suggest(name, names) or f"; known: {', '.join(names[:_LISTED])}{more}"


class ScorecardError(Exception):
    """Anything that this program says has gone wrong."""

    transient: ClassVar[bool] = False


class DefinitionsInvalid(ScorecardError):
    """The definitions hold errors; `findings` has them all."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        count = "1 finding" if len(self.findings) == 1 else f"{len(self.findings)} findings"
        super().__init__("\n".join([f"the definitions are invalid: {count}", *map(str, self.findings)]))


class UsageError(ScorecardError):
    """The question cannot be asked like this."""


class UnknownMetric(UsageError):
    """No metric has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"no metric is called {name!r}{_unknown(name, known)}")


class UnknownScorecard(UsageError):
    """No scorecard has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"no scorecard is called {name!r}{_unknown(name, known)}")


class UnknownDimension(UsageError):
    """The metric does not declare this dimension."""

    def __init__(self, metric: str, name: str, known: Iterable[str]) -> None:
        self.metric = metric
        self.name = name
        super().__init__(f"metric {metric!r} has no dimension {name!r}{_unknown(name, known)}")


class GrainNotAllowed(UsageError):
    """The metric is not computed at this grain."""

    def __init__(self, metric: str, grain: str, allowed: Iterable[str]) -> None:
        self.metric = metric
        self.grain = grain
        super().__init__(f"metric {metric!r} has no grain {str(grain)!r}; it has: {', '.join(allowed)}")


class BadPeriod(UsageError):
    """The text does not name a period."""

    def __init__(self, text: str, problem: str = "") -> None:
        self.text = text
        known = "2026-03-01, 2026-W07, 2026-03, 2026-Q3, 2026, FY2026-Q3, FY2026 or all"
        super().__init__(f"{text!r} {problem or f'is not a period: write {known}'}")


class BehindWatermark(UsageError):
    """A refresh was asked to go back behind what the store already holds."""

    def __init__(self, name: str, as_of: datetime, watermark: datetime) -> None:
        self.name = name
        self.as_of = as_of
        self.watermark = watermark
        super().__init__(
            f"{name}: as of {as_of.isoformat()} lies before the stored watermark {watermark.isoformat()}; "
            "a refresh does not go back"
        )


class ExpressionError(ScorecardError):
    """An expression cannot be read; `offset` counts its characters from 0."""

    def __init__(self, message: str, offset: int) -> None:
        self.message = message
        self.offset = offset
        super().__init__(message)


class EmptyDataset(ExpressionError):
    """A dataset has no rows that say until when it is complete."""

    def __init__(self, dataset: str, none: str) -> None:
        self.dataset = dataset
        super().__init__(f"dataset {dataset!r} has {none}: until when it is complete is not known", 0)


class SourceError(ScorecardError):
    """A source did not answer as asked."""

    def __init__(self, source: str, message: str) -> None:
        self.source = source
        self.message = message
        super().__init__(f"source {source!r}: {message}")


class SourceUnavailable(SourceError):
    """The source cannot be reached now."""

    transient = True


class SourceTimeout(SourceError):
    """The source took longer than its timeout."""

    transient = True


class SourceRejected(SourceError):
    """The source refuses the query: its schema or its permissions do not fit."""


class SourceMissing(SourceError):
    """The source has no such file or table."""


class SecretMissing(SourceError):
    """A secret that a source's URL refers to is not set; the message never holds its value."""

    def __init__(self, source: str, reference: str) -> None:
        self.reference = reference
        super().__init__(source, f"the secret {reference} is not set")


class ComputationError(ScorecardError):
    """A guard failed, such as a lookup that fans out: the metric's numbers cannot be trusted."""

    def __init__(self, metric: str, message: str) -> None:
        self.metric = metric
        self.message = message
        super().__init__(f"metric {metric!r}: {message}")


class NameReused(ComputationError):
    """A name that was published stands for something else: `held` is the hash of what it stood for."""

    def __init__(self, metric: str, was: str, now: str, held: str) -> None:
        self.held = held
        super().__init__(
            metric,
            f"the name was published for {was}, and now stands for {now}: give it another name, or write "
            f"supersedes: {held}",
        )


class SeriesLimit(ComputationError):
    """A metric has more series than its cap allows."""

    def __init__(self, metric: str, series: int, limit: int, widest: str = "") -> None:
        self.series = series
        self.limit = limit
        said = f" ({widest})" if widest else ""
        super().__init__(metric, f"{series} series exceed the {limit} allowed: cut by fewer dimensions{said}")


class LabelLimit(ComputationError):
    """A value of a dimension cannot be a label."""

    def __init__(self, metric: str, dimension: str, problem: str) -> None:
        self.dimension = dimension
        super().__init__(metric, f"a value of dimension {dimension!r} {problem}")


class FitReason(StrEnum):
    """Why a model was refused."""

    NOT_CONVERGED = "not_converged"
    ON_A_BOUND = "on_a_bound"
    TOO_FEW_CUSTOMERS = "too_few_customers"
    CORRELATED = "correlated"


class FitError(ScorecardError):
    """A model cannot be fitted to these customers, so that no number may come of it."""

    def __init__(self, model: str, reason: FitReason, detail: str) -> None:
        self.model = model
        self.reason = reason
        self.detail = detail
        super().__init__(f"{model}: {detail}")


class StoreError(ScorecardError):
    """The store cannot do what was asked."""


class NoStore(StoreError):
    """Where the store should be is none, or something else: nothing is made in its place."""


class StoreLocked(StoreError):
    """Somebody else is writing to the store."""

    transient = True

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(f"another refresh is running ({holder})")


class ClockBehind(StoreError):
    """The clock says that it is earlier than when the store was last refreshed."""

    def __init__(self, now: datetime, last: datetime) -> None:
        super().__init__(
            f"the clock says {now.isoformat(timespec='seconds')}, and the last refresh was at "
            f"{last.isoformat(timespec='seconds')}: a refresh does not go back; set the clock, or, where it was ahead "
            "then, restore a backup from before"
        )


class StoreAway(StoreError):
    """The store cannot be reached or read now."""

    transient = True


class StoreFull(StoreError):
    """The disk that the store lies on has no room; nothing is written until somebody makes some."""


class ExtraMissing(ScorecardError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"{package} is not installed: pip install 'scorecard-server[{extra}]'")
