"""The catalog: every definition as a frozen dataclass, resolved and checked.

A field's type says how its YAML is read (`metrics.loading.schema` builds the readers from these classes):
a class with a `parse(text)` is written as a text, `tuple[X, ...]` as a list, `Mapping[str, X]` as a
mapping, a dataclass as a mapping of its fields. A field's metadata adds what a type cannot say:

- `key`: the name in YAML, where Python reserves it (`from`)
- `shorthand` (on a class, as `SHORTHAND`): a bare value stands for a mapping with this one field
- `single`: one bare value stands for a list of one
- `refers`: the value names a `dataset`, `metric`, `entity`, `source`, `dimension` or `calendar`
- `hashed=False`: labels, owners, comments and targets, which no value depends on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from metrics.errors import Position, UnknownMetric
from metrics.expressions.parser import Expression, Measure
from metrics.grain import NO_SPAN, Calendar, Grain, Span

NOWHERE = Position("", 1, 1)


def empty() -> Mapping[str, Any]:
    """Return an empty read-only mapping."""
    return MappingProxyType({})


def place() -> Any:
    """Return the field that holds where a definition stands."""
    return field(default=NOWHERE, compare=False, metadata={"hashed": False, "internal": True})


def unhashed(default: Any = None, **metadata: Any) -> Any:
    """Return a field that does not change a value and so stays out of the definition hash."""
    return field(default=default, metadata={"hashed": False, **metadata})


class Direction(StrEnum):
    """Which way is better; `none` is context that is shown and never scored."""

    UP = "up"
    DOWN = "down"
    BAND = "band"
    NONE = "none"


class Indication(StrEnum):
    """Whether a metric moves before its outcome or after it."""

    LEADING = "leading"
    LAGGING = "lagging"


class At(StrEnum):
    """The instant of a period at which a stock is read."""

    PERIOD_START = "period_start"
    PERIOD_END = "period_end"


@dataclass(frozen=True)
class Over:
    """The stretch that a period's value covers: the period, the year to date, or trailing N units."""

    trailing: Span | None = None
    to_date: bool = False

    @classmethod
    def parse(cls, text: str) -> Over:
        """Read `period`, `to_date` or `trailing 12 months`; raise ValueError on anything else."""
        words = text.split(maxsplit=1)
        if text in ("period", "to_date"):
            return cls(to_date=text == "to_date")
        if len(words) == 2 and words[0] == "trailing":
            return cls(trailing=Span.parse(words[1]))
        raise ValueError(f"{text!r} is not one of period, to_date, trailing N months")

    def __str__(self) -> str:
        return f"trailing {self.trailing}" if self.trailing else "to_date" if self.to_date else "period"


@dataclass(frozen=True)
class Window:
    """How long an entity has to convert; `ever` (None) has no end."""

    span: Span | None = None

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read `90 days` or `ever`; raise ValueError on anything else."""
        return cls(None if text == "ever" else Span.parse(text))

    def __str__(self) -> str:
        return str(self.span) if self.span else "ever"


# -- company ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rates:
    """Where exchange rates stand: one row a currency pair and day."""

    dataset: str = field(metadata={"refers": "dataset"})
    base: Expression = field(metadata={"key": "from"})
    quote: Expression = field(metadata={"key": "to"})
    date: Expression
    rate: Expression
    max_age: Span = field(default_factory=lambda: Span.parse("7 days"))


@dataclass(frozen=True)
class Currency:
    """The currency of every report, and the rates that others are converted with."""

    SHORTHAND = "report"
    report: str
    rates: Rates | None = None


@dataclass(frozen=True)
class BusinessCalendar:
    """Working hours (weekday range -> `09:00-17:30`, or a list of them) and holidays, in a time zone.

    `holidays` is the path of a CSV file from the project folder, `closed` the days that stand in it.
    """

    hours: Mapping[str, str | tuple[str, ...]]
    holidays: str | None = None
    timezone: str | None = None
    closed: tuple[date, ...] = field(default=(), metadata={"internal": True})


@dataclass(frozen=True)
class Refresh:
    """When the server refreshes by itself, as a cron line."""

    cron: str


@dataclass(frozen=True)
class Privacy:
    """The least number of people behind a value of a private metric."""

    k: int = 10


@dataclass(frozen=True)
class Company:
    """The company's own settings, without its departments (those are the scorecard's)."""

    company: str = field(metadata={"hashed": False})
    timezone: str
    currency: Currency
    week_starts: str = "monday"
    fiscal_year_starts: str = "january"
    refresh: Refresh | None = unhashed()
    privacy: Privacy = unhashed(Privacy())
    calendars: Mapping[str, BusinessCalendar] = field(default_factory=empty)
    strict: bool = unhashed(False)
    position: Position = place()

    @cached_property
    def calendar(self) -> Calendar:
        """Return the calendar that periods are cut by."""
        return Calendar(
            self.timezone, WEEKDAYS.index(self.week_starts), MONTHS.index(self.fiscal_year_starts) + 1
        )


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip


# -- sources and datasets ---------------------------------------------------------------------------


@dataclass(frozen=True)
class SourceDefinition:
    """A system that is read: a SQLAlchemy URL in which secrets stand as `${ENV}` or `${file:...}`."""

    name: str = field(metadata={"internal": True})
    url: str
    timeout: Span = field(default_factory=lambda: Span.parse("60s"))
    position: Position = place()


@dataclass(frozen=True)
class Crosswalk:
    """The table that maps a system's own ids to one entity."""

    dataset: str = field(metadata={"refers": "dataset"})
    system: str
    id: str
    entity: str


@dataclass(frozen=True)
class Identity:
    """How one entity is recognised across systems."""

    crosswalk: Crosswalk


@dataclass(frozen=True)
class EntityColumn:
    """The column that holds an entity's id, and the system whose ids they are."""

    SHORTHAND = "id"
    id: Expression
    system: str | None = None


@dataclass(frozen=True)
class ColumnType:
    """A column's declared type: text, integer, decimal, float, boolean, date or timestamp.

    `format` is a strptime format for texts. `planned` marks a time that is known beforehand (a promise,
    a due date), which `--as-of` does not read as null while it still lies ahead.
    """

    SHORTHAND = "type"
    type: str
    format: str | None = None
    planned: bool = False


@dataclass(frozen=True)
class Lookup:
    """A many-to-one join that never fans out, usable in every expression as `lookup.column`."""

    dataset: str = field(metadata={"refers": "dataset"})
    on: tuple[Expression, ...] = field(default=(), metadata={"single": True})
    valid_at: Expression | None = None
    by: str | None = field(default=None, metadata={"refers": "entity"})
    pick: str | None = None
    before: Expression | None = None
    after: Expression | None = None
    within: Span | None = None


@dataclass(frozen=True)
class Column:
    """A computed column; with a currency it is money, converted at the row's date."""

    SHORTHAND = "expression"
    expression: Expression
    currency: Expression | None = None


@dataclass(frozen=True)
class UnionPart:
    """One dataset of a union, its columns renamed or computed."""

    dataset: str = field(metadata={"refers": "dataset"})
    columns: Mapping[str, Expression] = field(default_factory=empty)


@dataclass(frozen=True)
class Validity:
    """A history table's interval [from, to), or a snapshot table's date."""

    from_: Expression | None = field(default=None, metadata={"key": "from"})
    to: Expression | None = None
    snapshot: Expression | None = None


@dataclass(frozen=True)
class CompleteThrough:
    """What says until when a dataset is complete: a time column, a lag behind now, or another dataset."""

    SHORTHAND = "time"
    time: Expression | None = None
    lag: Span | None = None
    dataset: str | None = field(default=None, metadata={"refers": "dataset"})


@dataclass(frozen=True)
class Freshness:
    """How old the newest row may be."""

    warn: Span | None = None
    fail: Span | None = None


@dataclass(frozen=True)
class Dataset:
    """Rows of one table, of files or of a union, with the names that metrics use."""

    dataset: str
    source: str | None = field(default=None, metadata={"refers": "source"})
    table: str | None = None
    files: tuple[str, ...] = field(default=(), metadata={"single": True})
    union: tuple[UnionPart, ...] = ()
    department: str | None = unhashed()
    where: Expression | None = None
    key: tuple[str, ...] = field(default=(), metadata={"single": True})
    time: Expression | None = None
    types: Mapping[str, ColumnType] = field(default_factory=empty)
    timezone: str = "UTC"
    entities: Mapping[str, EntityColumn] = field(default_factory=empty)
    lookups: Mapping[str, Lookup] = field(default_factory=empty)
    columns: Mapping[str, Column] = field(default_factory=empty)
    conditions: Mapping[str, Expression] = field(default_factory=empty)
    exclude: Mapping[str, Expression] = field(default_factory=empty)
    dimensions: Mapping[str, Expression] = field(default_factory=empty)
    valid: Validity | None = None
    loaded_at: Expression | None = None
    changes: str = "append"
    complete_through: CompleteThrough | None = None
    settle: Span = NO_SPAN
    freshness: Freshness | None = unhashed()
    link: str | None = unhashed()
    position: Position = place()


@dataclass(frozen=True)
class Reference:
    """Rows of a dataset as a metric uses them; `ahead` is how long after it happened a row counts."""

    dataset: str = field(metadata={"refers": "dataset"})
    measure: Measure | None = None
    where: Expression | None = None
    time: Expression | None = None
    at: At | None = None
    ahead: Span = field(default=NO_SPAN, metadata={"internal": True})


# -- metrics ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """A target from a date on: numbers, bands (pairs), or a plan dataset's columns (texts)."""

    from_: date = field(metadata={"key": "from"})
    goal: float | tuple[float, float] | str | None = None
    red_flag: float | tuple[float, float] | str | None = None
    per: Grain | None = None
    ramp_from: float | None = None
    dataset: str | None = field(default=None, metadata={"refers": "dataset"})
    time: Expression | None = None


@dataclass(frozen=True)
class Benchmark:
    """A published number to compare with; never a target."""

    value: float
    says: str
    verified: bool = False


@dataclass(frozen=True)
class Metric:
    """One metric: what every kind shares, and its kind's own keys in `options`."""

    metric: str
    label: str = field(metadata={"hashed": False})
    kind: str
    direction: Direction = field(metadata={"hashed": False})
    options: Any = field(metadata={"internal": True})
    question: str | None = unhashed()
    stage: str | None = unhashed()
    leads: str | None = unhashed()
    supports: tuple[str, ...] = unhashed(())
    owner: str | None = unhashed()
    type: Indication | None = unhashed()
    unit: str | None = unhashed()
    dimensions: tuple[str, ...] = field(default=(), metadata={"refers": "dimension"})
    cuts: tuple[tuple[str, ...], ...] = field(default=(), metadata={"refers": "dimension", "hashed": False})
    grains: tuple[Grain, ...] = field(default=(Grain.MONTH, Grain.QUARTER), metadata={"hashed": False})
    min_sample: int = 10
    private: bool | str = False
    guards: tuple[str, ...] = unhashed((), refers="metric")
    targets: tuple[Target, ...] = unhashed(())
    benchmarks: tuple[Benchmark, ...] = unhashed(())
    domain: str = field(default="", metadata={"hashed": False, "internal": True})
    position: Position = place()

    @property
    def joint(self) -> bool:
        """Tell whether more than one department answers for the metric."""
        return bool(self.supports)

    @property
    def private_entity(self) -> str | None:
        """Return the entity whose number is held against privacy.k, None where the kind says how many there are."""
        return self.private if isinstance(self.private, str) else None

    @property
    def own_dimensions(self) -> tuple[str, ...]:
        """Return the dimensions that the kind adds, such as a curve's `age`: every value is cut by them."""
        return tuple(getattr(self.options, "own_dimensions", ()))

    @property
    def cut_sets(self) -> tuple[tuple[str, ...], ...]:
        """Return the cuts that are stored: the total, each dimension, the listed combinations."""
        return tuple(map(self.whole_cut, ((), *((name,) for name in self.dimensions), *self.cuts)))

    def whole_cut(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the dimensions of a cut with the kind's own, without which there is no value."""
        return tuple(dict.fromkeys((*names, *self.own_dimensions)))


@dataclass(frozen=True)
class Catalog:
    """Everything that the definitions say, frozen."""

    company: Company
    sources: Mapping[str, SourceDefinition] = field(default_factory=empty)
    identities: Mapping[str, Identity] = field(default_factory=empty)
    datasets: Mapping[str, Dataset] = field(default_factory=empty)
    metrics: Mapping[str, Metric] = field(default_factory=empty)

    def metric(self, name: str) -> Metric:
        """Return a metric by name; raise UnknownMetric with a suggestion."""
        if name not in self.metrics:
            raise UnknownMetric(name, tuple(self.metrics))
        return self.metrics[name]
